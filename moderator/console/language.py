"""The language of a page: which ones there are, whose turn it is, and what texts, numbers and times look like in it.

English is what the templates and this package say; `locale/<language>.po` has the others. The catalogues are read as
they are: there is no build step. A page's language is a context variable, so that whatever renders it may ask.
"""

from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
COOKIE: Final = "moderator-language"
CATALOGUES: Final = Path(__file__).parent / "locale"
_current: ContextVar[str] = ContextVar("language", default="en")


def choose(request: Request[Any]) -> str:
    """Return the language that a browser asks for: by its cookie, else by its Accept-Language (RFC 9110, 12.5.4)."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    asked = [part.partition(";") for part in request.headers.get("accept-language", "").split(",")]
    ranked = sorted(asked, key=lambda one: -_quality(one[2]))
    return negotiate_locale([tag.strip() for tag, _, _ in ranked], list(LANGUAGES), sep="-") or "en"


def _quality(parameter: str) -> float:
    try:
        return float(parameter.partition("q=")[2] or 1)
    except ValueError:
        return 0.0


def speak(language: str) -> None:
    """Let what this request renders be in a language."""
    _current.set(language)


def spoken() -> str:
    """Return the language of the page that is being rendered."""
    return _current.get()


def locale() -> Locale:
    """Return how numbers and times look in that language."""
    return Locale.parse("en_GB" if spoken() == "en" else spoken())


@cache
def _translations(language: str) -> NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str) -> str:
    """Return a text in the page's language; in English where the catalogue lacks it."""
    return _translations(spoken()).gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a text that goes with a number, in the page's language."""
    return _translations(spoken()).ngettext(one, many, number)


def marked(message: str) -> str:
    """Return a text as it is: its name in the catalogue. Whoever shows it translates it."""
    return message
