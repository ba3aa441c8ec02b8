"""Who may open and press what: every route of the console, every role, one's own site and another's.

The routes are those that the console has, so that a new one is asked about too. What it expects of a route stands in
`RULES`; of one that has no rule there, that it is for those who are signed in.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import httpx2
import pytest
from starlette.routing import Route

from moderator.app import build_app
from moderator.console.views import ROUTES
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.storage import sites
from moderator.usecases import access, manage
from tests.console.conftest import BASE
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


class Need(StrEnum):
    NOBODY = "anybody"
    SIGNED_IN = "signed in"
    ADMIN = "administrator"
    ADMIN_OF_SITE = "administrator of the site in the address"
    ADMIN_OF_ALL = "administrator of every site"


# The first that fits counts.
RULES = [
    (r"\w+ /demo", Need.NOBODY),
    (r"GET /console", Need.NOBODY),  # Signed out, it is the sign-in page.
    (r"POST /console/(sign-in|language)", Need.NOBODY),
    (r"GET /console/oidc/.*", Need.NOBODY),
    (r"POST /console/models/.*", Need.ADMIN_OF_ALL),
    (r"POST /console/sites", Need.ADMIN_OF_ALL),
    (r"\w+ /console/(policy|sites)/\{.*", Need.ADMIN_OF_SITE),
    (r"\w+ /console/(policy|models|golden|sites|people|log|learning)(/.*)?", Need.ADMIN),
    (r".*", Need.SIGNED_IN),
]
# Their tokens are not a session's, or they are for everybody.
WITHOUT_TOKEN = {"/console/sign-in", "/console/language"}
WHO = ["moderator", "senior", "admin of own site", "admin of all"]


def routes() -> Iterator[tuple[str, str]]:
    """Yield the method and the path of every route that answers forms and links."""
    for route in ROUTES:
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path


ALL = sorted(set(routes()))
POSTS = [path for method, path in ALL if method == "POST"]


def need_of(method: str, path: str) -> Need:
    return next(need for pattern, need in RULES if re.fullmatch(pattern, f"{method} {path}"))


def filled(path: str, site: SiteId) -> str:
    """Return an address: with a site where one belongs, and names of nothing elsewhere."""
    path = path.replace("{site}", site)
    path = re.sub(r"^(/console/sites)/\{\w+\}", rf"\1/{site}", path)
    return re.sub(r"\{[\w:]+\}", "nothing", path)


class Desk:
    """A browser of somebody who has a session, without the pages between."""

    def __init__(self, http: httpx2.AsyncClient, csrf: str) -> None:
        self.http, self.csrf = http, csrf

    async def ask(self, method: str, path: str, *, csrf: str | None = None, origin: str = BASE) -> int:
        if method == "GET":
            return (await self.http.get(path)).status_code
        token = self.csrf if csrf is None else csrf
        return (await self.http.post(path, data={"csrf": token}, headers={"origin": origin})).status_code


async def sign_in(services: Services, who: str, own: SiteId) -> Desk:
    role = {"moderator": Role.MODERATOR, "senior": Role.SENIOR}.get(who, Role.ADMIN)
    only = [] if who == "admin of all" else [own]
    added = await manage.add_person(services, OPERATOR, who, role, only_sites=only)
    signed = await access.start_session(services, added.person, browser=access.Browser(address="192.0.2.1"))
    http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=build_app(services)),
        base_url=BASE,
        cookies={"moderator": signed.secret},
        timeout=5,
    )
    return Desk(http, signed.session.csrf)


@pytest.fixture
async def elsewhere(services: Services) -> SiteId:
    return (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id


def _streams(path: str) -> bool:
    return "live" in path or "events" in path or "stream" in path  # It would never end.


@pytest.mark.parametrize("who", WHO)
async def test_each_role_gets_what_it_may_and_nothing_else(
    services: Services, site: SiteId, elsewhere: SiteId, who: str
) -> None:
    desk = await sign_in(services, who, site)
    wrong = []
    for method, path in ALL:
        if path == "/console/sign-out" or (method == "GET" and _streams(path)):
            continue
        need = need_of(method, path)
        for at in (site, elsewhere):
            status = await desk.ask(method, filled(path, at))
            is_admin, is_of_all = who.startswith("admin"), who == "admin of all"
            if need is Need.ADMIN_OF_ALL:
                is_right = (status == 403) is not is_of_all
            elif need is Need.ADMIN_OF_SITE:
                expected = {403} if not is_admin else {404} if at == elsewhere and not is_of_all else set()
                is_right = status in expected if expected else status != 403
            elif need is Need.ADMIN:
                is_right = (status == 403) is not is_admin
            else:
                is_right = need is Need.NOBODY or status != 401
            if not is_right or status >= 500:
                wrong.append(f"{method} {path} of {'own' if at == site else 'foreign'} site: {status}")
    await desk.http.aclose()
    assert wrong == []


async def test_signed_out_nothing_is_shown_or_done(services: Services, site: SiteId) -> None:
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, timeout=5) as http:
        desk = Desk(http, "")
        found = {
            f"{method} {path}": await desk.ask(method, filled(path, site))
            for method, path in ALL
            if need_of(method, path) is not Need.NOBODY
        }
    assert {route: status for route, status in found.items() if status not in (401, 404)} == {}
    assert [route for route, status in found.items() if status == 404 and "{" not in route] == []


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_its_token_or_from_elsewhere_does_nothing(
    services: Services, site: SiteId, path: str
) -> None:
    async with services.database.transaction() as connection:
        await sites.set_settings(connection, site, {"demo_key": "pk_demo"})  # The demo page takes forms, too.
    desk = await sign_in(services, "admin of all", site)
    address = filled(path, site)
    if path not in WITHOUT_TOKEN and need_of("POST", path) is not Need.NOBODY:
        for token in ("", "guessed"):
            assert await desk.ask("POST", address, csrf=token) == 403
    for origin in ("https://evil.example", "null", f"{BASE}.evil.example"):
        assert await desk.ask("POST", address, origin=origin) == 403
    await desk.http.aclose()


def test_every_script_and_sheet_carries_the_number_of_its_answer() -> None:
    folder = Path(__file__).parents[2] / "moderator" / "console" / "templates"
    tags = [
        (template.name, tag)
        for template in sorted(folder.rglob("*.html"))
        for tag in re.findall(r"<script[^>]*>|<link[^>]*stylesheet[^>]*>", template.read_text("utf-8"))
    ]
    assert tags
    assert [
        one for one in tags if 'nonce="{{ nonce }}"' not in one[1] or "src=" not in one[1].replace("href", "src")
    ] == []


async def test_each_answer_has_a_number_of_its_own(services: Services) -> None:
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as http:
        answers = [await http.get("/console") for _ in range(3)]
    numbers = [re.findall(r"'nonce-([\w-]{22})'", answer.headers["content-security-policy"]) for answer in answers]
    assert all(len(found) == 2 and found[0] == found[1] for found in numbers)
    assert len({found[0] for found in numbers}) == 3
    for found, answer in zip(numbers, answers, strict=True):
        assert set(re.findall(r'nonce="([^"]+)"', answer.text)) == {found[0]}
        policy = answer.headers["content-security-policy"]
        assert "'self'" not in policy.split("script-src")[1].split(";")[0]
        assert "frame-ancestors 'none'" in policy
