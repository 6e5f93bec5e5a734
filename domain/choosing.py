"""What the holder of an account chooses: language, time zone, and when she is reminded."""

from datetime import time

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, Fault
from domain.people import Account
from domain.protocol.clocks import DayHours


class Choice(Struct, frozen=True, kw_only=True):
    """What the holder of an account chooses for herself."""

    language: str
    time_zone: str
    reminder_hour: int


def choose(account: Account, choice: Choice, hours: DayHours, context: Context) -> Decision | None:
    """Change what an account's holder has chosen; None if nothing changes. Raises BodyInvalid for an hour at night."""
    if not hours.start <= time(choice.reminder_hour) < hours.end:
        fault = Fault("/reminderHour", f"must be from {hours.start:%H:%M} to before {hours.end:%H:%M}")
        raise BodyInvalid("Nobody is reminded at this hour.", faults=(fault,))
    after = replace(
        account,
        language=choice.language,
        time_zone=choice.time_zone,
        reminder_hour=choice.reminder_hour,
    )
    if after == account:
        return None
    return context.decide(
        "account.update",
        (Change(after, account),),
        site_id=account.site_id,
        participant_id=account.participant_id,
    )
