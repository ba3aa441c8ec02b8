"""A comment's body as its reader sees it.

A phase sends HTML or plain text, as its setting says; the request does not tell which. Coral's HTML has passed an
allow-list of ten tags and three attributes, in the one form that a browser writes them, so exactly these are taken
away. What looks otherwise is text in either format: nothing that a reader sees is hidden from the scores by writing it
in angle brackets.
"""

import html
import re
from typing import Final

_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>a|b|blockquote|br|div|em|i|li|p|s|span|strong|ul)"
    r"(?: (?:class|href|rel|target)=\"[^\"<>]{0,4000}\"){0,4}>"
)
_BLOCKS: Final = frozenset({"blockquote", "br", "div", "li", "p", "ul"})
_LINES: Final = re.compile(r"[ \t]*\n\s*")
# U+0000 draws nothing and cannot be stored; half of a surrogate pair is no character, and browsers show U+FFFD.
_HALVES: Final = re.compile("[\ud800-\udfff]")


def plain_text(body: str) -> str:
    """Return a body without its markup: tags that break lines as line breaks, entities as their characters."""
    return _LINES.sub("\n", mend(html.unescape(_TAG.sub(_in_place_of, body)))).strip()


def _in_place_of(tag: re.Match[str]) -> str:
    return "\n" if tag["name"] in _BLOCKS else ""


def mend(text: str) -> str:
    """Return a text without what no database stores."""
    return _HALVES.sub("\ufffd", text.replace("\x00", ""))
