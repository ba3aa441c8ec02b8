"""A decoder's complaints with their place, in the form of our own."""

import re

import msgspec

from moderator.domain.errors import Fault

_PLACE = re.compile(r" - at `(?P<path>\$[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def fault_of(error: msgspec.ValidationError) -> Fault:
    """Return a decoder's complaint with its place as a JSON pointer (RFC 6901)."""
    text = str(error)
    place = _PLACE.search(text)
    pointer = _pointer(place["path"]) if place else ""
    detail = text[: place.start()] if place else text
    if unknown := _UNKNOWN.fullmatch(detail):
        return Fault(pointer=f"{pointer}/{_escape(unknown['name'][:200])}", detail="unknown member")
    if missing := _MISSING.fullmatch(detail):
        return Fault(pointer=f"{pointer}/{_escape(missing['name'])}", detail="required")
    return Fault(pointer=pointer, detail=detail)


def _pointer(path: str) -> str:
    return "".join(f"/{_escape(name or index)}" for name, index in _STEP.findall(path.removeprefix("$")))


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
