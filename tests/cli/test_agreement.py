"""The command that says how far people agree, over a database that was filled before."""

import asyncio
import json
from pathlib import Path

import pytest

from moderator.cli import program
from moderator.domain.agreement import Said
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.services import utc_now
from moderator.storage import opinions
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE
from tests.storage import rows
from tests.storage.test_opinions import an_opinion, ask

APPROVED = Said(action=Action.APPROVE)
INSULT = Said(action=Action.REJECT, reason=ReasonCode.INSULT)


async def fill(path: Path) -> None:
    """Store 25 second opinions of Ben on what Anna decided, of which 20 say the same, and one against a sure score."""
    database = await SqliteDatabase.open(path)
    await migrate(database, now_ms=0)
    async with database.transaction() as connection:
        await rows.add_sites(connection)
        await rows.add_people(connection)
        for number in range(25):
            first = INSULT if number < 10 else APPROVED
            said = first if number < 20 else INSULT
            given = an_opinion(await ask(connection, first), said, decided_at=utc_now())
            await opinions.give(connection, given)
        contrary = await ask(connection, is_contrary=True)
        await opinions.give(connection, an_opinion(contrary, decided_at=utc_now()))
    await database.close()


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands read such a database."""
    path = tmp_path / "agreement.db"
    asyncio.run(fill(path))
    monkeypatch.setenv("MODERATOR_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("MODERATOR_MODELS", str(tmp_path))


def said_by(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    program.main(["agreement", *arguments], standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.usefixtures("filled")
def test_it_says_how_far_people_agree(capsys: pytest.CaptureFixture[str]) -> None:
    told = said_by(capsys)
    assert "approve or reject                20 of 25" in told
    assert "80.0% (60.9% to 91.1%)  alpha 0.61" in told
    assert "reason insult                    10 of 15     too few comments to say more" in told
    assert "person Ben                       20 of 25       80.0% (60.9% to 91.1%)" in told
    assert "against a sure score              1 of 1" in told


@pytest.mark.usefixtures("filled")
def test_it_says_so_as_json_for_a_site_and_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said_by(capsys, "--json", "--site", A_SITE, "--days", "7"))
    assert (found["site"], found["days"], found["actions"]["comments"], found["actions"]["agreed"]) == (
        A_SITE,
        7,
        25,
        20,
    )
    assert found["actions"]["share"] == {"value": 0.8, "low": 0.6087, "high": 0.9114}
    assert found["actions"]["alpha"]["low"] < found["actions"]["alpha"]["value"] < found["actions"]["alpha"]["high"]
    assert found["reasons"] == {"insult": {"comments": 15, "agreed": 10, "share": None, "alpha": None}}
    assert [(one["name"], one["comments"]) for one in found["people"]] == [("Anna", 25), ("Ben", 25)]
    assert found["contrary"]["comments"] == 1


@pytest.mark.usefixtures("filled")
def test_it_says_that_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert said_by(capsys, "--site", rows.ANOTHER_SITE) == "Nobody has given a second opinion during this time.\n"
