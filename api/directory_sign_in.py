"""Sign-in of staff by a hospital's directory: it says whose e-mail it is, this server whether she works here."""

from api.directory import Directory
from api.quotas import hold_to
from api.shapes.directory import DirectoryAnswer
from api.staff_entry import Entry
from api.staff_sign_in import by_email
from domain.directory import Begun
from domain.errors import DirectoryRefused, TooManyRequests
from domain.people import Session
from domain.quota import DIRECTORY, DIRECTORY_STATE
from domain.records.rows import Connection, transaction
from notifications.trial import Trial, machine_now

HOW = "by the directory"
"""As the audit trail says it."""


async def sign_in_by_directory(
    trial: Trial, directory: Directory, body: DirectoryAnswer, source: str, request_id: str
) -> Session:
    """Open a session; raise the one DirectoryRefused for whatever does not fit, or what `Directory.email` raises.

    No transaction is open while the directory is asked. The state is spent with the session, in one transaction: of
    two that bring the same one is second, whatever the directory thinks of its code.
    """
    begun = directory.states.read(body.state, body.device_id, machine_now())
    async with transaction(trial.pool) as connection:
        await hold_to(trial, connection, DIRECTORY, source)
    email = await directory.email(body.code, begun)
    async with transaction(trial.pool) as connection:
        known = await by_email(trial, connection, email)
        if known is None:
            raise DirectoryRefused("Begin again.", inside="nobody")
        await _spend(trial, connection, begun)
        return await Entry(trial, known.staff, begun.device_id, request_id).open(connection, how=HOW)


async def _spend(trial: Trial, connection: Connection, begun: Begun) -> None:
    try:
        await hold_to(trial, connection, DIRECTORY_STATE, begun.state)
    except TooManyRequests:
        raise DirectoryRefused("Begin again.", inside="state-spent") from None
