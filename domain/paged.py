"""What has become of a page since it was sent: whether whoever got it can still answer by it (cases.md 12).

A link or a code belongs to one message, so to one alert, one person and one round. When the alert leaves that round
it answers nothing any more; whatever rings later has links and codes of its own.
"""

from enum import StrEnum

from domain.delivery import Message
from domain.escalation import Alert, AlertState


class Standing(StrEnum):
    """How a page stands."""

    WAITING = "waiting"
    """Nobody has taken the alert: it can be answered."""
    YOURS = "yours"
    TAKEN = "taken"
    REPLACED = "replaced"
    """The alert rings in another round: a newer page counts."""
    ENDED = "ended"


def standing(message: Message, alert: Alert) -> Standing:
    """Say how a page stands; only one that is waiting can be answered, so that each is good for one answer."""
    if alert.state in {AlertState.CONTACTED, AlertState.RESOLVED}:
        return Standing.ENDED
    if message.alert_id != alert.id or message.round != alert.round:
        return Standing.REPLACED
    if alert.state is AlertState.ACKNOWLEDGED:
        return Standing.YOURS if alert.acknowledged_by == message.staff_id else Standing.TAKEN
    return Standing.WAITING
