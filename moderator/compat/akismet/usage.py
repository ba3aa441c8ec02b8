"""What a key was used for: counts from the database in the shapes that clients read."""

import csv
import io
import json
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from moderator.compat.akismet.form import Fields, Unreadable
from moderator.domain.comments import Site
from moderator.storage.usage import Counts

# Without a rate there is no limit, but clients read a number: the largest that each of them holds.
NO_LIMIT: Final = 2**31 - 1
MOST_SITES: Final = 500
MAX_FILTER_CHARACTERS: Final = 255
ORDERS: Final = ("total", "spam", "ham", "missed_spam", "false_positives")
TITLES: Final = ("Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month, UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the month of a moment."""
        found = moment.astimezone(UTC)
        return cls(year=found.year, number=found.month)

    @property
    def name(self) -> str:
        """Return it as `2026-11`."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return monthrange(self.year, self.number)[1]

    @property
    def begins(self) -> datetime:
        """Return its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def next(self) -> Self:
        """Return the month after it."""
        return type(self)(year=self.year + self.number // 12, number=self.number % 12 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a client wants to know about the sites of its key."""

    month: Month
    filter: str
    limit: int
    offset: int
    as_csv: bool

    @classmethod
    def of(cls, fields: Fields, now: datetime) -> Self:
        """Return the question in a query. Raises Unreadable for one that makes no sense."""
        order = fields.get("order")
        if order and order not in ORDERS:
            raise Unreadable(f'Invalid "order" value: expected one of {", ".join(ORDERS)}')
        return cls(
            month=_month(fields.get("month"), now),
            filter=fields.get("filter")[:MAX_FILTER_CHARACTERS],
            limit=min(_number(fields, "limit", MOST_SITES), MOST_SITES),
            offset=_number(fields, "offset", 0),
            as_csv=fields.get("format").lower() == "csv",
        )


def limit_json(counts: Counts, month: Month, *, rate_per_key: float, is_extended: bool) -> str:
    """Return how much of the month's calls a key has used.

    Args:
        rate_per_key: requests a second; the limit is a month of them. 0: there is none.
        is_extended: the client wants to know whether its plan is too small; there are no plans here.
    """
    limit = min(NO_LIMIT, max(1, int(rate_per_key * 86_400 * month.days))) if rate_per_key else NO_LIMIT
    told = {
        "limit": limit,
        "usage": counts.comments,
        "percentage": f"{100 * counts.comments / limit:.2f}",
        "throttled": False,  # Whoever is, is answered 429 instead.
    }
    return json.dumps({**told, "notice_level": 0, "upgrade": False} if is_extended else told)


def sites(question: Question, site: Site, counts: Counts) -> tuple[list[dict[str, object]], int]:
    """Return the sites that a question asks for, and how many there are without its limit and offset.

    A key stands for one site here, so that every order is the same.
    """
    if question.filter.casefold() not in site.name.casefold():
        return [], 0
    found = {"site": site.name, "api_calls": counts.comments, **_numbers(counts), "is_revoked": False}
    return [found][question.offset : question.offset + question.limit], 1


def sites_json(question: Question, site: Site, counts: Counts) -> str:
    """Return the answer to a question as JSON; its first member's name is the month."""
    found, total = sites(question, site, counts)
    return json.dumps({question.month.name: found, "limit": question.limit, "offset": question.offset, "total": total})


def sites_csv(question: Question, site: Site, counts: Counts) -> str:
    """Return the answer to a question as CSV: a line that says what it is, one of titles, one for each site."""
    found, total = sites(question, site, counts)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    where = f"limit: {question.limit}, offset: {question.offset}, total: {total}"
    writer.writerow([f"Active sites during {question.month.name} ({where})"])
    writer.writerow(TITLES)
    writer.writerows([str(value).lower() if value is False else value for value in one.values()] for one in found)
    return lines.getvalue()


def stats_json(counts: Counts) -> str:
    """Return what WordPress shows on its settings page. Time saved is not measured here, so it is none."""
    judged = counts.spam + counts.ham
    wrong = counts.missed_spam + counts.false_positives
    accuracy = f"{100 * (judged - wrong) / judged:.2f}" if judged else "0.00"
    told: Mapping[str, object] = {**_numbers(counts), "accuracy": accuracy, "time_saved": 0, "breakdown": {}}
    return json.dumps(told)


def subscription_json(site: Site) -> str:
    """Return the account that WordPress asks for before it shows its settings: the site, active, without a bill."""
    return json.dumps(
        {
            "account_id": 0,
            "account_type": "self-hosted",
            "account_name": site.name,
            "status": "active",
            "next_billing_date": False,
            "limit_reached": False,
        }
    )


def _numbers(counts: Counts) -> dict[str, int]:
    return {
        "spam": counts.spam,
        "ham": counts.ham,
        "missed_spam": counts.missed_spam,
        "false_positives": counts.false_positives,
    }


def _month(text: str, now: datetime) -> Month:
    if not text:
        return Month.of(now)
    if not _MONTH.fullmatch(text) or not 1970 <= int(text[:4]) < 9999:
        raise Unreadable('Invalid "month" value: expected YYYY-MM')
    return Month(year=int(text[:4]), number=int(text[5:]))


def _number(fields: Fields, name: str, default: int) -> int:
    text = fields.get(name).strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Unreadable(f'Invalid "{name}" value: expected a whole number')
    return int(text)
