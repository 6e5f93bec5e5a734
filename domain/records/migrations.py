"""The schema's history: plain SQL files in dbmate's format, each applied once, in order, and never edited since.

A file is named `YYYYMMDDHHMMSS_what_it_does.sql` and holds `-- migrate:up`, the SQL, `-- migrate:down`, and how
one would take it back. Only the first part is ever run: a released schema goes forward (design.md rule 4,
expand, then contract). None of the migration tools tried notices that an applied file was edited; this does.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import asyncpg
from msgspec import Struct

from domain.errors import Fault
from domain.records.rows import Connection
from domain.refusals import MigrationRefused

_NAME = re.compile(r"(?P<version>[0-9]{14})_[a-z0-9_]+\.sql")
_UP = re.compile(
    r"^-- migrate:up[ \t]*\n(?P<sql>.*?)(?:^-- migrate:down[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
# Any number does; it only has to be the same in every Nightbell.
_LOCK = 20_520_052


class Applied(Struct, frozen=True):
    """A row of schema_migrations: a file as it was when it was applied, `sha256` in hexadecimal digits."""

    version: str
    name: str
    sha256: str


def read_migrations() -> dict[str, str]:
    """Return the files of `migrations/`, name to contents, oldest first."""
    directory = Path(__file__).parents[2] / "migrations"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.sql"))}


async def migrate(connection: Connection, files: Mapping[str, str]) -> tuple[str, ...]:
    """Apply what is pending in `files` (name to contents) and return the names, oldest first.

    Each file is one transaction together with its row. Two callers at once wait for each other. Raises
    MigrationRefused before anything is applied when the files and the database do not fit together.
    """
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await _create_table(connection)
        names = await pending(connection, files)
        for name in names:
            await _apply(connection, name, files[name])
        return names
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def pending(connection: Connection, files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names not applied yet, oldest first.

    Raises MigrationRefused, with one fault for each file, when an applied file was edited, renamed or is
    missing, a new one sorts before an applied one, or a name or its contents is not in the format.
    """
    applied = await _applied(connection)
    faults = (*_format_faults(files), *_history_faults(applied, files), *_order_faults(applied, files))
    if faults:
        raise MigrationRefused(
            "The migrations do not fit this database: "
            + "; ".join(f"{f.pointer} {f.message}" for f in faults),
            faults=faults,
        )
    done = {row.name for row in applied}
    return tuple(name for name in sorted(files) if name not in done)


async def require_current(connection: Connection, files: Mapping[str, str]) -> None:
    """Raise MigrationRefused unless exactly `files` are applied: the check before serving or working."""
    names = await pending(connection, files)
    if names:
        raise MigrationRefused(
            f"The database lacks {len(names)} migration(s): {', '.join(names)}. Run `nightbell migrate` first.",
            faults=tuple(Fault(name, "is not applied") for name in names),
        )


def _format_faults(files: Mapping[str, str]) -> tuple[Fault, ...]:
    versions = [_version(name) for name in files]
    return (
        *(
            Fault(name, "is not named YYYYMMDDHHMMSS_what_it_does.sql")
            for name in files
            if not _version(name)
        ),
        *(Fault(name, "has no `-- migrate:up` section") for name in files if not _UP.search(files[name])),
        *(Fault(name, "shares its version") for name in files if versions.count(_version(name)) > 1),
    )


def _history_faults(applied: tuple[Applied, ...], files: Mapping[str, str]) -> tuple[Fault, ...]:
    known = [row for row in applied if row.name in files]
    return (
        *(Fault(row.name, "is applied, but missing here") for row in applied if row.name not in files),
        *(
            Fault(row.name, "was edited after it was applied")
            for row in known
            if row.sha256 != _digest(files[row.name])
        ),
    )


def _order_faults(applied: tuple[Applied, ...], files: Mapping[str, str]) -> tuple[Fault, ...]:
    """Refuse a file that arrives late: it would run after its successors here, elsewhere before them."""
    newest = max((row.version for row in applied), default="")
    known = {row.name for row in applied}
    late = (name for name in files if name not in known and "" < _version(name) <= newest)
    return tuple(Fault(name, f"is not newer than {newest}, which is applied") for name in late)


def _version(name: str) -> str:
    match = _NAME.fullmatch(name)
    return match["version"] if match else ""


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def _apply(connection: Connection, name: str, text: str) -> None:
    section = _UP.search(text)
    try:
        async with connection.transaction():
            # Waiting behind a long transaction it would hold up everybody else; rather fail and be run again.
            await connection.execute("set local lock_timeout = '5s'")
            # The row first: a file may go on as another role, which must not write here.
            await _insert(connection, Applied(_version(name), name, _digest(text)))
            await connection.execute(section["sql"] if section else "")
    except asyncpg.PostgresError as error:
        error.add_note(f"in {name}, of which nothing was applied")
        raise


async def _create_table(connection: Connection) -> None:
    # Every role may read it: the start check of the application is made with the application's own role.
    await connection.execute("""
        create table if not exists public.schema_migrations (
            version text primary key,
            name text not null unique,
            sha256 text not null,
            applied_at timestamptz not null default clock_timestamp()
        );
        grant select on public.schema_migrations to public;
    """)


async def _insert(connection: Connection, row: Applied) -> None:
    await connection.execute(
        "insert into public.schema_migrations (version, name, sha256) values ($1, $2, $3)",
        row.version,
        row.name,
        row.sha256,
    )


async def _applied(connection: Connection) -> tuple[Applied, ...]:
    if await connection.fetchval("select to_regclass('public.schema_migrations')") is None:
        return ()
    rows = await connection.fetch(
        "select version, name, sha256 from public.schema_migrations order by version"
    )
    return tuple(Applied(row["version"], row["name"], row["sha256"]) for row in rows)


async def create_database(
    connection: Connection, name: str, *, template: str = "template1", strategy: str = "file_copy"
) -> None:
    """Create database `name` as a copy of `template`, to which nobody may be connected.

    Where nothing is durable, copying files takes 8 ms, writing the copy through the log (`wal_log`) 19 ms (measured on
    60 tables). On a durable server the files need two checkpoints, and `wal_log` takes a third of the time.
    """
    statement = "select format('create database %I template %I strategy %I', $1::text, $2::text, $3::text)"
    await connection.execute(await connection.fetchval(statement, name, template, strategy))


async def drop_database(connection: Connection, name: str) -> None:
    """Drop database `name` if it exists, and end the sessions in it."""
    statement = "select format('drop database if exists %I with (force)', $1::text)"
    await connection.execute(await connection.fetchval(statement, name))
