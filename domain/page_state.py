"""The truth about the page, as the reporter may read it (contract.md, `GET /v1/me/reports/{reportId}`).

"Doctor" only if an investigator acknowledged, else "study team". An emergency keeps "go now, call 120" until a
contact is recorded. A lapse or a new round takes "seen" back, because it is read from the alert as it stands.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.delivery import Message, MessageState
from domain.escalation import Alert, AlertState, is_paging
from domain.people import Role
from domain.protocol.schema import Level


class PageStatus(StrEnum):
    """How far the page to staff has come."""

    NOT_NEEDED = "not-needed"
    NOT_TOLD = "not-told"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    ADDED = "added"
    """Joined a round or an acknowledgement that was there before it; itself not seen."""
    NOT_YET_SEEN = "not-yet-seen"
    SEEN_BY_DOCTOR = "seen-by-doctor"
    SEEN_BY_TEAM = "seen-by-team"
    CONTACTED = "contacted"


class PageState(Struct, frozen=True, kw_only=True):
    """How far the page has come, since when, and whether the emergency words stay."""

    status: PageStatus
    go_now: bool
    added_to: datetime | None = None
    """When the round began that this report joined."""
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
            case PageStatus.ADDED:
                return self.added_to or self.seen_at
            case PageStatus.DELIVERED:
                return self.delivered_at
            case PageStatus.SEEN_BY_DOCTOR | PageStatus.SEEN_BY_TEAM:
                return self.seen_at
            case PageStatus.CONTACTED:
                return self.contacted_at
            case _:
                return None


def page_state(
    alert: Alert | None,
    messages: Sequence[Message],
    seen_by: Role | None,
    received_at: datetime,
    now: datetime,
) -> PageState:
    """Read the state of the page for the report received at `received_at`, from the alert and its messages.

    `seen_by` is the role of who acknowledged. What was paged or acknowledged before the report came does not speak
    for it: it was added, and is not seen until somebody acknowledges after it.
    """
    if alert is None:
        return PageState(status=PageStatus.NOT_NEEDED, go_now=False)
    answered_at = alert.last_contacted_at
    if answered_at is not None and received_at <= answered_at:
        # What rings now is something else: hers was answered.
        return PageState(status=PageStatus.CONTACTED, go_now=False, contacted_at=answered_at)
    here = _Round(alert, tuple(message for message in messages if message.round == alert.round))
    return PageState(
        status=_status(here, seen_by, received_at, now),
        go_now=alert.level is Level.EMERGENCY and alert.contacted_at is None,
        added_to=alert.round_started_at if _is_added(alert, received_at) else None,
        sent_at=here.sent_at,
        delivered_at=here.delivered_at,
        seen_at=alert.acknowledged_at,
        contacted_at=alert.contacted_at,
    )


def without_alert(level: Level) -> PageState:
    """Read the state of the page for a report that belongs to no alert: none was needed, or none was let ring."""
    if not is_paging(level):
        return PageState(status=PageStatus.NOT_NEEDED, go_now=False)
    return PageState(status=PageStatus.NOT_TOLD, go_now=level is Level.EMERGENCY)


class _Round(Struct, frozen=True):
    """The alert and the messages of the round it is in."""

    alert: Alert
    messages: tuple[Message, ...]

    @property
    def sent_at(self) -> datetime | None:
        """When the provider took the first page; what it then reported failed went to nobody (cases.md 1)."""
        return _first(each.accepted_at or each.delivered_at for each in self._alive)

    @property
    def delivered_at(self) -> datetime | None:
        return _first(each.delivered_at for each in self._alive)

    @property
    def is_told(self) -> bool:
        """Whether anything has gone to somebody, or is still on its way."""
        return any(each.state is not MessageState.STALE for each in self._alive)

    @property
    def _alive(self) -> tuple[Message, ...]:
        return tuple(each for each in self.messages if each.state is not MessageState.FAILED)


def _status(here: _Round, seen_by: Role | None, received_at: datetime, now: datetime) -> PageStatus:
    alert = here.alert
    match alert.state:
        case AlertState.CONTACTED | AlertState.RESOLVED:
            return PageStatus.CONTACTED
        case AlertState.ACKNOWLEDGED:
            if alert.acknowledged_at is not None and alert.acknowledged_at < received_at:
                return PageStatus.ADDED
            return PageStatus.SEEN_BY_DOCTOR if seen_by is Role.INVESTIGATOR else PageStatus.SEEN_BY_TEAM
        case AlertState.OPEN | AlertState.EXHAUSTED:
            return _waiting(here, received_at, now)


def _waiting(here: _Round, received_at: datetime, now: datetime) -> PageStatus:
    if not here.is_told and not _is_moving_on(here.alert, now):
        return PageStatus.NOT_TOLD
    if here.sent_at is None:
        return PageStatus.SENDING
    if _is_added(here.alert, received_at):
        return PageStatus.ADDED
    if here.alert.state is AlertState.EXHAUSTED or _is_overdue(here.alert, now):
        return PageStatus.NOT_YET_SEEN
    return PageStatus.SENT if here.delivered_at is None else PageStatus.DELIVERED


def _is_moving_on(alert: Alert, now: datetime) -> bool:
    """Say whether the page has failed and the next person is rung at this very moment."""
    return alert.state is AlertState.OPEN and alert.due_at is not None and alert.due_at <= now


def _is_added(alert: Alert, received_at: datetime) -> bool:
    return received_at > alert.round_started_at


def _is_overdue(alert: Alert, now: datetime) -> bool:
    started_at = alert.round_started_at
    return now - started_at >= alert.climb.at(started_at).steps[0].wait


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
