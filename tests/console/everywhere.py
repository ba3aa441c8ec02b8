"""Every page of the console, found by itself: the routes that take GET, and the links on pages that were seen."""

import re
from collections.abc import Iterable

import html5lib
from starlette.routing import BaseRoute, Match, Route

from moderator.console.views import ROUTES

# What there is to be seen only with a question in the address.
QUESTIONS = ("/console/search?status=held", "/console/search?q=nothing-at-all", "/demo?told=held")

# Where no link leads but from a press of a button, and what is about something that need not be there.
UNLINKED = ("/console/bulk/{batch}",)
FILES = ("/console/models/{version}/report",)  # To keep, not to look at: a browser saves them.


def _pages(routes: Iterable[BaseRoute]) -> list[Route]:
    return [one for one in routes if isinstance(one, Route) and "GET" in (one.methods or ())]


def pattern_of(address: str) -> str | None:
    """Return the route's path that an address belongs to; None for what is no page of ours."""
    scope = {"type": "http", "method": "GET", "path": address.partition("?")[0], "root_path": ""}
    for route in _pages(ROUTES):
        if route.matches(scope)[0] is Match.FULL:
            return route.path
    return None


def links(page: str) -> list[str]:
    """Return where a page leads to, on this host."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return [one.get("href", "") for one in tree.iter("a") if one.get("href", "").startswith(("/", "?"))]


class Walk:
    """A way through one page of each kind: first those whose address is known, then those that a link leads to."""

    def __init__(self) -> None:
        known = [route.path for route in _pages(ROUTES) if "{" not in route.path]
        self._todo = [*known, *QUESTIONS]
        self.seen: dict[str, str] = {path: path for path in known}

    def next(self) -> str | None:
        """Return the next address, or None at the end."""
        return self._todo.pop(0) if self._todo else None

    def found(self, page: str) -> None:
        """Take in the links of a page that was seen."""
        for address in links(page):
            pattern = pattern_of(address)
            if pattern is not None and pattern not in self.seen and pattern not in FILES:
                self.seen[pattern] = address
                self._todo.append(address)

    def unseen(self) -> list[str]:
        """Return the kinds of pages that no link led to."""
        return [route.path for route in _pages(ROUTES) if route.path not in {*self.seen, *UNLINKED, *FILES}]


def texts_of(page: str) -> list[str]:
    """Return what a page says: its stretches of text, and the attributes that people read or hear."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    said = []
    for element in tree.iter():
        said += [element.get(name, "") for name in ("title", "aria-label", "placeholder", "alt")]
        said += [element.text or "", element.tail or ""] if isinstance(element.tag, str) else [element.tail or ""]
    return [line for line in (re.sub(r"\s+", " ", one).strip() for one in said) if line]
