"""The session that a sign-in opens, in the transaction that spends what has proven it: both, or neither.

So a sign-in that fails here costs neither digits nor a recovery code. What was spent on an answer that got lost opens
nothing a second time, and gives the same device the same session again for a minute.
"""

from uuid import UUID

from domain import staff_sessions
from domain.decision import Actor, Change
from domain.people import Session, Staff
from domain.records.rows import Connection
from domain.records.write import write
from notifications.trial import Trial, machine_now


class Entry:
    """What one sign-in opens, or is given again."""

    def __init__(self, trial: Trial, person: Staff, device_id: UUID, request_id: str) -> None:
        self.context = trial.context(Actor(role="staff", id=person.id, device_id=device_id))
        self.request_id = request_id
        self.opening = staff_sessions.signed_in(person.id, device_id, self.context)
        self.session: Session | None = None
        """The one that she gets; None as long as there is none."""

    async def open(self, connection: Connection, *, how: str = "") -> Session:
        """Open a new one; `how`, unless by password, is in the trail."""
        decision = self.context.decide("staff.sign-in", (Change(self.opening),), site_id=None, reason=how)
        await write(connection, decision, request_id=self.request_id)
        self.session = self.opening
        return self.opening

    def again(self, known: Session | None) -> bool:
        """Give one again that the same digits or code have opened; say False where it is not to be given."""
        if known is None or not staff_sessions.is_given_again(known, self.opening.device_id, machine_now()):
            return False
        self.session = known
        return True
