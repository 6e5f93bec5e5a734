"""The plan of a year for one participant: decided, written with its audit line, beside the bare row.

Both sides are one transaction for each participant, and take turns: `planning.replan` with `write` for one, then the
very statement by which the plan was stored, alone, for the next.
"""

import time
from datetime import date, timedelta
from statistics import median
from uuid import UUID, uuid4

from asyncpg.connection import LoggedQuery
from msgspec import Struct

from api.planned import load_planned
from api.seed import SITE_NAME
from domain import enrolment, planning
from domain.decision import SYSTEM
from domain.local_time import local_date, zone
from domain.people import Administration, Site
from domain.plan import PlanCause
from domain.planning import Planned
from domain.records import participants, sites
from domain.records.rows import Connection, Pool, transaction
from domain.records.write import write
from notifications.trial import Trial
from tests.bench.figures import Figure
from tests.bench.house import House

PLANS = 300


class Times(Struct, frozen=True):
    """Seconds of one plan: to decide it alone, to decide and store it, to store a row like it."""

    decided: float
    stored: float
    bare: float


async def measure(house: House) -> list[Figure]:
    """Plan the year of some hundred participants, administered yesterday in the site's calendar."""
    times = [await _measured(house.trial) for _ in range(PLANS)]
    stored, bare = (
        median(values) for values in zip(*((each.stored, each.bare) for each in times), strict=True)
    )
    return [
        Figure(
            name="plan a year, of a bare insert",
            value=round(stored / bare, 2),
            goal="",
            met=None,
            figures={
                "ms_a_participant": round(stored * 1e3, 2),
                "of_it_decision_ms": round(median(each.decided for each in times) * 1e3, 2),
                "bare_insert_ms": round(bare * 1e3, 2),
                "participants": PLANS,
            },
        )
    ]


async def _measured(trial: Trial) -> Times:
    before, other = await _registered(trial), await _registered(trial)
    given = (_given(before, local_date(trial.now(), zone(before.site.time_zone)) - timedelta(days=1)),)
    said: list[LoggedQuery] = []
    begun = time.perf_counter()
    async with transaction(trial.pool) as connection:
        context = trial.context(SYSTEM)
        changes = planning.replan(before, given, PlanCause.ADMINISTRATION, trial.protocol, context)
        decided = time.perf_counter()
        decision = context.decide(
            "administration.record",
            changes,
            site_id=before.site.id,
            participant_id=before.participant.id,
        )
        with connection.query_logger(said.append):
            await write(connection, decision)
    stored = time.perf_counter()
    return Times(decided - begun, stored - begun, await _bare(trial.pool, other, said))


async def _bare(pool: Pool, other: Planned, said: list[LoggedQuery]) -> float:
    """Store the same row for another participant, by the same statement alone; return the seconds."""
    sql, values = next((each.query, each.args) for each in said if "insert into plans" in each.query)
    _, site_id, _, *rest = values
    begun = time.perf_counter()
    async with transaction(pool) as connection:
        await connection.execute(sql, uuid4(), site_id, other.participant.id, *rest)
    return time.perf_counter() - begun


async def _registered(trial: Trial) -> Planned:
    context = trial.context(SYSTEM)
    async with transaction(trial.pool) as connection:
        site = await _site(connection)
        number = f"PLAN-{uuid4().hex[:8].upper()}"
        await write(connection, enrolment.register(site, number, "phase-1", trial.protocol, context))
        participant = await participants.lock(connection, context.entropy.uuid("participant"))
        assert participant is not None
        return await load_planned(connection, participant)


async def _site(connection: Connection) -> Site:
    site = await sites.named(connection, SITE_NAME)
    assert site is not None
    return site


def _given(before: Planned, on: date) -> Administration:
    participant, site = before.participant, before.site
    return Administration(
        id=UUID(int=0),
        site_id=site.id,
        participant_id=participant.id,
        number=1,
        given_on=on,
        recorded_at=participant.registered_at,
        recorded_by=UUID(int=0),
    )
