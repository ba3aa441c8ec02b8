"""The report as one page for a browser and as Markdown, from the same sections.

Text is plain; `backticks` in it make code. Pictures are SVG from `training.plots` and go into the page as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from markupsafe import escape as html_escaped

NOTHING: Final = "—"  # What a table shows where there is no figure.
WORDY: Final = 40  # Characters of a cell.

_templates: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head. The first column names the row; columns of numbers stand at the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the head.

        Raises:
            ValueError: a row has more or fewer cells than the head.
        """
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"Each row of the table {', '.join(self.head)} must have {len(self.head)} cells.")

    def numeric(self) -> list[bool]:
        """Return for each column whether it holds numbers: most of its cells have digits and no letters.

        Dashes stand for numbers that are not there, and count neither way.
        """
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.head)
        filled = ([str(cell) for cell in cells if cell not in ("", NOTHING)] for cells in columns)
        return [2 * sum(map(_is_number, cells)) > len(cells) for cells in filled]

    def wordy(self) -> list[bool]:
        """Return for each column whether a cell is so long that it needs room to be read."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.head)
        return [max((len(str(cell)) for cell in cells), default=0) >= WORDY for cells in columns]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture and what it shows in words. The SVG is trusted: only `training.plots` makes it."""

    svg: str
    caption: str = ""


Part = str | Table | Figure  # A string is a paragraph.


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what stands under it, and the sections within."""

    heading: str
    parts: Sequence[Part] = ()
    sections: Sequence["Section"] = ()


def percent(share: float | None, *, digits: int = 1) -> str:
    """Return a share as tables and prose show it: `5.0 %`, with a space that does not break."""
    return NOTHING if share is None else f"{share * 100:.{digits}f}\N{NO-BREAK SPACE}%"


def to_html(title: str, sections: Sequence[Section]) -> str:
    """Return one page that needs no other file."""
    return _templates.get_template("report.html.jinja").render(title=title, sections=sections)


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the same in Markdown; of a picture it has the caption."""
    blocks = [f"# {_marked(title)}\n", *(block for one in sections for block in _blocks(one, level=2))]
    return "\n".join(blocks)


def _blocks(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * min(level, 6)} {_marked(section.heading)}\n"
    for part in section.parts:
        if isinstance(part, Table):
            if part.caption:
                yield f"{_marked(part.caption)}:\n"
            yield _table(part)
        elif isinstance(part, Figure):
            yield f"*Figure in the HTML report: {_marked(part.caption or 'see there')}*\n"
        else:
            yield f"{_paragraph(part)}\n"
    for one in section.sections:
        yield from _blocks(one, level + 1)


def _table(table: Table) -> str:
    rules = ["---:" if is_numeric else "---" for is_numeric in table.numeric()]
    lines = [[_cell(name) for name in table.head], rules, *[[_cell(cell) for cell in row] for row in table.rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(cell: object) -> str:
    # A table's cells end at a pipe even inside code.
    return _marked(str(cell)).replace("|", "\\|")


_CODE: Final = re.compile(r"`([^`]+)`")
# An underscore between letters marks nothing, and labels are full of them.
_MARKS: Final = re.compile(r"[\\*\[\]<&~`]|(?<!\w)_|_(?!\w)")
_LEADING: Final = re.compile(r"^(?:([#>+=-])|(\d+)([.)]))")


def _marked(text: str) -> str:
    """Return plain text as one line of Markdown that reads the same; what stands in backticks stays code."""
    pieces = _CODE.split(" ".join(text.split()))
    pieces[::2] = [_MARKS.sub(r"\\\g<0>", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"`{piece}`" for piece in pieces[1::2]]
    return "".join(pieces)


def _paragraph(text: str) -> str:
    """Return a line of Markdown that does not begin a heading, a list or a quotation."""
    return _LEADING.sub(lambda at: f"\\{at[1]}" if at[1] else f"{at[2]}\\{at[3]}", _marked(text))


def _inline(text: object) -> Markup:
    """Return plain text as HTML; what stands in backticks becomes code."""
    pieces: list[str] = [html_escaped(piece) for piece in _CODE.split(str(text))]
    pieces[1::2] = [f"<code>{piece}</code>" for piece in pieces[1::2]]
    return Markup("".join(pieces))  # noqa: S704 — every piece was escaped above


def _name(text: object) -> Markup:
    """Return plain text as HTML that may break after an underscore, as the names of rows often must."""
    # A plain string first: the replacement must not be escaped, and the tags in the text have no underscores.
    return Markup(str.replace(_inline(text), "_", "_<wbr>"))  # noqa: S704 — every piece was escaped above


def _as_is(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 — from training.plots, which escapes its texts


def _is_number(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))


def _kind(part: Part) -> str:
    match part:
        case Table():
            return "table"
        case Figure():
            return "figure"
        case _:
            return "paragraph"


@dataclass(frozen=True, slots=True)
class _Run:
    """Parts of one kind that follow each other: pictures stand side by side where there is room."""

    kind: str
    parts: Sequence[Part]


def _runs(parts: Sequence[Part]) -> list[_Run]:
    return [_Run(kind, list(run)) for kind, run in groupby(parts, key=_kind)]


_templates.filters.update(inline=_inline, name=_name, as_is=_as_is, runs=_runs)
