"""Who calls: a session and whose it is, before it is known as whom to look at anything else."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.freshness import Mark
from domain.people import Account, Session, Staff
from domain.records.rows import Connection, one


class Caller(Struct, frozen=True, kw_only=True):
    """A session, ended ones too, with the account or the member of staff that it belongs to."""

    session: Session
    account: Account | None = None
    staff: Staff | None = None


class MarkedCaller(Caller, frozen=True, kw_only=True):
    """A caller, and the mark of the schedule that she may read; without an account there is none."""

    time_zone: str | None
    given_on: tuple[date, ...]
    plan_id: UUID | None
    is_closed: bool
    first_days: tuple[date, ...]
    recorded: tuple[date, ...]
    revisions: int
    changed_at: datetime | None

    @property
    def mark(self) -> Mark | None:
        """What tells this state of her schedule from any other."""
        if self.time_zone is None:
            return None
        return Mark(
            time_zone=self.time_zone,
            given_on=self.given_on,
            plan_id=self.plan_id,
            is_closed=self.is_closed,
            first_days=self.first_days,
            recorded=self.recorded,
            revisions=self.revisions,
            changed_at=self.changed_at,
        )


async def find(connection: Connection, session_id: UUID) -> Caller | None:
    """Return whose a session is, in one statement, which asks for no identity: the database tells this much."""
    return await one(connection, Caller, "select session, account, staff from caller($1)", session_id)


async def find_with_mark(connection: Connection, session_id: UUID) -> MarkedCaller | None:
    """As `find`, of a participant or caregiver, with the mark of her schedule in the same statement."""
    return await one(
        connection,
        MarkedCaller,
        """
        select session, account, time_zone, given_on, plan_id, is_closed, first_days, recorded, revisions, changed_at
        from schedule_mark($1)
        """,
        session_id,
    )
