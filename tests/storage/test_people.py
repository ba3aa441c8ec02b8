"""People, their tokens and their sessions."""

from dataclasses import replace
from datetime import datetime

import pytest

from moderator.domain.ids import PersonId, SessionId
from moderator.domain.people import Person, Role
from moderator.domain.review import Source
from moderator.storage import decisions, people, sessions
from moderator.storage.database import Connection
from moderator.storage.sessions import Session
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_comment, later

pytestmark = pytest.mark.anyio

CARLA = Person(id=PersonId("person-carla"), name="Carla", role=Role.ADMIN, sites=(A_SITE, ANOTHER_SITE))


def a_session(person: Person, session_hash: str, *, expires_at: datetime) -> Session:
    return Session(
        id=SessionId(f"id of {session_hash}"),
        hash=session_hash,
        person=person,
        csrf="csrf",
        agent="Firefox",
        started_at=NOON,
        seen_at=NOON,
        expires_at=expires_at,
    )


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
        session = a_session(person, f"session of {name}", expires_at=later(hours=1))
        await sessions.start(connection, session)
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
    assert await sessions.find(connection, "session of Anna", NOON) is None
    assert await sessions.find(connection, "session of Ben", NOON) is not None


async def test_a_session_runs_until_its_end_and_not_at_it(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    session = a_session(anna, "hash", expires_at=later(minutes=30))
    await sessions.start(connection, session)
    assert await sessions.find(connection, "hash", later(minutes=29)) == session
    assert await sessions.find(connection, "hash", later(minutes=30)) is None
    assert await sessions.find(connection, "other", NOON) is None


async def test_a_session_that_was_ended_is_over(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    for name in ("first", "second"):
        session = a_session(anna, name, expires_at=later(minutes=30))
        await sessions.start(connection, session)
    await sessions.end(connection, "first", NOON)
    assert await sessions.find(connection, "first", NOON) is None
    assert await sessions.find(connection, "second", NOON) is not None


async def test_sessions_are_listed_the_last_used_first_and_ended_by_their_owner_alone(connection: Connection) -> None:
    anna, ben = await _person(connection, "Anna"), await _person(connection, "Ben")
    for person, name in ((anna, "first"), (anna, "second"), (anna, "third"), (ben, "other")):
        await sessions.start(connection, a_session(person, name, expires_at=later(hours=1)))
    await sessions.see(connection, "second", later(minutes=7))

    found = await sessions.of_person(connection, ANNA, later(minutes=8))

    assert [one.hash for one in found] == ["second", "third", "first"]
    assert found[0].seen_at == later(minutes=7)
    assert not await sessions.end_one(connection, found[0].id, BEN, NOON)
    assert await sessions.end_one(connection, found[0].id, ANNA, NOON)
    assert not await sessions.end_one(connection, found[0].id, ANNA, NOON)
    await sessions.end_all(connection, ANNA, NOON, kept="first")
    assert [one.hash for one in await sessions.of_person(connection, ANNA, NOON)] == ["first"]
    assert len(await sessions.of_person(connection, BEN, NOON)) == 1
    await sessions.end_all(connection, ANNA, NOON)
    assert await sessions.of_person(connection, ANNA, NOON) == []


async def test_a_browser_is_known_by_the_name_that_it_signed_in_with(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    await sessions.start(connection, a_session(anna, "first", expires_at=later(hours=1)), device="device")
    assert await sessions.is_known(connection, "device", "Anna")
    assert not await sessions.is_known(connection, "device", "Ben")
    assert not await sessions.is_known(connection, "another", "Anna")


async def test_sessions_that_ended_a_month_ago_are_forgotten(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    for name in ("ended", "expired", "runs"):
        end = later(days=60) if name != "expired" else later(hours=1)
        await sessions.start(connection, a_session(anna, name, expires_at=end), device=f"device of {name}")
    await sessions.end(connection, "ended", later(hours=1))
    newer = replace(a_session(anna, "newer", expires_at=later(days=60)), started_at=later(days=31))
    await sessions.start(connection, newer)
    known = [await sessions.is_known(connection, f"device of {name}", "Anna") for name in ("ended", "expired", "runs")]
    assert known == [False, False, True]


async def test_an_account_says_when_somebody_was_here_last(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    await sessions.start(connection, a_session(anna, "hash", expires_at=later(hours=1)))
    comment = await add_comment(connection)
    made = a_decision(comment.id, source=Source.MODERATOR, person_id=ANNA, decided_at=later(minutes=3))
    await decisions.append(connection, [made])
    await people.disable(connection, BEN, later(minutes=9))

    first, second = await people.list_accounts(connection, NOON)

    assert (first.person, first.signed_in_at, first.decided_at) == (anna, NOON, later(minutes=3))
    assert (first.sessions, first.tokens, first.is_disabled, first.subject) == (1, 0, False, None)
    assert (second.person.name, second.disabled_at, second.signed_in_at) == ("Ben", later(minutes=9), None)
    assert second.is_disabled
    assert await people.find_account(connection, ANNA, NOON) == first
    assert await people.find_account(connection, PersonId("nobody"), NOON) is None
    assert await people.enable(connection, BEN)
    assert not await people.enable(connection, BEN)


async def test_a_provider_knows_somebody_once(connection: Connection) -> None:
    assert await people.add(connection, CARLA, password_hash="!", now=NOON, subject="https://id.example|7")
    twin = Person(id=PersonId("person-twin"), name="Twin", role=Role.MODERATOR)
    assert not await people.add(connection, twin, password_hash="!", now=NOON, subject="https://id.example|7")
    found = await people.find_subject(connection, "https://id.example|7", NOON)
    assert found is not None
    assert found.person == CARLA
    assert await people.find_subject(connection, "https://id.example|8", NOON) is None


async def test_role_name_and_sites_change(connection: Connection) -> None:
    anna = await _person(connection, "Anna")
    changed = replace(anna, role=Role.SENIOR, sites=(A_SITE,))
    await people.set_role(connection, changed)
    assert await _person(connection, "Anna") == changed
    assert await people.is_name_taken(connection, "Ben", ANNA)
    assert not await people.is_name_taken(connection, "Anna", ANNA)
    await people.set_name(connection, ANNA, "Anna B.")
    assert (await _person(connection, "Anna B.")).id == ANNA


async def test_names_are_known_of_those_who_left(connection: Connection) -> None:
    assert await people.disable(connection, BEN, NOON)
    assert await people.list_names(connection) == {ANNA: "Anna", BEN: "Ben"}
