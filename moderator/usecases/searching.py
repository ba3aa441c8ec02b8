"""The index by which comments are found on SQLite: filled beside the service, and rid of what was erased."""

from datetime import timedelta
from typing import Final

from moderator.domain.ids import first_id_at
from moderator.services import Services
from moderator.storage import search

LOOK: Final = 1_000  # Ids alone, so that a pass needs one look for ten transactions.
BATCH: Final = 100
PAGES: Final = 16  # Of 4 kB each. With both numbers the writer is held for 5 to 25 ms, 63 at worst (60,000 comments).
# Between the id of a comment and its commit lie milliseconds; after this long nothing comes late any more.
LATE: Final = timedelta(minutes=1)


async def index_new(services: Services) -> int:
    """Take up to 1,000 comments into the index, 100 in a transaction. Return how many; a pass of a background loop."""
    late_since = first_id_at(int((services.now() - LATE).timestamp() * 1000))
    async with services.database.read() as connection:
        found = await search.find_unindexed(connection, late_since=late_since, limit=LOOK)
    for begin in range(0, len(found), BATCH):
        async with services.database.transaction() as connection:
            await search.index(connection, found[begin : begin + BATCH])
    return len(found)


async def merge_erased(services: Services) -> int:
    """Merge a stretch of the index while it has words of erased comments; one pass of a loop. Return 1 when more waits.

    After the last stretch the words are nowhere in the file.
    """
    async with services.database.read() as connection:
        if not await search.must_merge(connection):
            return 0
    async with services.database.transaction() as connection:
        is_done = await search.merge(connection, pages=PAGES)
    if not is_done:
        return 1
    await services.database.checkpoint()
    return 0
