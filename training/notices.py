"""Whom a model's training data come from: the product's NOTICE, read as a table.

An entry is the name of a source alone on its line, and two indented lines: whom to name, and where it is from with its
licence.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

NOTICE: Final = Path(__file__).parents[1] / "NOTICE"

_ENTRY: Final = re.compile(r"^([a-z0-9_]+)\n[ \t]+(\S.*)\n[ \t]+(?:from )?(\S.*)$", re.MULTILINE)


class Attribution(NamedTuple):
    """Whom to name for a source, and where it is from, with its licence."""

    authors: str
    origin: str


def attributions(path: Path = NOTICE) -> dict[str, Attribution]:
    """Return the entries of a NOTICE by the name of the source; none where there is no such file."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    return {name: Attribution(authors.strip(), origin.strip()) for name, authors, origin in _ENTRY.findall(text)}
