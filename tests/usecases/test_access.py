"""Who is asking, and how often they may."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from moderator.domain.errors import Forbidden, NotSignedIn, RateLimited
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.usecases import access, manage
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


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
    signed_in = await access.sign_in(services, "Anna", "correct horse", address="192.0.2.1")

    session = await access.session_of(services, signed_in.secret)
    assert session.person == anna
    await access.sign_out(services, session)

    with pytest.raises(NotSignedIn):
        await access.session_of(services, signed_in.secret)


async def test_a_session_ends_by_itself(services: Services, anna: Person, clock: Clock) -> None:
    signed_in = await access.sign_in(services, "Anna", "correct horse", address="192.0.2.1")
    clock.forward(seconds=services.settings.session_seconds)

    for secret in (signed_in.secret, "nonsense", None):
        with pytest.raises(NotSignedIn):
            await access.session_of(services, secret)


@pytest.mark.parametrize(("name", "password"), [("Anna", "wrong"), ("Nobody", "correct horse")])
async def test_a_wrong_name_and_a_wrong_password_sound_alike(
    services: Services, anna: Person, name: str, password: str
) -> None:
    with pytest.raises(NotSignedIn, match="The name or the password is wrong"):
        await access.sign_in(services, name, password, address="192.0.2.1")


async def test_a_stored_hash_that_is_none_lets_nobody_in(services: Services, anna: Person) -> None:
    from moderator.storage import people

    async with services.database.transaction() as connection:
        await people.set_password_hash(connection, anna.id, "not a hash")

    with pytest.raises(NotSignedIn):
        await access.sign_in(services, "Anna", "correct horse", address="192.0.2.1")


async def test_guessing_is_slowed_down(services: Services) -> None:
    for _ in range(access.SIGN_INS_PER_MINUTE):
        with pytest.raises(NotSignedIn):
            await access.sign_in(services, "Anna", "guess", address="192.0.2.1")

    with pytest.raises(RateLimited):
        await access.sign_in(services, "Anna", "guess", address="192.0.2.2")
    with pytest.raises(RateLimited):
        await access.sign_in(services, "Ben", "guess", address="192.0.2.1")


async def test_a_form_carries_its_sessions_token(services: Services, anna: Person) -> None:
    session = (await access.sign_in(services, "Anna", "correct horse", address="192.0.2.1")).session

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
    signed_in = await access.sign_in(services, "Anna", "correct horse", address="192.0.2.1")

    await manage.disable_person(services, OPERATOR, added.person.id)

    with pytest.raises(NotSignedIn):
        access.person(services, added.token)
    with pytest.raises(NotSignedIn):
        await access.session_of(services, signed_in.secret)
