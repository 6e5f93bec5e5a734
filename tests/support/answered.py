"""An emergency that was rung, taken and answered; and a history of as many of them as wanted.

Every row of a copy is a row that the program wrote; only its ids and when it was are its own.
"""

from domain.records.rows import Connection
from tests.support.clinic import Clinic, owner
from tests.support.watch import EMERGENCY, alert_of, take

COPIED = ("alerts", "reports", "messages", "tasks", "plans")
"""What the auditor looks at."""

_SHARED = ("staff_id", "acknowledged_by", "resolved_by")
"""Ids of whoever is there once; a participant has one live alert, so each copy has one of her own."""

_SITES = 20

_PATIENCE_SECONDS = 600


async def answer_an_emergency(clinic: Clinic) -> None:
    """Bob is rung for Lin, takes it and reaches her; her report's free text is a task that Alice closes."""
    _, caregiver = await clinic.lin()
    await caregiver.report({**EMERGENCY, "free-text": "come"})
    await clinic.settle()
    bob, alice = await clinic.staff("Bob"), await clinic.staff("Alice")
    await take(bob)
    alert = await alert_of(bob)
    contact = await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "spoke-with-caregiver"})
    assert contact.status_code == 201, contact.text
    for task in (await alice.get("/v1/tasks")).json()["tasks"]:
        await alice.post(f"/v1/tasks/{task['taskId']}/resolution")
    await clinic.settle()
    await _forget_the_digests(clinic)


async def _forget_the_digests(clinic: Clinic) -> None:
    """Whether one is due depends on the hour at which the tests run."""
    connection = await owner(clinic.settings.database_url)
    await connection.execute("set session_replication_role = replica")
    await connection.execute("""
        with gone as (delete from messages where template = 'mail.digest' returning id)
        delete from attempts where message_id in (select id from gone)
        """)
    await connection.close()


async def multiply(connection: Connection, size: int, live: int) -> None:
    """Make `size` of all that one answered emergency has left, spread over a year; `live` of them ring now.

    Those were told to somebody minutes ago, and are due in an hour. Needs a superuser.
    """
    await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
    for table in COPIED:
        await _copy(connection, table, size, live)
    await connection.execute(
        """
        update alerts set state = 'open', acknowledged_by = null, acknowledged_at = null, contacted_at = null,
            contact_outcome = null, round_started_at = now() - interval '5 minutes', due_at = now() + interval '1 hour'
        where opened_at > now() - interval '1 day'
        """
    )
    await connection.execute("""
        update alerts set state = 'resolved', resolved_at = now(), resolved_by = acknowledged_by,
            disposition = 'advised'
        where state = 'contacted'
        """)
    await connection.execute(
        """
        update tasks set resolved_at = null, resolved_by = null, due_at = now() + interval '1 day'
        where created_at > now() - interval '1 day'
        """
    )
    # A chain for each, signed but for what came in the last minutes.
    await connection.execute(
        """
        insert into audit_heads (chain, position, hash, moved_at)
        select 'participant/' || gen_random_uuid(), 1, '', case when n <= $2 then now() end
        from generate_series(1, $1::integer) as n
        """,
        size,
        live,
    )
    await connection.execute("reset session_replication_role; reset synchronous_commit")
    await connection.execute("vacuum (analyze)", timeout=_PATIENCE_SECONDS)


async def _copy(connection: Connection, table: str, size: int, live: int) -> None:
    columns = await connection.fetch(
        """
        select column_name as name, data_type as type from information_schema.columns
        where table_schema = 'public' and table_name = $1 and is_identity = 'NO' and is_generated = 'NEVER'
        order by ordinal_position
        """,
        table,
    )
    names = ", ".join(each["name"] for each in columns)
    values = ", ".join(_value(each["name"], each["type"], live) for each in columns)
    # One original row of each; what else the emergency left is history enough.
    await connection.execute(
        f"""
        insert into {table} ({names}) select {values}
        from (select * from {table} order by id limit 1) as model cross join generate_series(1, {size - 1}) as n
        """,  # noqa: S608 - names from the catalogue
        timeout=_PATIENCE_SECONDS,
    )


def _value(name: str, kind: str, live: int) -> str:
    """Say in SQL what a copy, number n, has in a column."""
    match name, kind:
        case "site_id", _:
            return f"md5(site_id::text || n % {_SITES})::uuid"
        case "code", "text":
            return "'copy-' || n"
        case "due_at", _:
            return "due_at + (1 + n % 300) * interval '1 day'"
        case _, "timestamp with time zone":
            return f"case when n < {live} then {name} else {name} - (30 + n % 335) * interval '1 day' end"
        case _, "uuid" if name not in _SHARED:
            return f"md5({name}::text || n)::uuid"
        case _:
            return name
