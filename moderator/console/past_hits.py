"""What new phrases and patterns would have hit in a site's past comments, looked for in a thread and not for long."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import anyio
import anyio.to_thread

from moderator.console.workbench import DAYS, MOST_COMMENTS
from moderator.domain.ids import SiteId
from moderator.domain.policy import Policy
from moderator.phrases import Forms, Matcher, compile_pattern
from moderator.services import Services
from moderator.storage import traffic
from moderator.storage.traffic import Text

MOST_ENTRIES: Final = 50
MOST_SECONDS: Final = 2.5
MOST_EXAMPLES: Final = 3
_BEFORE: Final = 50  # How much of a comment stands before what was hit.
_LONG_WORD: Final = 20
_EXCERPT: Final = 160
_one_at_a_time: Final = anyio.CapacityLimiter(1)


@dataclass(slots=True, kw_only=True)
class Hits:
    """A new entry of a list, how many comments it would have hit, and how some of them read around it."""

    words: str
    is_pattern: bool
    bans: bool
    comments: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Search:
    """What was found in how many comments. `is_cut`: there were more, but not the time, or over the most."""

    hits: Sequence[Hits]
    comments: int = 0
    is_cut: bool = False
    left_out: int = 0


async def search_past(services: Services, site_id: SiteId, before: Policy, after: Policy) -> Search:
    """Look for the phrases and patterns that a policy adds. They must have passed `check_policy`."""
    new = _new_entries(before, after)
    search = Search(hits=new[:MOST_ENTRIES], left_out=max(len(new) - MOST_ENTRIES, 0))
    if not new:
        return search
    finder = await anyio.to_thread.run_sync(_Finder, search, limiter=_one_at_a_time)
    deadline = time.monotonic() + MOST_SECONDS
    since = services.now() - timedelta(days=DAYS)
    async for page in traffic.texts_since(services.database, site_id, since, most=MOST_COMMENTS):
        if not await anyio.to_thread.run_sync(finder.look, page, deadline, limiter=_one_at_a_time):
            search.is_cut = True
            break
    search.is_cut = search.is_cut or search.comments >= MOST_COMMENTS
    return search


def _new_entries(before: Policy, after: Policy) -> list[Hits]:
    return [
        Hits(words=words, is_pattern=name.endswith("patterns"), bans=name.startswith("banned"))
        for name in ("banned_phrases", "banned_patterns", "suspect_phrases", "suspect_patterns")
        for words in getattr(after, name)
        if words not in getattr(before, name)
    ]


class _Finder:
    """All entries at once first: most comments have none of them."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._each = [
            (one, Matcher([] if one.is_pattern else [one.words], [one.words] if one.is_pattern else []))
            for one in search.hits
        ]
        self._any = Matcher(
            [one.words for one in search.hits if not one.is_pattern],
            [one.words for one in search.hits if one.is_pattern],
        )

    def look(self, page: Sequence[Text], deadline: float) -> bool:
        """Look at a page of comments; return False when the time is over."""
        for one in page:
            if time.monotonic() > deadline:
                return False
            self._search.comments += 1
            forms = Forms(one.text)
            if self._any.find(forms) is None:
                continue
            for hits, matcher in self._each:
                if matcher.find(forms) is not None:
                    hits.comments += 1
                    if len(hits.examples) < MOST_EXAMPLES:
                        hits.examples.append(_around(one.text, hits))
        return True


def _around(text: str, hits: Hits) -> str:
    """Return how a comment reads where an entry hits it; its beginning when the words are in disguise."""
    if hits.is_pattern:
        found = text.encode("utf-8", "replace")
        match = compile_pattern(hits.words).search(found)
        at = len(found[: match.start()].decode("utf-8", "ignore")) if match else 0
    else:
        at = max(text.casefold().find(hits.words.casefold()), 0)
    start = max(at - _BEFORE, 0)
    if start:  # With a whole word, where there are words.
        start = max(text.rfind(" ", max(start - _LONG_WORD, 0), start + 1) + 1, start - _LONG_WORD, 0)
    line = " ".join(text[start : start + _EXCERPT].split())
    return f"{'…' if start else ''}{line}{'…' if start + _EXCERPT < len(text) else ''}"
