"""Loading and storing, through SQLAlchemy's unit of work."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic_core import to_json
from sqlalchemy import DateTime, Select, Text, Uuid, bindparam, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.answers import Answers
from domain.decision import Change
from domain.delivery import Message
from domain.escalation import Alert
from domain.limits import DAY, MOST_A_DAY
from domain.past import Earlier, Past
from domain.protocol.routes import Channel
from domain.protocol.schema import Audience
from domain.records.history import FIRST_AND_LAST, LOOK_BACK, MOST_RECENT
from domain.roster import Responder, Roster
from domain.task import Task
from domain.timing import days_since, instants
from tests.bench.standin.tables import (
    AccountRow,
    AdministrationRow,
    AlertRow,
    Base,
    ContactRow,
    EntryRow,
    HeadRow,
    MessageRow,
    ParticipantRow,
    ReportRow,
    SessionRow,
    ShiftRow,
    SiteRow,
    StaffRoleRow,
    StaffRow,
    TaskRow,
)


def columns(row: Base) -> dict[str, Any]:
    """A row by its columns."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


async def lock_participant(db: AsyncSession, participant_id: UUID) -> ParticipantRow:
    """The participant, held until the transaction ends."""
    return await db.get_one(ParticipantRow, participant_id, with_for_update={"key_share": True})


async def handed_in(db: AsyncSession, session_id: UUID, now: datetime) -> int:
    """How many reports this phone has handed in within a day."""
    recent = select(ReportRow.id).where(ReportRow.session_id == session_id, ReportRow.arrived_at > now - DAY)
    counted = await db.scalar(select(func.count()).select_from(recent.limit(MOST_A_DAY).subquery()))
    return counted or 0


async def past(
    db: AsyncSession, account: AccountRow, site: SiteRow, onset_at: datetime | None, now: datetime
) -> Past:
    """What the rules look back at: recent reports, this account's first and last ones, days since administrations."""
    corrections = aliased(ReportRow)
    known = select(ReportRow).where(
        ReportRow.participant_id == account.participant_id,
        ReportRow.variant == 0,
        ReportRow.quarantine.contained_by(["window-closed"]),
        ~exists().where(corrections.account_id == ReportRow.account_id, corrections.corrects == ReportRow.id),
    )
    mine, newest = known.where(ReportRow.account_id == account.id), ReportRow.position.desc()
    recent = known.where(ReportRow.received_at > now - LOOK_BACK).order_by(newest).limit(MOST_RECENT)
    found = {
        row.position: row
        for query in (
            recent,
            mine.order_by(newest).limit(FIRST_AND_LAST),
            mine.order_by(ReportRow.position).limit(FIRST_AND_LAST),
        )
        for row in await db.scalars(query)
    }
    given = await db.scalars(
        select(AdministrationRow.given_on).where(AdministrationRow.participant_id == account.participant_id)
    )
    at = instants(onset_at, now, now)
    return Past(
        reporter=Audience(account.role),
        time_zone=site.time_zone,
        at=at,
        days=days_since(tuple(given), at, ZoneInfo(site.time_zone)),
        earlier=tuple(_earlier(found[place]) for place in sorted(found, reverse=True)),
    )


def _earlier(row: ReportRow) -> Earlier:
    return Earlier(
        reporter=Audience(row.reporter),
        form_id=row.submission["form_id"],
        answers=msgspec.convert(row.submission["answers"], Answers),
        at=instants(None, row.made_at, row.received_at),
    )


async def live_alert(db: AsyncSession, participant_id: UUID) -> Alert | None:
    """The participant's live alert."""
    found = await db.scalar(
        select(AlertRow).where(AlertRow.participant_id == participant_id, AlertRow.state != "resolved")
    )
    return None if found is None else msgspec.convert(columns(found), Alert)


async def roster(db: AsyncSession, site: SiteRow, now: datetime) -> Roster:
    """Who answers at a site at `now`."""
    by_target: dict[str, tuple[Responder, ...]] = {}
    found = await db.execute(_ON_CALL, {"site_id": site.id, "now": now})
    for target, staff_id, language, has_phone in found:
        ways = (Channel.SMS,) if has_phone else ()
        person = Responder(staff_id=staff_id, language=language, emergency=ways, urgent=ways)
        known = by_target.get(target, ())
        by_target[target] = known if person in known else (*known, person)
    return Roster(everyone=by_target.pop("everyone", ()), by_target=by_target)


def _on_call() -> Select[str, UUID, str, bool]:
    site_id, now = bindparam("site_id", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True))
    places = union_all(
        select(
            (literal("on-call-") + ShiftRow.tier.cast(Text)).label("target"),
            ShiftRow.staff_id.label("staff_id"),
            ShiftRow.starts_at.label("place"),
        ).where(ShiftRow.site_id == site_id, ShiftRow.starts_at <= now, ShiftRow.ends_at > now),
        select(literal("principal-investigator"), SiteRow.principal_investigator_id, now).where(
            SiteRow.id == site_id
        ),
        select(literal("everyone"), StaffRoleRow.staff_id, now).where(
            StaffRoleRow.site_id == site_id, StaffRoleRow.role.in_(("investigator", "coordinator"))
        ),
    ).subquery()
    reachable = exists().where(ContactRow.staff_id == StaffRow.id, ContactRow.kind == "phone")
    return (
        select(places.c.target, StaffRow.id, StaffRow.language, reachable)
        .join(StaffRow, StaffRow.id == places.c.staff_id)
        .where(StaffRow.disabled_at.is_(None))
        .order_by(places.c.target, places.c.place, StaffRow.id)
    )


_ON_CALL = _on_call()
"""Built once: building it costs as much as running it."""


async def add_changes(db: AsyncSession, changes: list[Change]) -> None:
    """Add or update what rings and what a human must look at."""
    for change in changes:
        match change.after:
            case Alert() as alert:
                await db.merge(AlertRow(**_plain(alert)))
            case Message() as message:
                db.add(MessageRow(**{**_plain(message), "code": await _free_code(db, message)}))
            case Task() as task:
                db.add(TaskRow(**_plain(task)))
            case other:
                raise AssertionError(type(other).__name__)


async def append_audit(
    db: AsyncSession, device: SessionRow, account: AccountRow, report: ReportRow, changes: list[Change]
) -> None:
    """Append an entry to the participant's chain, holding its head."""
    chain = f"participant/{account.participant_id}"
    body = to_json(
        {
            "action": "report.submit",
            "actor": {"role": account.role, "id": account.id, "device_id": device.device_id},
            "at": report.received_at,
            "siteId": account.site_id,
            "participantId": account.participant_id,
            "changes": [
                {
                    "record": "Report",
                    "after": {k: v for k, v in columns(report).items() if not isinstance(v, bytes)},
                },
                *({"record": type(each.after).__name__, "after": _plain(each.after)} for each in changes),
            ],
        }
    )
    head = await db.get(HeadRow, chain, with_for_update=True)
    if head is None:
        head = HeadRow(chain=chain, position=0, hash=b"")
        db.add(head)
    head.position += 1
    head.hash = hashlib.sha256(head.hash + body).digest()
    db.add(
        EntryRow(
            chain=chain,
            position=head.position,
            body=body,
            hash=head.hash,
            action="report.submit",
            at=report.received_at,
            site_id=account.site_id,
            participant_id=account.participant_id,
        )
    )


async def _free_code(db: AsyncSession, message: Message) -> str:
    used = set(await db.scalars(select(MessageRow.code).where(MessageRow.code.in_(message.codes))))
    return next(code for code in message.codes if code not in used)


def _plain(row: Any) -> dict[str, Any]:
    """A Struct by its columns: JSON columns as plain values, enums as text."""
    values = msgspec.structs.asdict(row)
    values.pop("codes", None)
    return {name: _column(value) for name, value in values.items()}


def _column(value: Any) -> Any:
    if isinstance(value, tuple):
        return msgspec.to_builtins(value, builtin_types=(datetime,))
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct | str) else value
