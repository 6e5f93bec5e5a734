"""Many signed-in phones at once, written straight into the database: a bench needs more than it can activate."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from api.tokens import TokenMint
from domain.people import Role, Session
from notifications.trial import Trial, machine_now


async def many_devices(database_url: str, trial: Trial, mint: TokenMint, count: int) -> list[str]:
    """Sign caregivers of so many new participants in, each administered three days ago; return their access tokens."""
    connection = await asyncpg.connect(database_url)
    try:
        site_id: UUID = await connection.fetchval("select id from sites limit 1")
        staff_id: UUID = await connection.fetchval("select id from staff limit 1")
        made = [_session(site_id) for _ in range(count)]
        await _participants(connection, made, trial)
        await _administrations(connection, made, staff_id, trial)
        await _accounts(connection, made, trial)
        await _sessions(connection, made)
    finally:
        await connection.close()
    return [mint.access(each, Role.CAREGIVER, each.rotated_at) for each in made]


def _session(site_id: UUID) -> Session:
    now = machine_now()
    return Session(
        id=uuid4(),
        device_id=uuid4(),
        created_at=now,
        generation=1,
        rotated_at=now,
        account_id=uuid4(),
        site_id=site_id,
        participant_id=uuid4(),
    )


async def _participants(
    connection: "asyncpg.Connection[asyncpg.Record]", made: list[Session], trial: Trial
) -> None:
    now = trial.now()
    await connection.copy_records_to_table(
        "participants",
        columns=("id", "site_id", "subject_number", "phase", "state", "registered_at"),
        records=[
            (each.participant_id, each.site_id, f"ZN-{each.id.hex[:12].upper()}", "phase-1", "enrolled", now)
            for each in made
        ],
    )


async def _administrations(
    connection: "asyncpg.Connection[asyncpg.Record]", made: list[Session], staff_id: UUID, trial: Trial
) -> None:
    now = trial.now()
    day = (now - timedelta(days=3)).date()
    await connection.copy_records_to_table(
        "administrations",
        columns=("id", "site_id", "participant_id", "number", "given_on", "recorded_at", "recorded_by"),
        records=[(uuid4(), each.site_id, each.participant_id, 1, day, now, staff_id) for each in made],
    )


async def _accounts(
    connection: "asyncpg.Connection[asyncpg.Record]", made: list[Session], trial: Trial
) -> None:
    rest = ("caregiver", "en", "Asia/Shanghai", 9, trial.now())
    await connection.copy_records_to_table(
        "accounts",
        columns=(
            *(
                "id",
                "site_id",
                "participant_id",
                "role",
                "language",
                "time_zone",
                "reminder_hour",
                "created_at",
            ),
        ),
        records=[(each.account_id, each.site_id, each.participant_id, *rest) for each in made],
    )


async def _sessions(connection: "asyncpg.Connection[asyncpg.Record]", made: list[Session]) -> None:
    columns = (
        *(
            "id",
            "device_id",
            "created_at",
            "generation",
            "rotated_at",
            "account_id",
            "site_id",
            "participant_id",
        ),
    )
    await connection.copy_records_to_table(
        "sessions", columns=columns, records=[tuple(getattr(each, name) for name in columns) for each in made]
    )
