"""From an alert that rings to the messages that ring it: whom, in which words, with which code."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from domain import coverage, delivery, escalation
from domain.attempt import Attempt, Way
from domain.decision import Change, Context, Decision
from domain.delivery import AnyText, Message, MessageEvent, MessageState, Text
from domain.entropy import Entropy
from domain.escalation import Alert, AlertState, Ringing
from domain.people import Contact
from domain.protocol.clocks import Escalation
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.roster import Responder, Roster
from domain.task import Task, TaskKind

CODE_LENGTH = 4
"""As in the example of trial.md §4."""

LONGER_CODE_LENGTH = 6
"""Of the later candidates: four letters run out in a long outage, and no page may fail for want of a code; ours."""

CANDIDATES = 8
"""Codes drawn for one message; the first that was never used is stored."""

COVERAGE_TASK_DUE = timedelta(hours=1)
"""A step with nobody reachable is a hole in the rota; ours, until the rota has its own clocks."""


def ring(alert: Alert, roster: Roster, clocks: Escalation, context: Context) -> tuple[Alert, list[Change]]:
    """Ring the next step: return the alert after it, and the new messages and coverage tasks.

    The change of the alert itself is left to the caller, who knows what it was before.
    """
    ringing = escalation.step(alert, roster, context.now)
    sent = pages(ringing, clocks.acknowledge_minutes_named, context)
    tasks = [_coverage(ringing, context)] if _shows_a_hole(alert, ringing) else []
    return ringing.alert, [*map(Change, sent), *map(Change, tasks)]


def pages(ringing: Ringing, minutes: int, context: Context) -> tuple[Message, ...]:
    """Return the new messages of a step; `minutes` are those that its texts name."""
    return tuple(_page(ringing, person, channel, str(minutes), context) for person, channel in ringing.calls)


def climb(alert: Alert, roster: Roster, clocks: Escalation, context: Context) -> Decision | None:
    """Do what is due on an alert at `now`: lapse, ring the next step, or ring everyone; None if nothing is due."""
    if alert.due_at is None or alert.due_at > context.now:
        return None
    lapsed = alert.state is AlertState.ACKNOWLEDGED
    ready = escalation.lapse(alert, context.now) if lapsed else alert
    rung, changes = ring(ready, roster, clocks, context)
    action = (
        "alert.lapse" if lapsed else "alert.exhaust" if rung.state is AlertState.EXHAUSTED else "alert.step"
    )
    return _about(alert, action, [Change(rung, alert), *changes], context)


def is_wanted(message: Message, alert: Alert) -> bool:
    """Look again before sending: say whether this page still rings for somebody (design.md, rule 5)."""
    if message.round != alert.round:
        return False
    # Whoever has said that she cannot is not rung for it any more, until everyone is.
    is_asked = alert.state is AlertState.OPEN and message.staff_id not in alert.declined_by
    return is_asked or alert.state is AlertState.EXHAUSTED


def attempt(
    message: Message, alert: Alert, way: Way | None, context: Context
) -> tuple[Decision, Attempt | None]:
    """Decide just before the call: an attempt row to commit first, or a page that came too late.

    Without a way the number has had all that it may get: the page has failed, and the alert moves on.
    """
    if not is_wanted(message, alert):
        stale = delivery.settle(message, MessageEvent.OVERTAKE, context.now)
        return _about(alert, "message.overtake", [Change(stale, message)], context), None
    if way is None:
        return _without_way(message, alert, context), None
    sending = delivery.sending(message, way, context.now)
    row = delivery.next_attempt(sending, attempt_id(sending, context), way, context.now)
    return _about(alert, "message.attempt", [Change(sending, message), Change(row)], context), row


def _without_way(message: Message, alert: Alert, context: Context) -> Decision:
    failed = delivery.settle(message, MessageEvent.GIVE_UP, context.now)
    hurried = escalation.hurry(
        alert, round_number=message.round, step_index=message.step, all_failed=False, now=context.now
    )
    moved = [] if hurried is None else [Change(hurried, alert)]
    return _about(alert, "message.give-up", [Change(failed, message), *moved], context)


def attempt_id(sending: Text, context: Context) -> UUID:
    """Return the id of a message's next attempt."""
    return context.entropy.uuid(f"attempt/{sending.id}/{sending.attempts}")


class Page(Struct, frozen=True):
    """A message, its alert, and the other messages of its step, loaded together under the participant's lock."""

    message: Message
    alert: Alert
    others: tuple[Message, ...]
    number: Contact | None = None
    """The number it goes to, as it is on file now."""

    @property
    def is_last(self) -> bool:
        """Whether everything else that rings the same person for this step has failed."""
        hers = [each for each in self.others if each.staff_id == self.message.staff_id]
        return all(each.state is MessageState.FAILED for each in hers)


def settle(
    page: Page, event: MessageEvent, attempt_change: Change | None, context: Context
) -> Decision | None:
    """Move a message on, and hurry the alert if that page has failed; None if nothing changes."""
    message, alert = page.message, page.alert
    settled, changes = settle_text(message, event, attempt_change, context)
    if settled.state is MessageState.FAILED and message.state is not MessageState.FAILED and page.is_last:
        hurried = escalation.hurry(
            alert,
            round_number=message.round,
            step_index=message.step,
            all_failed=all(each.state is MessageState.FAILED for each in page.others),
            now=context.now,
        )
        changes += [] if hurried is None else [Change(hurried, alert)]
    if page.number is not None and attempt_change is not None and isinstance(attempt_change.after, Attempt):
        changes += coverage.number_failed(page.number, alert.site_id, attempt_change.after, context)
    return _about(alert, f"message.{event}", changes, context) if changes else None


def settle_text(
    message: AnyText, event: MessageEvent, attempt_change: Change | None, context: Context
) -> tuple[AnyText, list[Change]]:
    """Return any message after an event, and what changes: its attempt and itself, as far as they do."""
    settled: AnyText = delivery.settle(message, event, context.now)
    changes: list[Change] = []
    if attempt_change is not None and attempt_change.after != attempt_change.before:
        changes.append(attempt_change)
    if settled != message:
        changes.append(Change(settled, message))
    return settled, changes


def _page(ringing: Ringing, person: Responder, channel: Channel, minutes: str, context: Context) -> Message:
    alert = ringing.alert
    name = f"{alert.id}/{alert.round}/{ringing.step}/{person.staff_id}/{channel}"
    return Message(
        id=Entropy(alert.id.bytes).uuid(name),
        site_id=alert.site_id,
        participant_id=alert.participant_id,
        alert_id=alert.id,
        staff_id=person.staff_id,
        round=alert.round,
        step=ringing.step,
        level=alert.level,
        template=f"{channel}.{_words(alert)}",
        channel=channel,
        language=person.language,
        parameters={"minutes": minutes},
        codes=tuple(context.entropy.code(f"{name}/{n}", _length(n)) for n in range(CANDIDATES)),
        state=MessageState.PENDING,
        attempts=0,
        created_at=context.now,
        due_at=context.now,
        receipt_within=alert.climb.at(context.now).receipt_within,
    )


def _length(place: int) -> int:
    return CODE_LENGTH if place < CANDIDATES // 2 else LONGER_CODE_LENGTH


def _words(alert: Alert) -> str:
    if alert.is_drill:
        return "drill"
    if alert.state is AlertState.EXHAUSTED:
        return "exhausted"
    return "emergency" if alert.level is Level.EMERGENCY else "urgent"


def _shows_a_hole(before: Alert, ringing: Ringing) -> bool:
    """Say whether this step must raise a coverage task; once is enough while nobody at all can be rung."""
    return bool(ringing.passed) or (not ringing.calls and before.state is not AlertState.EXHAUSTED)


def _coverage(ringing: Ringing, context: Context) -> Task:
    alert = ringing.alert
    return Task(
        id=context.entropy.uuid(f"coverage/{alert.id}/{alert.round}/{ringing.step}"),
        site_id=alert.site_id,
        participant_id=alert.participant_id,
        kind=TaskKind.COVERAGE,
        about_id=alert.id,
        created_at=context.now,
        due_at=context.now + COVERAGE_TASK_DUE,
    )


def _about(alert: Alert, action: str, changes: list[Change], context: Context) -> Decision:
    return context.decide(action, tuple(changes), site_id=alert.site_id, participant_id=alert.participant_id)
