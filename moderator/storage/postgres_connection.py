"""One connection to PostgreSQL: our statements in its words, and its errors in ours."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

import psycopg
from psycopg.rows import DictRow

from moderator.domain.errors import StorageUnavailable
from moderator.storage.database import MAX_ROWS_PER_STATEMENT, Row, Value

PgConnection = psycopg.AsyncConnection[DictRow]


class PostgresConnection:
    """See `moderator.storage.database.Connection`: translates names of parameters and errors."""

    engine = "postgresql"
    __slots__ = ("_connection",)

    def __init__(self, connection: PgConnection) -> None:
        self._connection = connection

    async def one(self, sql: str, /, **parameters: Value) -> Row | None:
        with translated():
            cursor = await self._connection.execute(*_bound(sql, parameters))
            return await cursor.fetchone()

    async def all(self, sql: str, /, **parameters: Value) -> Sequence[Row]:
        with translated():
            cursor = await self._connection.execute(*_bound(sql, parameters))
            return await cursor.fetchall()

    async def execute(self, sql: str, /, **parameters: Value) -> None:
        with translated():
            await self._connection.execute(*_bound(sql, parameters))

    async def many(self, sql: str, rows: Sequence[Sequence[Value]], /) -> Sequence[Row]:
        returned: list[Row] = []
        for start in range(0, len(rows), MAX_ROWS_PER_STATEMENT):
            chunk = rows[start : start + MAX_ROWS_PER_STATEMENT]
            statement = _with_values(sql, len(chunk), len(chunk[0]))
            with translated():
                cursor = await self._connection.execute(statement, [value for row in chunk for value in row])
                if cursor.description is not None:
                    returned.extend(await cursor.fetchall())
        return returned


# Literals, quoted names, comments and casts come first, so that a colon inside one is not taken for a parameter.
_NAME = re.compile(r"""'[^']*'|"[^"]*"|--[^\n]*|::|(?<!\w):([a-z_]\w*)""")


def _bound(sql: str, parameters: Mapping[str, Value]) -> tuple[bytes, Mapping[str, Value] | None]:
    return _dialect(sql, bool(parameters)).encode(), parameters or None


@lru_cache(maxsize=512)
def _dialect(sql: str, has_parameters: bool) -> str:
    """Write parameters as psycopg does, and let rows that another worker has locked be passed over."""
    sql = sql.replace("{skip_locked}", "FOR UPDATE SKIP LOCKED")
    if not has_parameters:
        return sql
    return _NAME.sub(lambda found: f"%({found[1]})s" if found[1] else found[0], sql.replace("%", "%%"))


@lru_cache(maxsize=512)
def _with_values(sql: str, rows: int, columns: int) -> bytes:
    row = f"({', '.join(['%s'] * columns)})"
    return _dialect(sql, True).replace("{values}", "VALUES " + ", ".join([row] * rows)).encode()


@contextmanager
def translated() -> Iterator[None]:
    """Wrap what an operator can act on, without the address and its password; mistakes in our SQL pass as they are."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StorageUnavailable(_reason(error)) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise StorageUnavailable("PostgreSQL takes no writes here; is it a standby?") from error


KNOWN: Final = {
    "53100": "The disk of PostgreSQL is full.",
    "53300": "PostgreSQL takes no more connections.",
    "55P03": "Another process keeps PostgreSQL locked.",
    "57014": "PostgreSQL took too long.",
    "28P01": "PostgreSQL does not accept the password.",
    "28000": "PostgreSQL does not let this user in.",
    "3D000": "PostgreSQL has no database of that name.",
}


def _reason(error: psycopg.Error) -> str:
    return KNOWN.get(error.sqlstate or "", "PostgreSQL does not answer.")
