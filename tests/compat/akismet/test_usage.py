"""usage-limit, key-sites and get-stats: figures of the key's own site, month by month."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from moderator.compat.akismet.usage import NO_LIMIT, Month, limit_json
from moderator.services import Services
from moderator.storage.usage import Counts
from moderator.usecases import manage
from tests.compat.akismet.conftest import OPERATOR, Akismet
from tests.fakes import Clock

pytestmark = pytest.mark.anyio


async def ask(akismet: Akismet, path: str, **query: Any) -> httpx2.Response:
    return await akismet.http.get(path, params={"api_key": akismet.key, **query})


@pytest.fixture
async def used(akismet: Akismet, clock: Clock) -> Akismet:
    """Return a client that sent one comment in October and five in November, two of which people overturned."""
    clock.at = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
    await akismet.check("From October.")
    clock.at = datetime(2026, 11, 1, tzinfo=UTC)
    for text in ("One.", "Two.", "Casino.", "Viagra.", "You idiot."):
        await akismet.check(text)
    clock.at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    await akismet.submit("spam", "Two.")
    await akismet.submit("ham", "Viagra.")
    return akismet


async def test_a_months_use_is_told_in_the_types_that_clients_read(used: Akismet) -> None:
    answer = await ask(used, "/1.2/usage-limit")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"limit": NO_LIMIT, "usage": 5, "percentage": "0.00", "throttled": False}
    assert (await used.call("/1.2/usage-limit", {"api_key": used.key})).json() == answer.json()


@pytest.mark.parametrize("value", ["true", "1", "True"])
async def test_more_is_told_to_who_asks_for_more(used: Akismet, value: str) -> None:
    told = (await ask(used, "/1.2/usage-limit", extended=value)).json()

    assert (told["notice_level"], told["upgrade"]) == (0, False)
    assert "notice_level" not in (await ask(used, "/1.2/usage-limit", extended="false")).json()


async def test_the_limit_is_what_the_rate_allows_in_a_month(akismet: Akismet, services: Services) -> None:
    await akismet.check("Fine.")
    services.settings = replace(services.settings, rate_per_key=0.001)

    assert (await ask(akismet, "/1.2/usage-limit")).json() == {
        "limit": 2_592,
        "usage": 1,
        "percentage": "0.04",
        "throttled": False,
    }


@pytest.mark.parametrize("rate", [1e-9, 0.5, 1_000_000.0])
def test_every_limit_is_a_number_that_clients_hold(rate: float) -> None:
    told = limit_json(Counts(comments=7), Month(year=2026, number=2), rate_per_key=rate, is_extended=False)

    assert '"throttled": false' in told
    assert 1 <= int(told.split('"limit": ')[1].split(",")[0]) <= 2**31 - 1


NOVEMBER = {
    "site": "News",
    "api_calls": 5,
    "spam": 2,
    "ham": 3,
    "missed_spam": 1,
    "false_positives": 1,
    "is_revoked": False,
}


async def test_a_months_figures_stand_under_its_name(used: Akismet) -> None:
    await manage.add_site(used.services, OPERATOR, "Other")

    now = (await ask(used, "/1.2/key-sites")).json()
    before = (await ask(used, "/1.2/key-sites", month="2026-10")).json()

    assert now == {"2026-11": [NOVEMBER], "limit": 500, "offset": 0, "total": 1}
    assert list(before) == ["2026-10", "limit", "offset", "total"]
    assert before["2026-10"][0]["api_calls"] == 1
    assert (await used.call("/1.2/key-sites", {"api_key": used.key})).json() == now


@pytest.mark.parametrize(
    ("query", "sites", "total"),
    [
        ({"filter": "new"}, 1, 1),
        ({"filter": "Newsroom"}, 0, 0),
        ({"offset": 1}, 0, 1),
        ({"limit": 0}, 0, 1),
        ({"order": "false_positives", "limit": 10}, 1, 1),
    ],
)
async def test_a_question_may_be_narrowed(used: Akismet, query: dict[str, Any], sites: int, total: int) -> None:
    told = (await ask(used, "/1.2/key-sites", **query)).json()

    assert (len(told["2026-11"]), told["total"]) == (sites, total)


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-13"},
        {"month": "2026-1"},
        {"month": "0000-01"},
        {"month": "9999-12"},
        {"month": "２０２６-11"},
        {"order": "name"},
        {"limit": "-1"},
        {"offset": "1" * 30},
        {"offset": "½"},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(used: Akismet, query: dict[str, str]) -> None:
    answer = await ask(used, "/1.2/key-sites", **query)

    assert answer.status_code == 200
    assert answer.text.startswith("Invalid ")
    assert answer.headers["x-akismet-debug-help"]


async def test_the_figures_come_as_csv_too(used: Akismet) -> None:
    answer = await ask(used, "/1.2/key-sites", format="csv", limit=10)

    assert answer.headers["content-type"].startswith("text/csv")
    title, *rows = csv.reader(answer.text.splitlines())
    assert title == ["Active sites during 2026-11 (limit: 10, offset: 0, total: 1)"]
    assert rows == [
        ["Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked"],
        ["News", "5", "2", "3", "1", "1", "false"],
    ]


async def test_wordpress_shows_figures_of_all_time(used: Akismet) -> None:
    answer = await used.call("/1.1/get-stats", {"key": used.key, "from": "60-days"})

    assert answer.json() == {
        "spam": 2,
        "ham": 4,
        "missed_spam": 1,
        "false_positives": 1,
        "accuracy": "66.67",
        "time_saved": 0,
        "breakdown": {},
    }


async def test_nothing_sent_is_nothing_counted(akismet: Akismet) -> None:
    assert (await ask(akismet, "/1.2/usage-limit")).json()["usage"] == 0
    assert (await akismet.call("/1.1/get-stats", {"key": akismet.key})).json()["accuracy"] == "0.00"


def test_a_month_follows_the_other() -> None:
    december = Month.of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))

    assert (december.name, december.next.name, december.next.next.name) == ("2026-12", "2027-01", "2027-02")
    assert (december.days, Month(year=2028, number=2).days) == (31, 29)
    assert december.next.begins == datetime(2027, 1, 1, tzinfo=UTC)
