"""What is due in one participant's year: windows that have ended, reminders, silence (trial.md §2 and §3).

`look` is what the worker asks whenever the year is due, and `again_at` says when it is due next. Nothing is made of a
reminder that no longer holds, and what still holds is made once: after an outage of ten days nobody gets more than one
text of an occasion (cases.md 11). Just before a text goes out `attempt` looks again: whoever has done it, has ended,
has taken her consent back, or has seen it on her phone, gets nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import delivery, ladder, outcomes, paging, recording, silence, walk
from domain import occasion as occasions
from domain.attempt import Attempt, Way
from domain.decision import Change, Context, Decision
from domain.delivery import MessageEvent, MessageState, ReminderText
from domain.entropy import Entropy
from domain.ladder import Call
from domain.local_time import local_date
from domain.occasion import OccasionRecord
from domain.people import Contact, Role
from domain.protocol.reminders import Reminders
from domain.reminder import Reminder
from domain.schedule import OccasionKind
from domain.task import Task, TaskKind
from domain.year import Addressee, Year

_SPAN = timedelta(days=14)
"""Something is nearly always due within this, a check-in being asked for every week; so far the days are looked at."""


DEAD_NUMBER_DUE = timedelta(days=3)
"""Before the next check-in's silence; ours."""


class Look(Struct, frozen=True):
    """What one look at a year brought: decisions to write in this order, and the year after them."""

    decisions: tuple[Decision, ...]
    year: Year


def look(year: Year, reminders: Reminders, context: Context) -> Look:
    """Let pass what has ended and call for what is due. Silences are told by `silence.tell`: they need the bell."""
    if not year.goes_on:
        return Look((), year)
    passed = _pass(year, reminders, context)
    year = year if passed is None else year.with_records(_records(passed))
    due, year = _due_calls(year, reminders, context.now)
    made = _make(year, due, reminders, context)
    decisions = tuple(each for each in (passed, made) if each is not None)
    return Look(decisions, year)


def again_at(year: Year, reminders: Reminders, now: datetime) -> datetime | None:
    """Return the next instant after `now` at which something is due; None when nothing ever is."""
    if not year.goes_on:
        return None
    soon = _next_instant(year.until(local_date(now, year.zone) + _reach(reminders) + _SPAN), reminders, now)
    if soon is not None and soon < now + _SPAN:
        return soon
    # What lies beyond may be called for before what is near: a whole quarter may be done already.
    return _next_instant(year, reminders, now)


def is_wanted(text: ReminderText, year: Year, reminders: Reminders, now: datetime) -> bool:
    """Look again: say whether this text still tells somebody something that she needs and may be sent."""
    addressee = year.addressee(text.account_id)
    if not year.goes_on or addressee is None or not addressee.has_sms or now >= text.valid_until:
        return False
    made = [each for each in year.made if each.message_id == text.id]
    parts = {each.key for each in made}
    wanted = any(call.key in parts for call in _holding(year, reminders, now))
    parts_at = max((each.at for each in made), default=text.created_at)
    return wanted and not (
        text.reminder_id in addressee.confirmed and _is_alone(year, text.account_id, parts_at)
    )


def attempt(
    text: ReminderText, year: Year, reminders: Reminders, way: Way | None, context: Context
) -> tuple[Decision, Attempt | None]:
    """Decide just before the call: an attempt to commit first, or a text that is late, or early, or has no way."""
    addressee = year.addressee(text.account_id)
    if addressee is None or not is_wanted(text, year, reminders, context.now):
        stale = delivery.settle(text, MessageEvent.OVERTAKE, context.now)
        return _about(year, "message.overtake", (Change(stale, text),), context), None
    allowed = ladder.allowed_from(context.now, addressee.reader.zone, reminders.hours)
    if allowed > context.now:
        later = delivery.postpone(text, allowed)
        return _about(year, "message.postpone", (Change(later, text),), context), None
    if way is None:
        given_up = delivery.settle(text, MessageEvent.GIVE_UP, context.now)
        return _about(year, "message.give-up", (Change(given_up, text),), context), None
    sending = delivery.sending(text, way, context.now)
    row = delivery.next_attempt(sending, paging.attempt_id(sending, context), way, context.now)
    return _about(year, "message.attempt", (Change(sending, text), Change(row)), context), row


def settle(
    text: ReminderText,
    year: Year,
    number: Contact | None,
    event: MessageEvent,
    attempt_change: Change | None,
    context: Context,
) -> Decision | None:
    """Move a text on; None if nothing changes. Its failure hurries nobody: the walk goes on by its own times.

    A number that cannot be reached, or whose holder wants no texts, gets none any more, and a human is told.
    """
    _, changes = paging.settle_text(text, event, attempt_change, context)
    if number is not None and _is_dead(text, year, attempt_change):
        changes += _give_number_up(text, number, context)
    if not changes:
        return None
    return context.decide(
        f"message.{event}", tuple(changes), site_id=text.site_id, participant_id=text.participant_id
    )


def cancel(texts: tuple[ReminderText, ...], now: datetime) -> tuple[Change, ...]:
    """Take back what is not sent yet: the plan it speaks of is no longer followed."""
    waiting = (each for each in texts if each.state in {MessageState.PENDING, MessageState.UNKNOWN})
    return tuple(Change(delivery.settle(each, MessageEvent.OVERTAKE, now), each) for each in waiting)


def _is_dead(text: ReminderText, year: Year, attempt_change: Change | None) -> bool:
    """Say whether an attempt shows, however late, that its number is dead; another number may be on file meanwhile."""
    last = None if attempt_change is None else attempt_change.after
    addressee = year.addressee(text.account_id)
    if not isinstance(last, Attempt) or last.failure not in outcomes.DEAD_NUMBER or addressee is None:
        return False
    return addressee.consented_at is None or addressee.consented_at <= last.started_at


def _give_number_up(text: ReminderText, number: Contact, context: Context) -> list[Change]:
    if number.unusable_since is not None:
        return []
    task = Task(
        id=context.entropy.uuid("task/dead-number"),
        site_id=text.site_id,
        participant_id=text.participant_id,
        kind=TaskKind.DEAD_NUMBER,
        about_id=text.account_id,
        created_at=context.now,
        due_at=context.now + DEAD_NUMBER_DUE,
    )
    return [Change(replace(number, unusable_since=context.now), number), Change(task)]


def _pass(year: Year, reminders: Reminders, context: Context) -> Decision | None:
    """Record what was let pass, with a task for a human where nobody was told before."""
    plan, now = year.course.plan, context.now
    changes: list[Change] = []
    for each in year.course.standings:
        if record := recording.let_pass(each, plan, year.zone, now):
            task = silence.missed_task(each, year, reminders.silence, context)
            changes += [recording.change(each, record), *([Change(task)] if task else [])]
    return _about(year, "occasion.miss", tuple(changes), context) if changes else None


def _records(decision: Decision) -> tuple[OccasionRecord, ...]:
    return tuple(each.after for each in decision.changes if isinstance(each.after, OccasionRecord))


def _due_calls(year: Year, reminders: Reminders, now: datetime) -> tuple[tuple[Call, ...], Year]:
    """Return what is called for now, and the year after it. Who is asked first keeps the next one waiting."""
    found: list[Call] = []
    near = local_date(now, year.zone) + _reach(reminders)
    for addressee in year.addressees:
        due = [
            call
            for call in walk.pending(year.until(near), addressee, reminders)
            if walk.called_at(call, year, reminders, now) <= now < call.until
        ]
        found += due
        year = year.with_made(tuple(_reminder(year, call, now, None) for call in due))
    return tuple(found), year


def _make(year: Year, due: tuple[Call, ...], reminders: Reminders, context: Context) -> Decision | None:
    changes: list[Change] = []
    texts: dict[bytes, ReminderText] = {}
    for addressee in year.addressees:
        own = tuple(each for each in due if each.account_id == addressee.reader.account_id)
        if not own:
            continue
        shared = texts.get(addressee.number or b"") if addressee.has_sms else None
        text = shared or _text(year, addressee, own, reminders, context)
        if text is not None and shared is None:
            changes.append(Change(text))
            texts[addressee.number or addressee.reader.account_id.bytes] = text
        message_id = None if text is None else text.id
        changes += [Change(_reminder(year, call, context.now, message_id)) for call in own]
    return _about(year, "reminder.make", tuple(changes), context) if changes else None


def _reminder(year: Year, call: Call, now: datetime, message_id: UUID | None) -> Reminder:
    occasion = call.occasion
    name = f"{occasion.kind}/{occasion.week}/{occasion.target}/{call.rung}"
    return Reminder(
        id=Entropy(call.account_id.bytes).uuid(name),
        site_id=year.participant.site_id,
        participant_id=year.participant.id,
        account_id=call.account_id,
        kind=occasion.kind,
        week=occasion.week,
        target=occasion.target,
        rung=call.rung,
        plan_version=year.course.plan.version,
        at=call.at,
        made_at=now,
        message_id=message_id,
    )


def _text(
    year: Year, addressee: Addressee, calls: tuple[Call, ...], reminders: Reminders, context: Context
) -> ReminderText | None:
    """One text for all that one reader is called for now (trial.md §1); none without her consent, or if she knows."""
    own = {each.key for each in calls}
    last = max(calls, key=walk.when)
    # What a phone says of a reminder, it says of what it knew then: it cannot have known what comes later by that id.
    is_known = not any(
        each.account_id == last.account_id and each.at == last.at for each in year.made if each.key not in own
    )
    if not addressee.has_sms or (is_known and last.reminder_id in addressee.confirmed):
        return None
    waits = is_known and last.reminder_id in addressee.scheduled
    send_at = last.at + reminders.app_confirms_within if waits else context.now
    return ReminderText(
        id=context.entropy.uuid(f"text/{addressee.reader.account_id}"),
        site_id=year.participant.site_id,
        participant_id=year.participant.id,
        template=_template(year, addressee, calls),
        language=addressee.language,
        parameters={},
        state=MessageState.PENDING,
        attempts=0,
        created_at=context.now,
        due_at=max(send_at, context.now),
        receipt_within=reminders.receipt_within,
        account_id=addressee.reader.account_id,
        reminder_id=last.reminder_id,
        valid_until=max(each.until for each in calls),
    )


def _template(year: Year, addressee: Addressee, calls: tuple[Call, ...]) -> str:
    if any(each.occasion.kind is OccasionKind.VISIT or walk.visits_with(each, year) for each in calls):
        return "sms.visit"
    return "sms.caregiver" if addressee.reader.role == Role.CAREGIVER else "sms.check-in"


def _is_alone(year: Year, account_id: UUID, at: datetime) -> bool:
    """Say whether all that a reader was called for at an instant was made at one time: one id then names one thing."""
    times = {each.made_at for each in year.made if each.account_id == account_id and each.at == at}
    return len(times) <= 1


def _holding(year: Year, reminders: Reminders, now: datetime) -> Iterator[Call]:
    """Yield what holds still by the clock of wherever everybody is: a text may have spoken of more than that."""
    near = year.until(local_date(now, year.zone) + _reach(reminders))
    for addressee in year.addressees:
        yield from (each for each in walk.calls(near, addressee, reminders) if now < each.until)


def _next_instant(year: Year, reminders: Reminders, now: datetime) -> datetime | None:
    return min((each for each in _instants(year, reminders, now) if each > now), default=None)


def _instants(year: Year, reminders: Reminders, now: datetime) -> Iterator[datetime]:
    for each in year.course.standings:
        if each.is_ahead:
            yield occasions.ends_at(each.occasion, year.zone)
            told_at = silence.told_at(each, year, reminders, now)
            if told_at is not None:
                yield told_at
    for addressee in year.addressees:
        for call in walk.pending(year, addressee, reminders):
            called_at = walk.called_at(call, year, reminders, now)
            if called_at < call.until:
                yield called_at


def _reach(reminders: Reminders) -> timedelta:
    """Return how far ahead of an occasion it may be spoken of: the first rung, holidays, and a day of the clocks."""
    first = min(rung.days for rung in (*reminders.visits, *reminders.check_ins))
    return timedelta(days=max(-first, 0) + ladder.LONGEST_HOLIDAY + 2)


def _about(year: Year, action: str, changes: tuple[Change, ...], context: Context) -> Decision:
    participant = year.participant
    return context.decide(action, changes, site_id=participant.site_id, participant_id=participant.id)
