"""A comment's body as its reader sees it.

A phase sends HTML or plain text, as its setting says; the request does not tell which. Coral's HTML has passed an
allow-list of ten tags and three attributes, in the one form that a browser writes them, so exactly these are taken
away. What looks otherwise is text in either format: nothing that a reader sees is hidden from the scores by writing it
in angle brackets. Authors choose what is read here, so every pattern is bounded: the work is linear in the length.
"""

import html
import re
from typing import Final

_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>a|b|blockquote|br|div|em|i|li|p|s|span|strong|ul)"
    r"(?: (?:class|href|rel|target)=\"[^\"<>]{0,4000}\"){0,4}>"
)
_BLOCKS: Final = frozenset({"blockquote", "br", "div", "li", "p", "ul"})
# The standard library's own pattern has no bound: a number of five thousand digits is an error there.
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# U+0000 draws nothing and cannot be stored; half of a surrogate pair is no character, and browsers show U+FFFD.
_HALVES: Final = re.compile("[\ud800-\udfff]")


def plain_text(body: str) -> str:
    """Return a body without its markup: tags that break lines as line breaks, entities as their characters."""
    found = mend(_ENTITY.sub(_character, _TAG.sub(_in_place_of, body)))
    return "\n".join(line for part in found.split("\n") if (line := part.strip()))


def _in_place_of(tag: re.Match[str]) -> str:
    return "\n" if tag["name"] in _BLOCKS else ""


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def mend(text: str) -> str:
    """Return a text without what no database stores."""
    return _HALVES.sub("\ufffd", text.replace("\x00", ""))
