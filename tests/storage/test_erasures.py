"""An erasure leaves a record of itself and of nothing else."""

import pytest

from moderator.storage import erasures
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANNA

pytestmark = pytest.mark.anyio


async def test_an_erasure_is_recorded_without_what_it_was(connection: Connection) -> None:
    await erasures.add(
        connection,
        erasure_id="erasure-1",
        site_id=A_SITE,
        comment_id=None,
        cause="author",
        requested_by=ANNA,
        comments=3,
        now=NOON,
    )
    row = await connection.one("SELECT * FROM erasures")
    assert row is not None
    assert dict(row) == {
        "id": "erasure-1",
        "site_id": A_SITE,
        "comment_id": None,
        "cause": "author",
        "requested_by": ANNA,
        "comments": 3,
        "erased_ms": to_ms(NOON),
    }
