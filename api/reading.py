"""Reading the record of a participant as staff: shown and noted, in one transaction, before the answer goes."""

from uuid import UUID

from api.callers import StaffCaller
from api.exchange import Request
from domain.decision import RecordRead
from domain.records import reads
from domain.records.rows import Connection
from notifications.trial import Trial


async def note_read(
    request: Request,
    trial: Trial,
    connection: Connection,
    caller: StaffCaller,
    *,
    site_id: UUID,
    participant_id: UUID | None,
    about_id: UUID | None = None,
) -> None:
    """Note that the caller reads a participant's record, or what is named by `about_id`, by this operation.

    Also where the answer will be 304: she holds the record already, and has it before her once more.
    """
    read = RecordRead(
        action=request.route_handler.opt["operation"].name,
        actor=caller.actor,
        at=trial.now(),
        about_id=about_id or participant_id or site_id,
        site_id=site_id,
        participant_id=participant_id,
    )
    await reads.note(connection, read, request.state.request_id)
