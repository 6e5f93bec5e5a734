"""Reading the plan of the year: the same tables, the same JSON."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.protocol.schema import Protocol
from domain.texts import say
from tests.bench.standin.shapes import Wire
from tests.bench.standin.tables import AccountRow, AdministrationRow, OccasionRow, PlanRow, SiteRow


class PlannedOccasion(BaseModel):
    """An occasion as the plan has it."""

    kind: str
    week: int
    target: date
    opens: date
    closes: date
    assessments: list[str]
    preparation: list[str]


class TextOut(Wire):
    id: str
    text: str


class OccasionOut(Wire):
    kind: str
    week: int
    target_date: date
    opens_on: date
    closes_on: date
    state: str
    done_on: date | None = None
    is_late: bool
    assessments: list[TextOut]
    preparation: list[TextOut]


class ScheduleOut(Wire):
    version: int
    time_zone: str
    administration_dates: list[date]
    occasions: list[OccasionOut]


_PLANNED = TypeAdapter(list[PlannedOccasion])


async def read(db: AsyncSession, protocol: Protocol, account: AccountRow) -> ScheduleOut:
    """The whole year of one participant."""
    site = await db.get_one(SiteRow, account.site_id)
    given = await db.scalars(
        select(AdministrationRow.given_on).where(AdministrationRow.participant_id == account.participant_id)
    )
    dates = sorted(given)
    newest = select(PlanRow).where(PlanRow.participant_id == account.participant_id)
    plan = await db.scalar(newest.order_by(PlanRow.version.desc()).limit(1))
    if plan is None:
        return ScheduleOut(version=0, time_zone=site.time_zone, administration_dates=dates, occasions=[])
    recorded = await db.scalars(
        select(OccasionRow).where(
            OccasionRow.participant_id == account.participant_id, OccasionRow.plan_version == plan.version
        )
    )
    known = {(each.kind, each.week): each for each in recorded}
    today = datetime.now(UTC).astimezone(ZoneInfo(site.time_zone)).date()
    shown = [
        _shown(protocol, account.language, each, known.get((each.kind, each.week)), today, plan)
        for each in _PLANNED.validate_python(plan.occasions)
    ]
    shown.sort(key=lambda each: (each.target_date, each.kind != "visit"))
    return ScheduleOut(
        version=plan.version, time_zone=site.time_zone, administration_dates=dates, occasions=shown
    )


def tag(body: bytes) -> str:
    """The strong ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _shown(
    protocol: Protocol,
    language: str,
    planned: PlannedOccasion,
    record: OccasionRow | None,
    today: date,
    plan: PlanRow,
) -> OccasionOut:
    now: Any = planned if record is None else record
    state = "upcoming" if record is None else record.state
    if state == "upcoming" and today >= now.opens:
        state = "open"
    if plan.closed_at is not None and state in {"upcoming", "open"}:
        state = "cancelled"
    return OccasionOut(
        kind=planned.kind,
        week=planned.week,
        target_date=now.target,
        opens_on=now.opens,
        closes_on=now.closes,
        state=state,
        done_on=None if record is None else record.done_on,
        is_late=record is not None and record.is_late,
        assessments=[
            TextOut(id=each, text=say(protocol, language, f"assessment.{each}"))
            for each in planned.assessments
        ],
        preparation=[TextOut(id=each, text=say(protocol, language, each)) for each in planned.preparation],
    )
