"""A database by its address."""

from pathlib import Path

from moderator.domain.errors import Invalid, StorageUnavailable
from moderator.storage.database import Database
from moderator.storage.sqlite import SqliteDatabase


def database_path(url: str) -> Path | None:
    """Return the file of a SQLite database at an address, None for another engine."""
    prefix = "sqlite:///"
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


async def open_database(url: str, *, read_only: bool = False) -> Database:
    """Open `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`.

    Raises:
        Invalid: the address is neither.
        StorageUnavailable: the database cannot be opened, or the driver for PostgreSQL is not installed.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return await SqliteDatabase.open(Path(rest[1:]), read_only=read_only)
    if scheme in ("postgresql", "postgres") and rest:
        try:
            from moderator.storage.postgres import PostgresDatabase
        except ImportError as error:
            raise StorageUnavailable("PostgreSQL needs its driver: pip install 'moderator[postgres]'.") from error
        return await PostgresDatabase.open(url, read_only=read_only)
    raise Invalid("MODERATOR_DATABASE must be sqlite:///path or postgresql://…")
