"""Who calls: a session and whose it is, before it is known as whom to look at anything else."""

from uuid import UUID

from msgspec import Struct

from domain.people import Account, Session, Staff
from domain.records.rows import Connection, one


class Caller(Struct, frozen=True, kw_only=True):
    """A session, ended ones too, with the account or the member of staff that it belongs to."""

    session: Session
    account: Account | None = None
    staff: Staff | None = None


async def find(connection: Connection, session_id: UUID) -> Caller | None:
    """Return whose a session is, in one statement, which asks for no identity: the database tells this much."""
    return await one(connection, Caller, "select session, account, staff from caller($1)", session_id)
