"""The page on other protocols says what the code does."""

import re
from pathlib import Path

from moderator.compat.coral.answers import CODES
from moderator.compat.coral.views import MAX_BODY_BYTES
from moderator.compat.openai.categories import NOT_SCORED, SCORED
from moderator.domain.review import ReasonCode

PAGE = (Path(__file__).parents[2] / "docs" / "compat.md").read_text("utf-8")


def section(name: str) -> str:
    """Return a section of the page."""
    return PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_category_stands_there_as_scored_or_not() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|.*\|$", section("OpenAI"), re.MULTILINE)
    scored = [name for left, right in rows if right != "not scored" for name in names(left)]
    not_scored = [name for left, right in rows if right == "not scored" for name in names(left)]

    assert sorted(scored) == sorted(SCORED)
    assert sorted(not_scored) == sorted(NOT_SCORED)


def test_every_reason_stands_there_with_corals_code() -> None:
    rows = re.findall(r"^\| ([^|]*) \| `([A-Z_]+)`[^|]* \|$", section("Coral"), re.MULTILINE)
    found = {name: code for left, code in rows for name in names(left) if name in list(ReasonCode)}

    assert found == {reason.value: CODES.get(reason, "OTHER") for reason in ReasonCode}


def test_the_cap_stands_there() -> None:
    assert MAX_BODY_BYTES == 1024 * 1024
    assert "413 (1 MB)" in section("Coral")
