"""Rules of the house that the import linter cannot see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)
CONSTANT = re.compile(r"[A-Z_]+|', '\.join\([A-Z_]+\)")
VIEWS = ("api", "compat", "console")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_sql_stands_in_storage_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("moderator")
        if "storage" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]

    assert found == []


def test_views_open_no_transaction() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources(*(f"moderator/{view}" for view in VIEWS))
        if re.search(r"\.(transaction|batch_write)\(", path.read_text())
    ]

    assert found == []


def test_values_never_reach_sql_by_formatting() -> None:
    """Only names in capitals, which are constants, and column lists may stand in a formatted statement."""
    found = []
    for path in sources("moderator/storage"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.JoinedStr) or not SQL.search(ast.unparse(node)):
                continue
            parts = [ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)]
            found.extend(f"{path.name}: {part}" for part in parts if not CONSTANT.fullmatch(part))

    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources("moderator")
        if path.name != "settings.py" and re.search(r"os\.(environ|getenv)", path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize("path", list(sources("moderator", "training")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_owns(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree) or not tree.body, f"{path} has no docstring"


def test_no_middleware_that_costs_more_than_a_request() -> None:
    found = [str(path.relative_to(ROOT)) for path in sources("moderator") if "BaseHTTPMiddleware(" in path.read_text()]

    assert found == []


@pytest.mark.parametrize("name", ["requirements*.txt", "tests/clients/package-lock.json"])
def test_a_lock_names_hashes_and_no_address(name: str) -> None:
    locks = list(ROOT.glob(name))
    assert locks
    assert [lock.name for lock in locks if "://" in lock.read_text("utf-8")] == []
