"""`verify` is silent about an honest database and names every tampering."""

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.services import Services
from moderator.storage.database import Database
from moderator.storage.verify import find_faults
from moderator.usecases import review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.usecases.test_review import hold

pytestmark = pytest.mark.anyio


async def _faults(database: Database) -> list[str]:
    return [sentence async for sentence in find_faults(database)]


@pytest.fixture
async def decided(services: Services, site: SiteId, anna: Person) -> Services:
    """A comment approved by the machine, one rejected by a person, one that waits."""
    await moderate(services, a_comment("Fine.", site_id=site))
    await hold(services, site)
    (claimed,) = await review.claim_next(services, anna, count=1)
    await review.decide(
        services,
        anna,
        claimed.case.id,
        action=Action.REJECT,
        reason=ReasonCode.INSULT,
        note=None,
        generation=claimed.case.generation,
    )
    await hold(services, site, "Another idiot.")
    return services


async def test_an_honest_database_has_no_faults(decided: Services) -> None:
    assert await _faults(decided.database) == []


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        ("UPDATE decisions SET reason = 'spam' WHERE source = 'moderator'", "has been altered"),
        ("UPDATE decisions SET action = 'approve' WHERE source = 'moderator'", "newest decision is approve"),
        ("UPDATE comments SET status = 'approved' WHERE status = 'rejected'", "stands as approved"),
        ("UPDATE cases SET state = 'withdrawn' WHERE state = 'open'", "no case waits for it"),
        ("DELETE FROM decisions WHERE source = 'policy'", "without a decision"),
        ("UPDATE audit SET detail = '{}x' WHERE seq = 2", "Entry 2 has been altered"),
        ("DELETE FROM audit WHERE seq = 2", "Entries 2 to 2 are missing"),
        ("DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)", "head says"),
        ("UPDATE audit SET previous_hash = 'x' WHERE seq = 2", "does not follow"),
    ],
)
async def test_a_tampering_is_named(decided: Services, tampering: str, sentence: str) -> None:
    async with decided.database.transaction() as connection:
        await connection.execute(tampering)
    faults = await _faults(decided.database)
    assert any(sentence in fault for fault in faults), faults
