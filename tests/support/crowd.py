"""A trial with as many participants as wanted: copies of one who has lived through it over HTTP.

Every row of a copy is a row that the program wrote; only its ids, what must be unique, and when its year is due are its
own. So a crowd costs statements and no decisions: a million participants take a minute, and 5 GB.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.records.rows import Connection, transaction
from tests.support.clinic import Clinic, Person
from tests.support.sites import home, register
from tests.support.year import SHANGHAI, check_in, consent, days, receipts, today, until_clock

COPIED = (
    *("participants", "accounts", "contacts", "consents", "sessions", "administrations", "complications"),
    *("plans", "occasions", "messages", "reminders", "reminder_receipts", "audit_heads"),
)
"""The tables that a look at a year reads or changes, and that grow with the participants."""

_SHARED = ("site_id", "staff_id", "recorded_by")
"""Ids of whoever is there once."""

_OWNER = {"participants": "id", "audit_heads": "chain"}
_PREFIX = {"audit_heads": "participant/"}
"""Where a row says whose it is, if not in `participant_id`."""

_PATIENCE_SECONDS = 600

LATE_DAYS = 11
"""So many days after the administration it is recorded: a year with little behind it, of which much is ahead."""


class Model(Struct, frozen=True):
    """Whoever is copied, and the instant at which the program itself will look at her next."""

    participant_id: UUID
    due_at: datetime


async def live_a_while(clinic: Clinic) -> Model:
    """A participant on the second morning before her visit of week 2, for which she is to be reminded by SMS.

    On the late day she checked in, missed the visit of week 1 and was reminded of that of week 2, which her phone has
    shown. There is no caregiver, so that one look makes one reminder.
    """
    await until_clock(clinic, today(clinic) + days(1), 10)
    alice = await clinic.staff("Alice")
    lin = await _enrolled(alice)
    given_on = today(clinic) - days(LATE_DAYS)
    path = f"/v1/participants/{lin.participant_id}"
    await _done(alice, f"{path}/administrations", {"givenOn": given_on.isoformat()})
    await _done(
        alice, f"{path}/complications", {"complication": "sepsis", "occurredOn": given_on.isoformat()}
    )
    await check_in(lin)
    await clinic.settle()
    async with transaction(clinic.trial.pool) as connection:
        await receipts(lin, "shown", str(await connection.fetchval("select reminder_id from messages")))
    return await _model(clinic, UUID(lin.participant_id), given_on)


async def _enrolled(alice: Person) -> Person:
    site = await home(alice.clinic)
    registered = (await register(alice, site.id, "CROWD-0")).json()
    path = f"/v1/participants/{registered['participantId']}"
    code = (await alice.post(f"{path}/activation-codes", {"role": "participant"})).json()["code"]
    lin = await alice.clinic.activate(code)
    lin.participant_id = registered["participantId"]
    await consent(alice, lin)
    return lin


async def _done(staff: Person, path: str, body: Mapping[str, str]) -> None:
    answer = await staff.post(path, body)
    assert answer.status_code == 201, answer.text


async def _model(clinic: Clinic, participant_id: UUID, given_on: date) -> Model:
    await clinic.settle()
    async with transaction(clinic.trial.pool) as connection:
        due_at: datetime = await connection.fetchval("select due_at from plans")
    morning = datetime.combine(given_on + days(12), datetime.min.time(), SHANGHAI) + timedelta(hours=9)
    assert due_at == morning, "the program looks at her when the visit of week 2 is two days ahead"
    return Model(participant_id, due_at)


async def multiply(connection: Connection, model: Model, size: int, due: int) -> None:
    """Make a crowd of `size`, the model included, of whom exactly `due` are due when she is, spread evenly.

    The others are due within the year that follows. `bench_due` holds the plans that are due. Needs a superuser.
    """
    assert size % due == 0, "those who are due are every so many-th"
    # What holds for the model holds for every copy of her: no foreign key needs to be checked.
    await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
    for table in COPIED:
        await _copy(connection, table, model.participant_id, size, due)
    await connection.execute("reset session_replication_role; reset synchronous_commit")
    await connection.execute(
        "create table bench_due as select id, participant_id from plans where due_at <= "  # noqa: S608 - an instant
        f"'{model.due_at.isoformat()}'"
    )
    await connection.execute("vacuum (analyze)", timeout=_PATIENCE_SECONDS)


async def _copy(connection: Connection, table: str, participant_id: UUID, size: int, due: int) -> None:
    columns = await connection.fetch(
        """
        select column_name as name, data_type as type from information_schema.columns
        where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position
        """,
        table,
    )
    names = ", ".join(each["name"] for each in columns)
    values = ", ".join(_value(each["name"], each["type"], size // due) for each in columns)
    # Indexes that are made at the end, and not row by row, halve the time. Nothing but the catalogue says so.
    await connection.execute(
        "update pg_index set indisready = false, indisvalid = false where indrelid = $1::text::regclass",
        table,
    )
    await connection.execute(
        f"""
        insert into {table} ({names}) select {values}
        from {table} as model cross join generate_series(1, {size - 1}) as n
        where {_OWNER.get(table, "participant_id")} = '{_PREFIX.get(table, "")}{participant_id}'
        """,  # noqa: S608 - names from the catalogue
        timeout=_PATIENCE_SECONDS,
    )
    await connection.execute(f"reindex table {table}", timeout=_PATIENCE_SECONDS)


def _value(name: str, kind: str, step: int) -> str:
    """Say in SQL what a copy, number n, has in a column."""
    match name, kind:
        case "subject_number", _:
            return "'CROWD-' || n"
        case "chain", _:
            return "'participant/' || md5(split_part(chain, '/', 2) || n)::uuid"
        case "due_at", _:
            # Every step-th when the model is; the others from a day to a year later, well mixed.
            later = "interval '1 day' + (n::bigint * 7919 % (364 * 86400)) * interval '1 second'"
            return f"case when n % {step} = 0 then due_at else due_at + {later} end"
        case _, "uuid" if name not in _SHARED:
            return f"md5({name}::text || n)::uuid"
        case _:
            return name
