"""Who is asking, and how often they may."""

from dataclasses import replace

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from moderator.domain.errors import Forbidden, NotSignedIn, RateLimited, Unavailable
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage import sessions
from moderator.usecases import access, manage
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

HERE, ELSEWHERE = access.Browser(address="192.0.2.1"), access.Browser(address="192.0.2.2")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc"])
async def test_without_a_bearer_secret_nobody_is_known(header: str | None) -> None:
    with pytest.raises(NotSignedIn):
        access.bearer(header)


async def test_the_scheme_is_read_without_regard_to_case() -> None:
    assert access.bearer("bearer  sk_1 ") == "sk_1"


def test_a_password_is_hashed_as_rfc_9106_recommends(real_hasher: PasswordHasher) -> None:
    parameters = extract_parameters(real_hasher.hash("correct horse"))
    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65_536, 4)


async def test_a_site_key_opens_its_own_site(services: Services) -> None:
    added = await manage.add_site(services, OPERATOR, "News")

    assert access.site_key(services, added.key).site_id == added.site.id


async def test_keys_and_tokens_are_not_mixed_up(services: Services) -> None:
    site = await manage.add_site(services, OPERATOR, "News")
    somebody = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR)

    with pytest.raises(Forbidden):
        access.site_key(services, somebody.token)
    with pytest.raises(Forbidden):
        access.person(services, site.key)
    with pytest.raises(NotSignedIn):
        access.site_key(services, "sk_unknown")
    with pytest.raises(NotSignedIn):
        access.person(services, "pt_unknown")


async def test_a_public_key_only_submits_and_only_from_its_pages(services: Services) -> None:
    added = await manage.add_site(services, OPERATOR, "News", origins=["https://news.example"])
    assert added.public_key is not None

    access.site_key(services, added.public_key, public=True, origin="https://news.example")

    with pytest.raises(Forbidden, match="only submit"):
        access.site_key(services, added.public_key, origin="https://news.example")
    for origin in ("https://evil.example", None):
        with pytest.raises(Forbidden, match="origin"):
            access.site_key(services, added.public_key, public=True, origin=origin)
    assert services.directory.origins == {"https://news.example"}


async def test_a_key_over_its_rate_is_told_when_to_come_back(services: Services, clock: Clock) -> None:
    added = await manage.add_site(services, OPERATOR, "News")
    access.site_key(services, added.key)
    access.site_key(services, added.key)

    with pytest.raises(RateLimited) as caught:
        access.site_key(services, added.key)

    clock.forward(seconds=caught.value.retry_after_seconds)
    access.site_key(services, added.key)


async def test_an_address_has_its_own_limit(services: Services) -> None:
    for _ in range(services.settings.rate_per_address):
        access.limit_address(services, "192.0.2.1")

    with pytest.raises(RateLimited):
        access.limit_address(services, "192.0.2.1")
    access.limit_address(services, "192.0.2.2")


async def test_roles_are_checked(services: Services) -> None:
    moderator = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR)
    admin = await manage.add_person(services, OPERATOR, "Chief", Role.ADMIN)

    assert access.person(services, admin.token, role=Role.ADMIN) == admin.person
    assert access.person(services, moderator.token) == moderator.person
    with pytest.raises(Forbidden):
        access.person(services, moderator.token, role=Role.ADMIN)


async def test_a_session_runs_until_it_is_ended(services: Services, anna: Person, clock: Clock) -> None:
    signed_in = await access.sign_in(services, "Anna", "correct horse", browser=HERE)

    session = await access.session_of(services, signed_in.secret)
    assert session.person == anna
    await access.sign_out(services, session)

    with pytest.raises(NotSignedIn):
        await access.session_of(services, signed_in.secret)


async def test_a_session_ends_by_itself(services: Services, anna: Person, clock: Clock) -> None:
    signed_in = await access.sign_in(services, "Anna", "correct horse", browser=HERE)
    clock.forward(seconds=services.settings.session_seconds)

    for secret in (signed_in.secret, "nonsense", None):
        with pytest.raises(NotSignedIn):
            await access.session_of(services, secret)


@pytest.mark.parametrize(("name", "password"), [("Anna", "wrong"), ("Nobody", "correct horse")])
async def test_a_wrong_name_and_a_wrong_password_sound_alike(
    services: Services, anna: Person, name: str, password: str
) -> None:
    with pytest.raises(NotSignedIn, match="The name or the password is wrong"):
        await access.sign_in(services, name, password, browser=HERE)


async def test_a_stored_hash_that_is_none_lets_nobody_in(services: Services, anna: Person) -> None:
    from moderator.storage import people

    async with services.database.transaction() as connection:
        await people.set_password_hash(connection, anna.id, "not a hash")

    with pytest.raises(NotSignedIn):
        await access.sign_in(services, "Anna", "correct horse", browser=HERE)


async def test_guessing_at_a_name_from_one_address_is_slowed_down(services: Services, anna: Person) -> None:
    for _ in range(access.TRIES_PER_MINUTE):
        with pytest.raises(NotSignedIn):
            await access.sign_in(services, "Anna", "guess", browser=HERE)

    for name in ("Anna", "ANNA"):
        with pytest.raises(RateLimited):
            await access.sign_in(services, name, "correct horse", browser=HERE)
    await access.sign_in(services, "Anna", "correct horse", browser=ELSEWHERE)


async def test_an_address_that_tries_many_names_is_slowed_down(services: Services) -> None:
    for number in range(access.TRIES_PER_MINUTE_AND_ADDRESS):
        with pytest.raises(NotSignedIn):
            await access.sign_in(services, f"Person {number}", "guess", browser=HERE)

    with pytest.raises(RateLimited):
        await access.sign_in(services, "Ben", "guess", browser=HERE)


async def test_who_guesses_from_many_addresses_keeps_nobody_out_who_was_here_before(
    services: Services, anna: Person, ben: Person, clock: Clock
) -> None:
    known = (await access.sign_in(services, "Anna", "correct horse", browser=HERE)).device
    other = (await access.sign_in(services, "Ben", "battery staple", browser=HERE)).device
    clock.forward(minutes=2)
    for number in range(access.TRIES_PER_MINUTE_AND_NAME):
        with pytest.raises(NotSignedIn):
            await access.sign_in(services, "Anna", "guess", browser=access.Browser(address=f"198.51.100.{number}"))

    for device in (None, "guessed", other):
        with pytest.raises(RateLimited):
            browser = access.Browser(address="192.0.2.9", device=device)
            await access.sign_in(services, "Anna", "correct horse", browser=browser)
    signed = await access.sign_in(
        services, "Anna", "correct horse", browser=access.Browser(address="192.0.2.9", device=known)
    )
    assert signed.device != known
    clock.forward(minutes=2)
    await access.sign_in(services, "Anna", "correct horse", browser=access.Browser(address="192.0.2.8"))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_the_addresses_of_one_customer_count_as_one(address: str, network: str) -> None:
    assert access.network_of(address) == network


async def test_each_session_has_another_secret_and_tells_the_browser(services: Services, anna: Person) -> None:
    browser = access.Browser(address="192.0.2.1", agent="Mozilla/5.0\x00\n" + "x" * 300)

    first = await access.sign_in(services, "Anna", "correct horse", browser=browser)
    second = await access.sign_in(services, "Anna", "correct horse", browser=browser)

    assert first.secret != second.secret
    assert first.session.id not in first.secret
    assert first.session.agent == "Mozilla/5.0" + "x" * 189
    assert first.secret not in repr(first)
    assert first.device not in repr(first)


async def test_a_session_knows_when_it_was_used_last(services: Services, anna: Person, clock: Clock) -> None:
    secret = (await access.sign_in(services, "Anna", "correct horse", browser=HERE)).secret
    started = clock.now()
    clock.forward(minutes=4)
    await access.session_of(services, secret)
    assert (await access.session_of(services, secret)).seen_at == started
    clock.forward(minutes=2)
    await access.session_of(services, secret)
    assert (await access.session_of(services, secret)).seen_at == clock.now()


async def test_while_nothing_can_be_written_a_session_still_counts(
    services: Services, anna: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = (await access.sign_in(services, "Anna", "correct horse", browser=HERE)).secret
    clock.forward(minutes=6)

    async def refuse(*_: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(sessions, "see", refuse)
    assert (await access.session_of(services, secret)).person == anna


async def test_a_form_carries_its_sessions_token(services: Services, anna: Person) -> None:
    session = (await access.sign_in(services, "Anna", "correct horse", browser=HERE)).session

    access.check_csrf(session, session.csrf)

    for token in (None, "", "other"):
        with pytest.raises(Forbidden):
            access.check_csrf(session, token)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://News.example/path?x", "https://news.example"),
        ("http://news.example:8080", "http://news.example:8080"),
        ("https://news.example:443/", "https://news.example"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]"),
        ("https://user@news.example", None),
        ("ftp://news.example", None),
        ("news.example", None),
    ],
)
def test_an_origin_is_scheme_and_authority(url: str, origin: str | None) -> None:
    assert access.origin_of(url) == origin


async def test_a_disabled_person_is_out_at_once(services: Services, site: SiteId) -> None:
    added = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, password="correct horse")
    signed_in = await access.sign_in(services, "Anna", "correct horse", browser=HERE)

    await manage.disable_person(services, OPERATOR, added.person.id)

    with pytest.raises(NotSignedIn):
        access.person(services, added.token)
    with pytest.raises(NotSignedIn):
        await access.session_of(services, signed_in.secret)


def test_a_role_includes_the_ones_below_it() -> None:
    for role, may in (
        (Role.MODERATOR, {Role.MODERATOR}),
        (Role.SENIOR, {Role.MODERATOR, Role.SENIOR}),
        (Role.ADMIN, set(Role)),
    ):
        person = Person(id=PersonId("p"), name="P", role=role)
        assert person.is_senior is (Role.SENIOR in may)
        for needed in Role:
            if needed in may:
                access.check_role(person, needed)
            else:
                with pytest.raises(Forbidden):
                    access.check_role(person, needed)


def test_what_all_sites_share_is_for_administrators_of_every_site() -> None:
    everywhere = Person(id=PersonId("p"), name="P", role=Role.ADMIN)
    access.check_administers_all(everywhere)
    for changed in (replace(everywhere, sites=(SiteId("s"),)), replace(everywhere, role=Role.SENIOR)):
        with pytest.raises(Forbidden):
            access.check_administers_all(changed)
