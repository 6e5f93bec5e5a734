"""How PostgreSQL finds what a statement of the program asks for."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from asyncpg.connection import LoggedQuery
from msgspec import Struct

from domain.records.rows import Connection, Pool, open_pool

_OFTEN = 8
"""After five times the server takes one plan for all values, if that costs no more."""


class Explained(Struct, frozen=True):
    """A statement, and its plans: when it is said first, and when it was said often (the driver keeps it prepared)."""

    statement: str
    first: str
    kept: str

    @property
    def read_whole(self) -> frozenset[str]:
        """The tables that one of the plans reads from end to end."""
        return frozenset(re.findall(r"Seq Scan on (\w+)", self.first + self.kept))


@asynccontextmanager
async def overheard(url: str, role: str) -> AsyncIterator[tuple[Pool, list[LoggedQuery]]]:
    """A pool of one connection, and the list of all that is said on it."""
    pool = await open_pool(url, role, size=1)
    said: list[LoggedQuery] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(said.append)
    try:
        yield pool, said
    finally:
        await pool.close()


async def explain(connection: Connection, said: Sequence[LoggedQuery]) -> tuple[Explained, ...]:
    """Explain each statement once that looks for rows. Nothing is run."""
    once = {each.query: each for each in said if _looks(each.query)}
    return tuple([await _explained(connection, each) for each in once.values()])


def _looks(sql: str) -> bool:
    """Leave out what begins a transaction, inserts, or wakes; and what the driver says, which it says in capitals."""
    return sql.split(maxsplit=1)[0] in {"select", "update", "delete"} and "pg_" not in sql


async def _explained(connection: Connection, said: LoggedQuery) -> Explained:
    sql = " ".join(said.query.split())
    values = ", ".join(map(_literal, said.args))
    execute = f"explain execute said{f'({values})' if values else ''}"
    await connection.execute(f"prepare said as {sql}")
    plans = [await connection.fetch(execute) for _ in range(_OFTEN)]
    await connection.execute("deallocate said")
    first, *_, kept = ("\n".join(row[0] for row in plan) for plan in plans)
    return Explained(sql, first, kept)


def _literal(value: object) -> str:
    """Write a value as PostgreSQL reads it."""
    match value:
        case None:
            return "null"
        case list():
            return f"'{{{','.join(map(str, value))}}}'"
        case _:
            return f"'{value}'"
