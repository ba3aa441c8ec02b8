"""The code in our pages: what a reader copies, and what the page says that it prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "integrations"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: .+ -->\s*\Z")
_PRINTS = re.compile(r"\A[^`]*?```text\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block. `prints` is the next block, if that is one of `text`; no other block may stand between."""

    page: str
    line: int
    language: str
    code: str
    is_run: bool
    prints: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        following = _PRINTS.search(text[found.end() :])
        yield Block(
            page=page.name,
            line=text.count("\n", 0, found.start()) + 1,
            language=found["language"],
            code="\n".join(line[indent:] for line in found["code"].split("\n")),
            is_run=_NOT_RUN.search(text[: found.start()]) is None,
            prints=None if following is None else following[1],
        )
