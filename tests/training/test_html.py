"""The report as a page and as Markdown."""

import re

import html5lib
import numpy as np
import pytest

from training import plots
from training.html import Figure, Section, Table, percent, to_html, to_markdown

HOSTILE = "<script>alert(1)</script> & \"'"
POSITIVE = np.arange(60) < 20
SCORES = np.linspace(0.9, 0.1, 60)
SECTIONS = [
    Section("What it is", ["Made of `numpy` and care.", "Second paragraph."]),
    Section(
        "Figures",
        [
            Table(
                ("set", "rows", "note"), [("news_nc", "1,200", "kept"), ("wiki", 80, "3 missing")], caption="All sets"
            ),
            Figure(plots.reliability(SCORES, POSITIVE, "Reliability"), "On the line is right."),
            Figure(plots.score_distribution(SCORES, POSITIVE, "Scores")),
        ],
        [Section("toxic", ["Good."]), Section("spam", [Table(("label", "AUC"), [])])],
    ),
]


def _parsed(page: str) -> html5lib.HTMLParser:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    parser.parse(page)
    return parser


def test_the_page_is_valid() -> None:
    assert _parsed(to_html("Model 1", SECTIONS)).errors == []


def test_a_page_without_sections_is_valid() -> None:
    assert _parsed(to_html("Model 1", [Section("Empty")])).errors == []


def test_the_page_needs_no_other_file_and_runs_nothing() -> None:
    page = to_html("Model 1", SECTIONS)
    assert not re.search(r'<(script|link|img|iframe)|\son\w+=|@import|url\((?!#)|(src|href)="(?!#)', page)


def test_all_text_is_escaped() -> None:
    page = to_html(
        HOSTILE,
        [
            Section(
                HOSTILE,
                [
                    HOSTILE,
                    f"`{HOSTILE}`",
                    Table((HOSTILE,), [(HOSTILE,)], caption=HOSTILE),
                    Figure(plots.risk_coverage([(0.5, 0.1)], HOSTILE), HOSTILE),
                ],
                [Section(HOSTILE)],
            )
        ],
    )
    assert "<script" not in page
    assert "alert(1)&lt;/script&gt;" in page
    assert _parsed(page).errors == []


def test_contents_lead_to_every_heading() -> None:
    page = to_html("Model 1", SECTIONS)
    targets = re.findall(r'href="#(s[\d-]+)"', page)
    assert targets == ["s1", "s2", "s2-1", "s2-2"]
    assert re.findall(r'<h\d id="(s[\d-]+)"', page) == targets


def test_ids_are_unique() -> None:
    ids = re.findall(r' id="([^"]+)"', to_html("Model 1", SECTIONS))
    assert len(ids) == len(set(ids))


def test_columns_of_numbers_stand_at_the_right() -> None:
    page = to_html("Model 1", SECTIONS)
    assert '<td class="number">1,200</td>' in page
    assert '<th scope="row">news_<wbr>nc</th>' in page
    assert "<td>kept</td>" in page


def test_dashes_and_empty_cells_leave_a_column_of_numbers_one() -> None:
    assert Table(("set", "AUC"), [("a", "—"), ("b", "—"), ("c", ""), ("d", "0.9")]).numeric() == [False, True]


def test_long_cells_get_room() -> None:
    page = to_html("Model 1", [Section("Sources", [Table(("source", "authors"), [("a", "word " * 20)])])])
    assert '<td class="wordy">' in page


def test_the_contents_stop_at_the_second_level() -> None:
    page = to_html("Model 1", [Section("One", (), [Section("Two", (), [Section("Three")])])])
    contents = page[page.index("<nav") : page.index("</nav>")]
    assert "Two" in contents
    assert "Three" not in contents


@pytest.mark.parametrize(("share", "shown"), [(0.0512, "5.1\u00a0%"), (None, "—")])
def test_shares_read_as_percentages(share: float | None, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0.912 (0.897–0.926)", "–", "1"], True),
        (["0.93", "never", "0.97"], True),
        (["−5 %", 3, 0.5], True),
        (["kept", "3 missing", "v1"], False),
        ([], False),
    ],
)
def test_a_column_holds_numbers_when_most_of_its_cells_do(cells: list[object], expected: bool) -> None:
    assert Table(("figure",), [(cell,) for cell in cells]).numeric() == [expected]


def test_a_row_that_does_not_fit_the_head_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        Table(("a", "b"), [("1",)])


MARKDOWN = """# Model 1

## What it is

Made of `numpy` and care.

Second paragraph.

## Figures

All sets:

| set | rows | note |
| --- | ---: | --- |
| news_nc | 1,200 | kept |
| wiki | 80 | 3 missing |

*Figure in the HTML report: On the line is right.*

*Figure in the HTML report: see there*

### toxic

Good.

### spam

| label | AUC |
| --- | --- |
"""


def test_the_markdown_says_the_same() -> None:
    assert to_markdown("Model 1", SECTIONS) == MARKDOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# no heading", "\\# no heading"),
        ("- no list", "\\- no list"),
        ("1. no list", "1\\. no list"),
        ("*loud* _too_ but severe_toxic", "\\*loud\\* \\_too\\_ but severe_toxic"),
        ("<b> [x](y) &amp; ` \\", "\\<b> \\[x\\](y) \\&amp; \\` \\\\"),
        ("two\n\nlines", "two lines"),
        ("`*code*`", "`*code*`"),
    ],
)
def test_text_marks_nothing_by_accident(text: str, expected: str) -> None:
    assert to_markdown("t", [Section("s", [text])]) == f"# t\n\n## s\n\n{expected}\n"


def test_a_pipe_does_not_end_a_cell() -> None:
    assert "| a\\|b |" in to_markdown("t", [Section("s", [Table(("x",), [("a|b",)])])])
    assert "| 0.5 |" in to_markdown("t", [Section("s", [Table(("x",), [(0.5,)])])])
