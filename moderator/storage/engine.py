"""Opens a database by its address."""

from pathlib import Path

from moderator.domain.errors import Invalid
from moderator.storage.database import Database
from moderator.storage.sqlite import SqliteDatabase


async def open_database(url: str, *, read_only: bool = False) -> Database:
    """Open `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`. Raises Invalid, StorageUnavailable."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return await SqliteDatabase.open(Path(rest[1:]), read_only=read_only)
    raise Invalid("MODERATOR_DATABASE must be sqlite:///path or postgresql://…")
