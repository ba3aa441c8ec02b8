"""Which cases somebody looks at: a filter in an address, in a form, and in the browser's memory; and in words."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from moderator.console.language import gettext, locale, marked
from moderator.console.session import ONLY, remember
from moderator.console.text import pieces
from moderator.console.words import words
from moderator.domain.errors import Fault, InvalidInput, ModerationError, NotFound
from moderator.domain.ids import SiteId
from moderator.domain.people import Person
from moderator.domain.queue import EVERYTHING, FACETS, MAX_AUTHOR_CHARACTERS, SECTION_CHARACTERS, Filter
from moderator.domain.review import Cause
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.web import services

NAMES: Final = (*FACETS, "author")
TITLES: Final = {
    "site": marked("site"),
    "section": marked("section"),
    "label": marked("label"),
    "cause": marked("cause"),
    "lang": marked("language"),
    "author": marked("author"),
}
CAUSES: Final = {
    Cause.BORDERLINE: marked("unsure"),
    Cause.SAMPLE: marked("unsure"),  # Like any other: whoever decides it must not know.
    Cause.SECOND: marked("unsure"),
    Cause.REPORT: marked("reported"),
    Cause.APPEAL: marked("appeal"),
    Cause.UNDONE: marked("taken back"),
    Cause.CAMPAIGN: marked("campaign"),
    Cause.DISAGREEMENT: marked("two opinions"),
}
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_AUTHOR_KEY = re.compile(r"(id|email):")


def filter_of(found: Services, person: Person, fields: Mapping[str, str]) -> Filter:
    """Return the filter that an address or a form names.

    Raises:
        InvalidInput: it names a label, cause or language that there is not, or something far too long.
        NotFound: a site that this person may not see, or that there is not.
    """
    given = {name: fields.get(name, "").strip() for name in NAMES}
    for name, text in given.items():
        if "\x00" in text:
            raise InvalidInput(Fault(pointer=f"/{name}", detail=gettext("the character U+0000 is not allowed")))
    site = SiteId(given["site"]) if given["site"] else None
    if site is not None and (site not in found.directory.sites or not person.may_see(site)):
        raise NotFound(gettext("There is no such site."))
    lang = given["lang"]
    if lang and not _LANGUAGE.fullmatch(lang):
        raise InvalidInput(Fault(pointer="/lang", detail=gettext("not a language")))
    if len(given["author"]) > MAX_AUTHOR_CHARACTERS:
        raise InvalidInput(Fault(pointer="/author", detail=gettext("too long for a name")))
    return Filter(
        site=site,
        section=given["section"][:SECTION_CHARACTERS] or None,
        label=_label(given["label"]),
        cause=_cause(given["cause"]),
        lang=lang or None,
        author=given["author"] or None,
    )


def _label(text: str) -> Label | None:
    try:
        return Label(text) if text else None
    except ValueError:
        raise InvalidInput(Fault(pointer="/label", detail=gettext("there is no such label"))) from None


def _cause(text: str) -> Cause | None:
    try:
        return Cause(text) if text else None
    except ValueError:
        raise InvalidInput(Fault(pointer="/cause", detail=gettext("there is no such cause"))) from None


def address(path: str, only: Filter, **more: str | int | None) -> str:
    """Return an address that names a filter, and perhaps more."""
    fields = {**only.given, **{name: str(value) for name, value in more.items() if value is not None}}
    return f"{path}?{urlencode(fields)}" if fields else path


def remembered(request: Request[Any], person: Person) -> Filter:
    """Return the filter that this browser reviews within; one that makes no sense any more lets everything through."""
    try:
        text = base64.urlsafe_b64decode(request.cookies.get(ONLY, "").encode()).decode()
        return filter_of(services(request), person, dict(parse_qsl(text)))
    except (binascii.Error, ValueError, ModerationError):
        return EVERYTHING


def remember_filter(request: Request[Any], response: Response, only: Filter) -> None:
    """Let this browser review within a filter; within everything when it is empty."""
    remember(request, response, ONLY, base64.urlsafe_b64encode(urlencode(only.given).encode()).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One thing that a filter asks for, in words, and the filter without it."""

    name: str
    title: str
    value: str
    without: Filter


def chosen(found: Services, only: Filter) -> list[Chosen]:
    """Return what a filter asks for."""
    return [
        Chosen(
            name=name, title=gettext(TITLES[name]), value=say(found, name, value), without=replace(only, **{name: None})
        )
        for name, value in only.given.items()
    ]


def say(found: Services, name: str, value: str) -> str:
    """Return a value of a filter as people read it."""
    if name == "site":
        site = found.directory.sites.get(SiteId(value))
        return visible(site.name if site else value)
    if name == "label":
        return gettext(words(value))
    if name == "cause":
        return gettext(CAUSES[Cause(value)])
    if name == "lang":
        return tongue(value)
    return visible(_AUTHOR_KEY.sub("", value, count=1) if name == "author" else value)


def visible(text: str) -> str:
    """Return a text for where no markup may stand: of hidden characters their names."""
    return "".join(piece.hidden or piece.text for piece in pieces(text))


def attribute(text: str) -> Markup:
    """Return a text for an attribute's value that must come back as it is: hidden characters by their numbers."""
    return Markup("").join(
        Markup("&#{};").format(ord(piece.text)) if piece.hidden else escape(piece.text) for piece in pieces(text)
    )


def tongue(code: str) -> str:
    """Return a language's name in the page's language; the code itself where nobody has a name for it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale()) or code
    except (UnknownLocaleError, ValueError):
        return code
