"""The console over a real database, with a fake scorer, and a browser's cookie jar."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Role
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

PASSWORD = "correct horse battery"
BASE = "http://testserver"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(sqlite_database: SqliteDatabase, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = Settings(
        models=str(tmp_path_factory.mktemp("models")), rate_per_author=0, audit_share=0, second_review_share=0
    )
    services = new_services(
        settings,
        sqlite_database,
        FakeScorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )
    for name, role in (("Anna", Role.MODERATOR), ("Ben", Role.MODERATOR)):
        await manage.add_person(services, OPERATOR, name, role, password=PASSWORD)
    return services


@pytest.fixture
async def site(services: Services) -> SiteId:
    added = await manage.add_site(services, OPERATOR, "News")
    await manage.set_policy(services, OPERATOR, added.site.id, a_policy(duplicate_limit=0))
    return added.site.id


async def hold(services: Services, site: SiteId, text: str = "What an idiot.", **more: str) -> str:
    """Post a comment that is held and return its case."""
    outcome = (await moderate(services, a_comment(text, site_id=site, received_at=services.now(), **more))).outcome  # type: ignore[arg-type]
    assert outcome.case is not None
    return outcome.case


def comment_of(page: str) -> str:
    """Return the comment in hand, as the page has it."""
    found = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)
    assert found, "no case in hand"
    return found[1]


def told_in(page: str) -> str:
    """Return the line above the case: what was done last, and its undo."""
    found = re.search(r'<div class="told"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found
    return found[1]


@dataclass
class Visitor:
    """Somebody with a browser: keeps cookies, follows redirects, presses a page's buttons."""

    http: httpx2.AsyncClient
    page: str = ""
    status: int = 0
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)

    async def open(self, path: str) -> str:
        return self._see(await self.http.get(path))

    async def submit(self, path: str, *, headers: dict[str, str] | None = None, **fields: str) -> str:
        """Post a form as the page in view would: with its token, from our own origin."""
        token = re.search(r'name="csrf" value="([^"]+)"', self.page)
        form = {**({"csrf": token[1]} if token else {}), **fields}
        return self._see(await self.http.post(path, data=form, headers={"origin": BASE, **(headers or {})}))

    async def press(self, key: str, **fields: str) -> str:
        """Press the button that names a key."""
        button = re.search(rf'<button [^>]*aria-keyshortcuts="{re.escape(key)}"[^>]*>', self.page)
        assert button, f"no button for {key}"
        forms = [one for one in re.finditer(r'<form[^>]*action="([^"]+)"', self.page) if one.start() < button.start()]
        own = re.search(r'formaction="([^"]+)"', button[0])
        form = self.page[forms[-1].start() : button.start()]
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        sent |= {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', button[0])}
        return await self.submit(own[1] if own else forms[-1][1], **{**sent, **fields})

    async def sign_in(self, name: str = "Anna", password: str = PASSWORD) -> str:
        return await self.submit("/console/sign-in", name=name, password=password)

    def _see(self, answer: httpx2.Response) -> str:
        self.page, self.status, self.headers = answer.text, answer.status_code, answer.headers
        return self.page


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[Visitor]:
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, follow_redirects=True) as http:
        yield Visitor(http)


@pytest.fixture
async def other(services: Services) -> AsyncIterator[Visitor]:
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, follow_redirects=True) as http:
        yield Visitor(http)
