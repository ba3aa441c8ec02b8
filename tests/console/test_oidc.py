"""Signing in at an OpenID Connect provider: a real one on this machine, honest and not."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.people import Role
from moderator.identity import Attempt
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage import audit, people
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage
from tests.console.conftest import BASE, PASSWORD, Visitor
from tests.fakes import FakeScorer
from tests.provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, a_provider
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with a_provider() as provider:
        yield provider


@pytest.fixture
async def services(sqlite_database: SqliteDatabase, provider: FakeProvider) -> Services:
    settings = Settings(
        public_url=BASE,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="the newsroom",
        oidc_admins="chiefs, owners",
        oidc_seniors="seniors",
        oidc_moderators="mods",
    )
    services = new_services(settings, sqlite_database, FakeScorer(), now=lambda: datetime.now(UTC))
    await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, password=PASSWORD)
    return services


@pytest.fixture
async def browser(services: Services) -> AsyncIterator[Visitor]:
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as http:
        yield Visitor(http)


async def leave(browser: Visitor) -> str:
    """Press the button and return where the provider sends the browser back to."""
    answer = await browser.http.get("/console/oidc/start")
    assert answer.status_code == 303
    async with httpx2.AsyncClient() as outside:
        back = await outside.get(answer.headers["location"])
    assert back.status_code == 302
    found: str = back.headers["location"]
    assert found.startswith(f"{BASE}/console/oidc/callback?")
    return found


async def come_back(browser: Visitor, address: str) -> str:
    answer = await browser.http.get(address)
    if answer.status_code == 303:
        return await browser.open(answer.headers["location"])
    return browser._see(answer)


async def sign_in(browser: Visitor) -> str:
    return await come_back(browser, await leave(browser))


async def account_of(services: Services, provider: FakeProvider) -> people.Account | None:
    async with services.database.read() as connection:
        return await people.find_subject(connection, f"{provider.issuer}|7", services.now())


async def test_somebody_new_is_let_in_with_the_role_of_their_group(
    browser: Visitor, services: Services, provider: FakeProvider
) -> None:
    assert "Sign in with the newsroom" in await browser.open("/console")
    page = await sign_in(browser)
    assert browser.status == 200
    assert ">Grace<" in page
    account = await account_of(services, provider)
    assert account is not None
    assert (account.person.role, account.person.sites) == (Role.MODERATOR, ())
    assert account.signed_in_at is not None
    async with services.database.read() as connection:
        acts = [(entry.action.value, entry.actor.kind.value) for _, entry in await audit.recent(connection, limit=2)]
    assert acts == [("session.started", "person"), ("person.added", "service")]
    assert browser.http.cookies.get("moderator-oidc") is None
    assert "no password here" in await browser.open("/console/account")


async def test_what_the_provider_is_asked_proves_who_redeems_the_code(browser: Visitor) -> None:
    answer = await browser.http.get("/console/oidc/start")
    asked = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{BASE}/console/oidc/callback"
    assert asked["scope"] == "openid profile email"
    secret = browser.http.cookies["moderator-oidc"]
    attempt = Attempt(secret)
    assert (asked["state"], asked["nonce"]) == (attempt.state, attempt.nonce)
    assert len({attempt.state, attempt.nonce, attempt.verifier, secret}) == 4
    assert re.fullmatch(r"[\w-]{43}", attempt.verifier)
    assert secret not in repr(attempt)
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "max-age=600"))
    again = await browser.http.get("/console/oidc/start")
    assert asked["state"] not in again.headers["location"]


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["mods", "seniors"], Role.SENIOR),
        (["owners", "mods"], Role.ADMIN),
        ("mods", Role.MODERATOR),
        (["mods", 3, None], Role.MODERATOR),
        (["others"], None),
        (None, None),
        ({"mods": True}, None),
        ([], None),
    ],
)
async def test_the_highest_group_counts_and_without_one_nobody_gets_in(
    browser: Visitor, services: Services, provider: FakeProvider, groups: Any, role: Role | None
) -> None:
    provider.person["groups"] = groups
    page = await sign_in(browser)
    account = await account_of(services, provider)
    if role is None:
        assert (browser.status, account) == (401, None)
        assert "no role here" in page
    else:
        assert account is not None
        assert account.person.role is role


async def test_groups_may_lie_deeper_or_with_the_user_info(
    browser: Visitor, services: Services, provider: FakeProvider
) -> None:
    services.settings = services.settings.__class__(
        **{**{name: getattr(services.settings, name) for name in services.settings.__slots__},
           "oidc_role_claim": "realm_access.roles"}
    )  # fmt: skip
    provider.person = {"sub": "7", "preferred_username": "grace"}
    await sign_in(browser)
    assert browser.status == 401
    provider.user_info = {"realm_access": {"roles": ["seniors"]}}
    page = await sign_in(browser)
    assert browser.status == 200
    assert ">grace<" in page


async def test_role_and_name_are_refreshed_and_sites_stay(
    browser: Visitor, services: Services, provider: FakeProvider
) -> None:
    added = await manage.add_site(services, OPERATOR, "News")
    await sign_in(browser)
    account = await account_of(services, provider)
    assert account is not None
    from moderator.usecases import staffing

    await staffing.change_role(services, OPERATOR, account.person.id, Role.MODERATOR, only_sites=[added.site.id])
    provider.person |= {"groups": ["chiefs"], "name": "Grace H."}
    await sign_in(browser)
    again = await account_of(services, provider)
    assert again is not None
    assert again.person.id == account.person.id
    assert (again.person.role, again.person.name, again.person.sites) == (Role.ADMIN, "Grace H.", (added.site.id,))
    provider.person["groups"] = []
    await sign_in(browser)
    assert browser.status == 401


async def test_a_name_that_somebody_has_is_not_taken_over(
    browser: Visitor, services: Services, provider: FakeProvider
) -> None:
    provider.person["name"] = "Anna"
    page = await sign_in(browser)
    assert ">Anna (2)<" in page
    account = await account_of(services, provider)
    assert account is not None
    await sign_in(browser)
    assert await account_of(services, provider) is not None
    assert sorted(person.name for person in services.directory.people.values()) == ["Anna", "Anna (2)"]
    for password in ("!", "", PASSWORD):
        await browser.open("/console")
        await browser.submit("/console/sign-in", name="Anna (2)", password=password)
        assert browser.status == 401


@pytest.mark.parametrize("name", [None, 7, " ", "two\nlines", "x" * 400])
async def test_somebody_without_a_name_gets_one(
    browser: Visitor, services: Services, provider: FakeProvider, name: Any
) -> None:
    provider.person["name"] = name
    await sign_in(browser)
    assert browser.status == 200
    account = await account_of(services, provider)
    assert account is not None
    assert 0 < len(account.person.name) <= 200


async def test_who_is_disabled_stays_out(browser: Visitor, services: Services, provider: FakeProvider) -> None:
    await sign_in(browser)
    account = await account_of(services, provider)
    assert account is not None
    await manage.disable_person(services, OPERATOR, account.person.id)
    await sign_in(browser)
    assert browser.status == 401
    await browser.open("/console/queue")
    assert browser.status == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": None}},
        {"claims": {"aud": [CLIENT_ID, "another"], "azp": "another"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"iss": None}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"nbf": 4_000_000_000}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "x" * 300}},
        {"claims": {"at_hash": "wrong"}},
        {"alg": "none"},
        {"alg": "HS256"},
        {"user_info": {"sub": "8"}},
        {"published": []},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_now_lets_nobody_in(
    browser: Visitor, services: Services, provider: FakeProvider, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(provider, name, value)
    page = await sign_in(browser)
    assert browser.status == 401
    assert "does not fit" in page
    assert len(services.directory.people) == 1
    assert browser.http.cookies.get("moderator") is None


async def test_a_token_that_another_key_has_signed_lets_nobody_in(browser: Visitor, provider: FakeProvider) -> None:
    provider.sign_with_another_key()
    await sign_in(browser)
    assert browser.status == 401


async def test_a_new_key_of_the_provider_is_fetched(browser: Visitor, provider: FakeProvider) -> None:
    await sign_in(browser)
    await sign_in(browser)
    assert (provider.asked.count("keys"), provider.asked.count("metadata")) == (1, 1)
    provider.turn_key()
    await sign_in(browser)
    assert browser.status == 200
    assert (provider.asked.count("keys"), provider.asked.count("metadata")) == (2, 1)


async def test_an_answer_for_another_browser_is_refused_before_the_provider_is_asked(
    browser: Visitor, services: Services, provider: FakeProvider
) -> None:
    theirs = await leave(browser)
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as http:
        victim = Visitor(http)
        assert "in another browser" in await come_back(victim, theirs)
        assert victim.status == 401
        await leave(victim)
        await come_back(victim, theirs)
        assert victim.status == 401
        await come_back(victim, theirs.replace("state=", "state=%F0%9F%98%80"))
        assert victim.status == 401
    assert "token" not in provider.asked


async def test_a_code_is_good_once(browser: Visitor, provider: FakeProvider) -> None:
    address = await leave(browser)
    cookie = browser.http.cookies["moderator-oidc"]
    await come_back(browser, address)
    assert browser.status == 200
    browser.http.cookies.clear()
    browser.http.cookies.set("moderator-oidc", cookie)
    await come_back(browser, address)
    assert browser.status == 401


@pytest.mark.parametrize("iss", ["", "&iss=https://evil.example"])
async def test_an_answer_of_another_provider_is_not_mixed_up_with_ours(
    browser: Visitor, provider: FakeProvider, iss: str
) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    address = await leave(browser)
    await come_back(browser, re.sub("&iss=[^&]+", iss, address))
    assert browser.status == 401
    assert "token" not in provider.asked
    await sign_in(browser)
    assert browser.status == 200


async def test_what_the_provider_refuses_is_said(browser: Visitor, provider: FakeProvider) -> None:
    address = await leave(browser)
    page = await come_back(browser, re.sub("code=[^&]+", "error=access_denied", address))
    assert browser.status == 401
    assert "does not fit" in page


@pytest.mark.parametrize(
    ("lie", "status"),
    [
        ({"status": 503}, 503),
        ({"status": 404}, 401),
        ({"padding": 600_000}, 401),
        ({"metadata": {"issuer": "https://evil.example"}}, 401),
        ({"metadata": {"token_endpoint": "http://evil.example/token"}}, 401),
        ({"metadata": {"jwks_uri": None}}, 401),
    ],
)
async def test_a_provider_that_says_nothing_of_use_is_told_on_the_sign_in_page(
    browser: Visitor, provider: FakeProvider, lie: dict[str, Any], status: int
) -> None:
    for name, value in lie.items():
        setattr(provider, name, value)
    page = await browser.open("/console/oidc/start")
    assert browser.status == status
    assert 'name="password"' in page


async def test_a_provider_that_is_away_keeps_nobody_else_out(browser: Visitor, services: Services) -> None:
    assert services.identity is not None
    services.identity.issuer = "http://127.0.0.1:9"
    page = await browser.open("/console/oidc/start")
    assert browser.status == 503
    assert "does not answer" in page
    answer = await browser.http.post(
        "/console/sign-in", data={"name": "Anna", "password": PASSWORD}, headers={"origin": BASE}
    )
    assert answer.status_code == 303


async def test_without_a_provider_there_is_no_button_and_no_way(visitor: Visitor, services: Services) -> None:
    services.identity = None
    services.settings = Settings()
    assert "Sign in with" not in await visitor.open("/console")
    for path in ("/console/oidc/start", "/console/oidc/callback"):
        await visitor.open(path)
        assert visitor.status == 404


async def test_asking_too_often_is_slowed_down(browser: Visitor) -> None:
    for _ in range(30):
        assert (await browser.http.get("/console/oidc/start")).status_code == 303
    assert (await browser.http.get("/console/oidc/start")).status_code == 429
