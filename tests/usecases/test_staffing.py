"""How administrators manage people, whatever page or command they use."""

import pytest

from moderator.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, NotSignedIn
from moderator.domain.events import ActorKind
from moderator.domain.ids import PersonId, SessionId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.services import Services
from moderator.storage import people
from moderator.storage.audit import Actor
from moderator.usecases import access, account, commands, manage, review, single_sign_on, staffing
from moderator.usecases.access import Browser
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

HERE = Browser(address="192.0.2.1")
NOBODY = PersonId("nobody")


def acting(person: Person) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=person.id)


@pytest.fixture
async def ada(services: Services) -> Person:
    return (await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN)).person


@pytest.fixture
async def provided(services: Services) -> Person:
    """Return somebody whom a sign-in provider knows."""
    person = Person(id=PersonId("person-grace"), name="Grace", role=Role.MODERATOR)
    async with services.database.transaction() as connection:
        assert await people.add(
            connection, person, password_hash=access.NO_PASSWORD, now=services.now(), subject="https://id.example|7"
        )
    return person


async def test_the_last_administrator_of_every_site_stays_one(
    services: Services, site: SiteId, ada: Person, anna: Person
) -> None:
    for only_sites in ((), (site,)):
        with pytest.raises(Conflict, match="last administrator"):
            await staffing.change_role(services, OPERATOR, ada.id, Role.MODERATOR, only_sites=only_sites)
    with pytest.raises(Conflict, match="last administrator"):
        await staffing.change_role(services, OPERATOR, ada.id, Role.ADMIN, only_sites=[site])
    with pytest.raises(Conflict, match="last administrator"):
        await commands.person_disable(services, name="Ada")
    await staffing.change_role(services, OPERATOR, anna.id, Role.ADMIN, only_sites=())
    await staffing.disable_person(services, OPERATOR, ada.id)
    with pytest.raises(Conflict, match="last administrator"):
        await staffing.disable_person(services, OPERATOR, anna.id)
    await staffing.change_role(
        services, OPERATOR, ada.id, Role.MODERATOR, only_sites=()
    )  # Disabled, she counts no more.


async def test_nobody_manages_oneself_and_moderators_nobody(services: Services, ada: Person, anna: Person) -> None:
    await manage.add_person(services, OPERATOR, "Second", Role.ADMIN)
    for by, other in ((ada, ada), (anna, ada), (anna, anna)):
        with pytest.raises(Forbidden):
            await staffing.disable_person(services, acting(by), other.id)
    with pytest.raises(Forbidden):
        await staffing.appoint(services, acting(anna), "Mine", Role.MODERATOR)
    await staffing.disable_person(services, OPERATOR, ada.id)
    with pytest.raises(Forbidden, match="not known any more"):
        await staffing.disable_person(services, acting(ada), anna.id)
    with pytest.raises(Forbidden, match="not known any more"):
        await staffing.disable_person(services, Actor(kind=ActorKind.PERSON), anna.id)


async def test_nobody_of_an_id_is_not_found(services: Services, ada: Person, anna: Person) -> None:
    for act in (
        staffing.disable_person,
        staffing.enable_person,
        staffing.renew_password,
        staffing.issue_token,
        staffing.revoke_tokens,
        staffing.end_sessions,
    ):
        with pytest.raises(NotFound):
            await act(services, acting(ada), NOBODY)
    with pytest.raises(NotFound):
        await staffing.enable_person(services, acting(ada), anna.id)
    with pytest.raises(NotFound):
        await staffing.change_role(services, OPERATOR, anna.id, Role.SENIOR, only_sites=[SiteId("nowhere")])
    await staffing.disable_person(services, acting(ada), anna.id)
    for act in (staffing.disable_person, staffing.issue_token):
        with pytest.raises(NotFound):
            await act(services, acting(ada), anna.id)


async def test_whom_the_provider_knows_has_role_and_password_there(
    services: Services, site: SiteId, ada: Person, provided: Person
) -> None:
    with pytest.raises(Conflict, match="sign-in provider"):
        await staffing.change_role(services, acting(ada), provided.id, Role.ADMIN, only_sites=())
    with pytest.raises(Conflict, match="no password here"):
        await staffing.renew_password(services, acting(ada), provided.id)
    changed = await staffing.change_role(services, acting(ada), provided.id, Role.MODERATOR, only_sites=[site])
    assert changed.sites == (site,)
    signed = await access.start_session(services, changed, browser=HERE)
    with pytest.raises(Conflict, match="no password here"):
        await account.change_password(services, signed.session, old="!", new="a longer one")


async def test_a_password_has_a_length(services: Services) -> None:
    for password in ("short", "x" * 1_001):
        with pytest.raises(InvalidInput):
            await manage.add_person(services, OPERATOR, "Sam", Role.MODERATOR, password=password)


async def test_a_session_that_is_not_ones_own_is_not_found(services: Services, anna: Person, ben: Person) -> None:
    signed = await access.start_session(services, anna, browser=HERE)
    other = await access.start_session(services, ben, browser=HERE)
    with pytest.raises(NotFound):
        await account.end_session(services, signed.session, other.session.id)
    with pytest.raises(NotFound):
        await account.end_session(services, signed.session, SessionId("nothing"))
    await account.end_session(services, signed.session, signed.session.id)
    with pytest.raises(NotSignedIn):
        await access.session_of(services, signed.secret)


async def test_seniors_take_back_what_others_decided_on_the_sites_they_see(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    senior = (await manage.add_person(services, OPERATOR, "Sen", Role.SENIOR, only_sites=[site])).person
    foreign = (await manage.add_person(services, OPERATOR, "For", Role.SENIOR, only_sites=[elsewhere])).person
    await moderate(services, a_comment("What an idiot.", site_id=site))
    (file,) = await review.claim_next(services, anna, count=1)
    made = await review.decide(services, anna, file.case.id, action=Action.APPROVE)
    with pytest.raises(Forbidden):
        await review.undo(services, ben, made.decision.id)
    with pytest.raises(NotFound):
        await review.undo(services, foreign, made.decision.id)
    assert review.may_undo(senior, [made.decision])
    assert (await review.undo(services, senior, made.decision.id)).decision.undoes == made.decision.id


async def test_commands_change_people_by_name(services: Services, site: SiteId, anna: Person) -> None:
    assert await commands.person_change(services, name="Anna", role="senior", sites=None) == {
        "person_id": anna.id,
        "name": "Anna",
        "role": "senior",
        "sites": [],
    }
    assert (await commands.person_change(services, name=anna.id, role=None, sites=["News"]))["sites"] == [site]
    assert (await commands.person_change(services, name="Anna", role=None, sites=[]))["role"] == "senior"
    password = (await commands.person_password(services, name="Anna"))["password"]
    await access.sign_in(services, "Anna", password, browser=HERE)
    await commands.person_disable(services, name="Anna")
    assert await commands.person_enable(services, name="Anna") == {"person_id": anna.id, "disabled": False}
    with pytest.raises(NotFound, match="nobody called 'Nobody'"):
        await commands.person_enable(services, name="Nobody")


async def test_two_first_sign_ins_at_once_make_one_person(
    services: Services, provided: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.settings = type(services.settings)(oidc_issuer="https://id.example", oidc_moderators="mods")

    async def not_yet(*_: object) -> None:
        return None

    monkeypatch.setattr(people, "find_subject", not_yet)
    with pytest.raises(NotSignedIn):
        await single_sign_on.sign_in(services, {"sub": "7", "name": "Grace", "groups": ["mods"]}, browser=HERE)
