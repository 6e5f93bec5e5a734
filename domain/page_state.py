"""The truth about the page, as the reporter may read it (contract.md, `GET /v1/me/reports/{reportId}`).

"Doctor" only if an investigator acknowledged, else "study team". An emergency keeps "go now, call 120" until a
contact is recorded. A lapse or a new round takes "seen" back, because it is read from the alert as it stands.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.delivery import Message, MessageState
from domain.escalation import Alert, AlertState
from domain.people import Role
from domain.protocol.schema import Level


class PageStatus(StrEnum):
    """How far the page to staff has come."""

    NOT_NEEDED = "not-needed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    NOT_YET_SEEN = "not-yet-seen"
    SEEN_BY_DOCTOR = "seen-by-doctor"
    SEEN_BY_TEAM = "seen-by-team"
    CONTACTED = "contacted"


class PageState(Struct, frozen=True, kw_only=True):
    """How far the page has come, since when, and whether the emergency words stay."""

    status: PageStatus
    go_now: bool
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
    contacted_at: datetime | None = None

    @property
    def text_key(self) -> str:
        """The key of the sentence that says so."""
        return f"page.emergency.{self.status}" if self.go_now else f"page.{self.status}"

    @property
    def named_time(self) -> datetime | None:
        """The instant the sentence names, if it names one."""
        match self.status:
            case PageStatus.SENT | PageStatus.NOT_YET_SEEN:
                return self.sent_at
            case PageStatus.DELIVERED:
                return self.delivered_at
            case PageStatus.SEEN_BY_DOCTOR | PageStatus.SEEN_BY_TEAM:
                return self.seen_at
            case PageStatus.CONTACTED:
                return self.contacted_at
            case _:
                return None


def page_state(
    alert: Alert | None, messages: Sequence[Message], seen_by: Role | None, now: datetime
) -> PageState:
    """Read the state of the page from the alert and its messages; `seen_by` is the role of who acknowledged."""
    if alert is None:
        return PageState(status=PageStatus.NOT_NEEDED, go_now=False)
    # What the provider took and then reported failed was not sent to anybody (cases.md 1).
    here = [
        message
        for message in messages
        if message.round == alert.round and message.state is not MessageState.FAILED
    ]
    sent_at = _first(message.accepted_at or message.delivered_at for message in here)
    delivered_at = _first(message.delivered_at for message in here)
    return PageState(
        status=_status(alert, seen_by, now, sent_at, delivered_at),
        go_now=alert.level is Level.EMERGENCY and alert.contacted_at is None,
        sent_at=sent_at,
        delivered_at=delivered_at,
        seen_at=alert.acknowledged_at,
        contacted_at=alert.contacted_at,
    )


def _status(
    alert: Alert, seen_by: Role | None, now: datetime, sent_at: datetime | None, delivered_at: datetime | None
) -> PageStatus:
    match alert.state:
        case AlertState.ACKNOWLEDGED:
            return PageStatus.SEEN_BY_DOCTOR if seen_by is Role.INVESTIGATOR else PageStatus.SEEN_BY_TEAM
        case AlertState.CONTACTED | AlertState.RESOLVED:
            return PageStatus.CONTACTED
        case AlertState.OPEN | AlertState.EXHAUSTED:
            if sent_at is None:
                return PageStatus.SENDING
            if alert.state is AlertState.EXHAUSTED or _is_overdue(alert, now):
                return PageStatus.NOT_YET_SEEN
            return PageStatus.SENT if delivered_at is None else PageStatus.DELIVERED


def _is_overdue(alert: Alert, now: datetime) -> bool:
    started_at = alert.round_started_at
    return now - started_at >= alert.climb.at(started_at).steps[0].wait


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
