"""People, their tokens and their sessions."""

import pytest

from moderator.domain.ids import PersonId
from moderator.domain.people import Person, Role
from moderator.storage import people
from moderator.storage.database import Connection
from moderator.storage.people import Session
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, later

pytestmark = pytest.mark.anyio

CARLA = Person(id=PersonId("person-carla"), name="Carla", role=Role.ADMIN, sites=(A_SITE, ANOTHER_SITE))


async def _person(connection: Connection, name: str) -> Person:
    found = await people.find_by_name(connection, name)
    assert found is not None
    return found[0]


async def test_a_person_comes_back_with_role_and_sites(connection: Connection) -> None:
    assert await people.add(connection, CARLA, password_hash="argon", now=NOON)
    assert await people.find_by_name(connection, "Carla") == (CARLA, "argon")


async def test_a_name_is_given_once(connection: Connection) -> None:
    namesake = Person(id=PersonId("person-2"), name="Anna", role=Role.ADMIN)
    assert not await people.add(connection, namesake, password_hash="argon", now=NOON)
    assert (await _person(connection, "Anna")).id == ANNA


async def test_nobody_of_another_name_is_found(connection: Connection) -> None:
    assert await people.find_by_name(connection, "anna") is None
    assert await people.find_by_name(connection, "Ann%") is None


async def test_a_new_password_changes_one_persons_only(connection: Connection) -> None:
    await people.set_password_hash(connection, ANNA, "newer")
    hashes = [await people.find_by_name(connection, name) for name in ("Anna", "Ben")]
    assert [found[1] for found in hashes if found] == ["newer", "hash of Ben"]


async def test_disabling_ends_sessions_and_tokens_of_one_person_only(connection: Connection) -> None:
    for person_id, name in ((ANNA, "Anna"), (BEN, "Ben")):
        person = await _person(connection, name)
        session = Session(hash=f"session of {name}", person=person, csrf="csrf", expires_at=later(hours=1))
        await people.start_session(connection, session, NOON)
        await people.add_token(
            connection,
            token_id=f"token-{name}",
            person_id=person_id,
            prefix="mt_abc",
            token_hash=f"token of {name}",
            now=NOON,
        )

    assert await people.disable(connection, ANNA, NOON)

    assert not await people.disable(connection, ANNA, NOON)
    assert [person.name for person in await people.list_all(connection)] == ["Ben"]
    assert await people.find_by_name(connection, "Anna") is None
    assert {token: person.name for token, person in (await people.list_tokens(connection)).items()} == {
        "token of Ben": "Ben"
    }
    assert await people.find_session(connection, "session of Anna", NOON) is None
    assert await people.find_session(connection, "session of Ben", NOON) is not None


async def test_a_session_runs_until_its_end_and_not_at_it(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    session = Session(hash="hash", person=anna, csrf="csrf", expires_at=later(minutes=30))
    await people.start_session(connection, session, NOON)
    assert await people.find_session(connection, "hash", later(minutes=29)) == session
    assert await people.find_session(connection, "hash", later(minutes=30)) is None
    assert await people.find_session(connection, "other", NOON) is None


async def test_a_session_that_was_ended_is_over(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    for name in ("first", "second"):
        session = Session(hash=name, person=anna, csrf="csrf", expires_at=later(minutes=30))
        await people.start_session(connection, session, NOON)
    await people.end_session(connection, "first", NOON)
    assert await people.find_session(connection, "first", NOON) is None
    assert await people.find_session(connection, "second", NOON) is not None


async def test_names_are_known_of_those_who_left(connection: Connection) -> None:
    assert await people.disable(connection, BEN, NOON)
    assert await people.list_names(connection) == {ANNA: "Anna", BEN: "Ben"}
