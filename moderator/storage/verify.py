"""Whether the database still says what was written into it."""

from collections.abc import AsyncIterator

from moderator.storage import audit, decisions, opinions
from moderator.storage.database import Database

# The newest decision of each comment; ids sort by time.
STRAYED = """
SELECT comments.id, comments.status, newest.action
FROM comments JOIN decisions AS newest ON newest.comment_id = comments.id
WHERE newest.id = (SELECT MAX(id) FROM decisions WHERE decisions.comment_id = comments.id)
    AND comments.status <> CASE newest.action
        WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'held' END
"""
FORGOTTEN = """
SELECT comments.id FROM comments
WHERE comments.erased_ms IS NULL AND comments.status = 'held'
    AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.comment_id = comments.id AND cases.state = 'open')
"""
UNDECIDED = """
SELECT comments.id FROM comments
WHERE comments.status <> 'held' AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.comment_id = comments.id)
"""


async def find_faults(database: Database) -> AsyncIterator[str]:
    """Yield a sentence for each fault: a damaged file, a broken audit chain, an altered decision, a stray comment."""
    async with database.read() as connection:
        if database.engine == "sqlite":
            for row in await connection.all("PRAGMA integrity_check"):
                if row["integrity_check"] != "ok":
                    yield f"The file is damaged: {row['integrity_check']}"
            for row in await connection.all("PRAGMA foreign_key_check"):
                yield f"A row of {row['table']} refers to a row of {row['parent']} that is not there."
        for row in await connection.all(STRAYED):
            yield f"Comment {row['id']} stands as {row['status']}, but its newest decision is {row['action']}."
        for row in await connection.all(FORGOTTEN):
            yield f"Comment {row['id']} is held, but no case waits for it."
        for row in await connection.all(UNDECIDED):
            yield f"Comment {row['id']} stands without a decision."
    async for sentence in audit.find_breaks(database):
        yield sentence
    async for decision_id in decisions.find_altered(database):
        yield f"Decision {decision_id} has been altered."
    async for opinion_id in opinions.find_altered(database):
        yield f"Opinion {opinion_id} has been altered."
