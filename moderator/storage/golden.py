"""The golden set's own sentences, of a site or of all."""

import hashlib
from collections.abc import Sequence

from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import ExampleId, SiteId
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row

ADD = """
INSERT INTO golden_examples (id, site_id, text, digest, wanted, added_by, added_ms)
VALUES (:id, :site_id, :text, :digest, :wanted, :added_by, :added_ms)
"""


async def add(connection: Connection, example: GoldenExample) -> None:
    """Store an example. There must be none of the same text for the same site."""
    await connection.execute(
        ADD,
        id=example.id,
        site_id=example.site_id,
        text=example.text,
        digest=_digest(example.text),
        wanted=example.wanted,
        added_by=example.added_by,
        added_ms=to_ms(example.added_at),
    )


FIND_TEXT = """
SELECT * FROM golden_examples
WHERE COALESCE(site_id, '') = COALESCE(CAST(:site_id AS TEXT), '') AND digest = :digest
"""


async def find_text(connection: Connection, site_id: SiteId | None, text: str) -> GoldenExample | None:
    """Return the example that has this very text, of a site or, for None, of every site."""
    row = await connection.one(FIND_TEXT, site_id=site_id, digest=_digest(text))
    return None if row is None else _example(row)


FIND = "SELECT * FROM golden_examples WHERE id = :id"


async def find(connection: Connection, example_id: ExampleId) -> GoldenExample | None:
    """Return an example, or None when there is none of this id."""
    row = await connection.one(FIND, id=example_id)
    return None if row is None else _example(row)


COUNT = """
SELECT COUNT(*) AS number FROM golden_examples
WHERE COALESCE(site_id, '') = COALESCE(CAST(:site_id AS TEXT), '')
"""


async def count(connection: Connection, site_id: SiteId | None) -> int:
    """Return how many examples a site has, or how many are for every site."""
    row = await connection.one(COUNT, site_id=site_id)
    return 0 if row is None else int(row["number"])


LIST = """
SELECT * FROM golden_examples
WHERE site_id IS NULL OR CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id
ORDER BY id
"""


async def list_examples(connection: Connection, site_id: SiteId | None = None) -> Sequence[GoldenExample]:
    """Return the examples that hold for a site, those of every site among them; for None all that there are."""
    return [_example(row) for row in await connection.all(LIST, site_id=site_id)]


REMOVE = "DELETE FROM golden_examples WHERE id = :id"


async def remove(connection: Connection, example_id: ExampleId) -> None:
    """Forget an example."""
    await connection.execute(REMOVE, id=example_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _example(row: Row) -> GoldenExample:
    return GoldenExample(
        id=ExampleId(row["id"]),
        site_id=None if row["site_id"] is None else SiteId(row["site_id"]),
        text=row["text"],
        wanted=Wanted(row["wanted"]),
        added_at=from_ms(row["added_ms"]),
        added_by=row["added_by"],
    )
