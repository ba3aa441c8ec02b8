"""Forms as they arrive, urlencoded or as JSON: an ordered multi-map with caps. Pure; a body is read in linear time.

Values are decoded when they are asked for: a client sends dozens of fields, of which we use a few.
"""

import encodings.aliases
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import unquote_to_bytes

MAX_FIELDS: Final = 1_000  # WordPress sends some sixty, and every field of the site's own form beside them.
# Longer values are cut before they are decoded, which takes a quarter of a second for a megabyte of escapes (measured).
# As sent a character may have 12 bytes; a comment has 20,000 characters at most, any other field 2,000 that count.
MAX_VALUE_BYTES: Final = 24 * 1024
MAX_TEXT_BYTES: Final = 256 * 1024
MAX_NAME_BYTES: Final = 1024
MAX_LISTED: Final = 100

# Only these, by their names in Python: a codec that is looked up by a stranger's word may be slow (punycode takes
# quadratic time) or no text encoding at all, and each unknown name would stay in memory.
_CODECS: Final = frozenset(
    {"utf_8", "ascii", "latin_1", "koi8_r", "koi8_u", "mac_roman", "tis_620"}
    | {f"iso8859_{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}
    | {f"cp{number}" for number in range(1250, 1259)}
    | {"gb2312", "gbk", "gb18030", "big5", "euc_jp", "shift_jis", "iso2022_jp", "euc_kr"}
)
_INDEX: Final = re.compile(r"\[[0-9]{0,4}\]")


class Unreadable(Exception):
    """The body is not what it says it is, or has too many fields. The message is for the caller."""


class Fields:
    """Named values in their order. Of a name that comes twice the last counts, as in the protocol's own server."""

    def __init__(self, values: Mapping[str, Sequence[bytes | str]], charset: str | None = None) -> None:
        self._values = values
        self._charset = _codec(charset)
        self._hint: str | None = None
        if self._charset is None:
            self._hint = _codec(self.get("blog_charset"))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def get(self, name: str) -> str:
        """Return a field, empty when there is none; cut where it is longer than any field is."""
        return self._last(name, MAX_VALUE_BYTES)

    def get_text(self, name: str) -> str:
        """Return a field that may be as long as a comment, and a little longer."""
        return self._last(name, MAX_TEXT_BYTES)

    def first_of(self, *names: str) -> str:
        """Return the first of some fields that is not empty; empty when all are."""
        return next((found for name in names if (found := self.get(name))), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a field, however lists are written: `name` again, `name[]`, or `name[0]`, `name[1]`."""
        found = (
            value
            for key, values in self._values.items()
            if key == name or (key.startswith(name) and _INDEX.fullmatch(key, len(name)))
            for value in values
        )
        return tuple(self._decode(value, MAX_VALUE_BYTES) for value in islice(found, MAX_LISTED))

    def _last(self, name: str, most: int) -> str:
        found = self._values.get(name)
        return self._decode(found[-1], most) if found else ""

    def _decode(self, value: bytes | str, most: int) -> str:
        if isinstance(value, str):
            return _clean(value[:most])
        raw = _unquote(value[:most])
        if self._charset:
            return _clean(raw.decode(self._charset, "replace"))
        try:
            return _clean(raw.decode())
        except UnicodeDecodeError:  # A site's own charset; most libraries send UTF-8 whatever it is.
            return _clean(raw.decode(self._hint or "utf_8", "replace"))


def read_urlencoded(body: bytes, charset: str | None = None) -> Fields:
    """Return the fields of a form or a query string. Bytes that mean nothing become replacement characters.

    Args:
        charset: what the content type says; without a known one UTF-8, then the form's own `blog_charset`.

    Raises:
        Unreadable: there are more than `MAX_FIELDS` fields.
    """
    parts = body.split(b"&", MAX_FIELDS)
    if len(parts) > MAX_FIELDS:
        raise _too_many()
    values: dict[str, list[bytes | str]] = {}
    for part in parts:
        name, _, value = part.partition(b"=")
        if name:
            found = _clean(_unquote(name[:MAX_NAME_BYTES]).decode("utf_8", "replace"))
            values.setdefault(found, []).append(value)
    return Fields(values, charset)


def read_json(body: bytes) -> Fields:
    """Return the members of a JSON object as fields: numbers and flags as text, lists as several values.

    Raises:
        Unreadable: it is no JSON object, or has more than `MAX_FIELDS` values.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable("The body is not a JSON object.")
    values: dict[str, list[bytes | str]] = {}
    count = 0
    for name, value in found.items():
        texts = [_text(one) for one in (value if isinstance(value, list) else [value])]
        count += max(1, len(texts))
        if count > MAX_FIELDS:
            raise _too_many()
        values[_clean(name)] = [text for text in texts if text is not None]
    return Fields({name: found for name, found in values.items() if found})


def _text(value: object) -> str | None:
    """Return a member as a form would have it; None for what a form cannot have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _unquote(value: bytes) -> bytes:
    """Return the bytes that a form's value stands for; a percent sign that escapes nothing stays."""
    return unquote_to_bytes(value.replace(b"+", b" "))


def _too_many() -> Unreadable:
    return Unreadable(f"The body has more than {MAX_FIELDS} fields.")


def _clean(text: str) -> str:
    """Return a text that every database takes: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can escape each half by itself; two that stand together are one character.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _codec(charset: str | None) -> str | None:
    """Return Python's name of a charset that can be asked for; None for all others."""
    if not charset or len(charset) > 40:
        return None
    name = re.sub(r"[^a-z0-9]+", "_", charset.lower()).strip("_")
    found = encodings.aliases.aliases.get(name, name)
    return found if found in _CODECS else None
