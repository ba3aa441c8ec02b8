"""Halves of characters in JSON: clients that count in UTF-16 cut an emoji in two, and our decoder refuses a half."""

import re
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")
_ESCAPE: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F].{2}|\\.")


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return what a decoder makes of a body; half of a surrogate pair becomes U+FFFD.

    It has as many code units, and to refuse the text would let through whatever stands before it.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is not JSON, or not of this shape.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(_whole, body)
        if mended == body:
            raise
        return decoder.decode(mended)


def _whole(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    return rb"\ufffd" if len(escape) == 6 else escape
