"""A body as its reader sees it, in both of Coral's formats."""

import re
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.coral.text import plain_text

INLINE = ("a", "b", "em", "i", "s", "span", "strong")
BLOCKS = ("blockquote", "div", "li", "p", "ul")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", ""),
        ("Plain.", "Plain."),
        ("<div>One<br>two</div>", "One\ntwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<b>you</b><i>idiot</i>", "youidiot"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<blockquote>She said</blockquote>No.", "She said\nNo."),
        ("Tom &amp; Jerry&nbsp;&lt;3 &#128512;", "Tom & Jerry\xa0<3 😀"),
        ('<a href="https://news.example/" target="_blank" rel="noopener noreferrer ugc" class="x">https://news.example/</a>',
         "https://news.example/"),
        ('<span class="coral-rte-spoiler">he dies</span>', "he dies"),
        ("<div><br></div>", ""),
    ],
)  # fmt: skip
def test_markup_of_corals_own_is_taken_away(body: str, text: str) -> None:
    assert plain_text(body) == text


@pytest.mark.parametrize(
    "body",
    [
        "you <idiot>",
        "<a you idiot>",
        "1 < 2 and 3 > 2",
        "<b you",
        "<script>idiot</script>",
        '<a onclick="idiot">',
        '<img alt="idiot">',
        "<!-- idiot -->",
        "</ b>",
        "<B>idiot",
    ],
)
def test_what_coral_would_not_send_as_markup_is_text(body: str) -> None:
    assert plain_text(body) == body


def test_what_an_author_writes_in_angle_brackets_is_read_in_both_formats() -> None:
    assert plain_text("&lt;idiot&gt;") == plain_text("<idiot>") == "<idiot>"
    assert plain_text("&lt;b&gt;") == "<b>"


@pytest.mark.parametrize(
    "unit",
    [" ", "\t", "\n ", "<", "<a", '<a href="', '<a href="x" ', "&", "&#", "&#9", "&a", "&#x", "</", "<b>", "\x00"],
)
def test_the_work_is_linear_whatever_an_author_writes(unit: str) -> None:
    """With a quadratic pattern this would take minutes."""
    body = unit * (400_000 // len(unit)) + "idiot"

    assert plain_text(body).endswith("idiot")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"&#{'9' * 5_000};", f"&#{'9' * 5_000};"),
        ("&#x110000;&#0;&#xD800;", "\ufffd" * 3),
        ("&nosuchthing;", "&nosuchthing;"),
        ("AT&T &amp;lt;", "AT&T &lt;"),
    ],
)
def test_entities_beyond_measure_do_no_harm(body: str, text: str) -> None:
    assert plain_text(body) == text


def test_what_no_database_stores_is_mended() -> None:
    assert plain_text("id\x00iot \ud800!") == "idiot \ufffd!"


@given(st.text())
def test_any_text_gives_a_text_that_can_be_stored(body: str) -> None:
    found = plain_text(body)

    assert "\x00" not in found
    assert found.encode().decode() == found


@given(st.text(alphabet=st.characters(blacklist_characters="<&\r\x00\x0b\x0c", blacklist_categories=("Cs",))))
def test_a_text_without_markup_stays(body: str) -> None:
    assert plain_text(body).split() == body.split()


def _markup() -> st.SearchStrategy[str]:
    words = st.text(alphabet="ab é&<>\"'x", max_size=8).map(
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    )
    return st.recursive(
        words | st.just("<br>"),
        lambda inner: st.tuples(st.sampled_from((*INLINE[1:], "div", "blockquote")), st.lists(inner, max_size=3)).map(
            lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"
        ),
        max_leaves=8,
    )


def _as_browsers_read(body: str) -> str:
    """Return the text of a document as html5lib, an independent parser, finds it, blocks on lines of their own."""

    def walk(node: Element) -> str:
        name = str(node.tag).rsplit("}", 1)[-1]
        around = "\n" if name in (*BLOCKS, "br") else ""
        return around + (node.text or "") + "".join(walk(child) + (child.tail or "") for child in node) + around

    return walk(html5lib.parseFragment(body))


@given(_markup())
def test_an_independent_parser_finds_the_same_words(body: str) -> None:
    def words(text: str) -> list[str]:
        return re.split(r"\s+", text.strip())

    assert words(plain_text(body)) == words(_as_browsers_read(body))
