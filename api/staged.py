"""What everybody does in a seeded participant's past: the decisions of the routes and the worker, as of an instant.

All of it is one transaction in which she is locked: a worker that runs meanwhile sees all of her past, or nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from api import filing
from api.report_reading import read_report
from api.routes.alert_resolution import Signing, left_behind
from api.timeline import Moment
from api.tokens import Audience, Claims
from domain import answering, local_time, planning
from domain import task as tasks_domain
from domain.acts import ActKind
from domain.answering import Answer
from domain.contact import ContactOutcome, Disposition
from domain.decision import STAFF, Actor, Change, Context
from domain.errors import NotFound
from domain.escalation import Alert, AlertState
from domain.people import Participant, Site, Staff
from domain.planning import Recorded
from domain.protocol.schema import ChoiceItem, Form
from domain.records import alerts, courses, plans, reports, tasks
from domain.records.rows import Connection, act_as_the_system
from domain.records.write import write
from domain.schedule import OccasionKind
from domain.signing import of_alert, sign_resolution
from notifications import sweep
from notifications.trial import Trial

_UNANSWERED = frozenset({AlertState.OPEN, AlertState.EXHAUSTED})
_TAKEN_AFTER = timedelta(minutes=5)
_REACHED_AFTER = timedelta(minutes=20)
_LOOKED_AFTER = timedelta(hours=1)
_NOTE = "Seeded: she had forgotten, and is well."

EMERGENCY: Mapping[str, str] = {"cannot-be-woken": "yes"}
"""What a caregiver reports when an alert is to ring."""


class Life(Struct, frozen=True, kw_only=True):
    """A seeded participant while her past is made."""

    connection: Connection
    trial: Trial
    site: Site
    participant: Participant
    staff: Mapping[str, Staff]
    own: UUID
    """The session of her phone."""
    caregivers: UUID
    until: datetime
    """Now, as of which all of it ends."""

    def as_of(self, at: datetime) -> Trial:
        """Return the trial at an instant that has passed."""
        return replace(self.trial, now=lambda: min(at, self.until))

    def context(self, name: str, at: datetime) -> Context:
        """Return the values of a decision that one of the cast makes at an instant."""
        return self.as_of(at).context(Actor(role=STAFF, id=self.staff[name].id))


async def live(life: Life, moment: Moment) -> UUID | None:
    """Let time pass until a moment, and do what she did then; return the id of a report."""
    await pass_until(life, moment.at)
    if moment.occasion.kind is OccasionKind.VISIT:
        await _complete_visit(life, moment)
        return None
    return await report(life, life.own, life.trial.protocol.calendar.check_ins.forms[-1], {}, moment.at)


async def pass_until(life: Life, until: datetime) -> None:
    """Look at her year each time that it was due, as a worker would have; the staff answers what rings."""
    while due := await plans.due_of(life.connection, life.participant.id, until):
        await sweep.look(life.as_of(due.due_at), life.connection, life.participant, due)
        alert = await alerts.live(life.connection, life.participant.id)
        if alert is not None and alert.state in _UNANSWERED:
            await _answered(life, alert, due.due_at)
    await _tidy(life, until)


async def report(life: Life, session_id: UUID, form_id: str, given: Mapping[str, str], at: datetime) -> UUID:
    """Hand a report in on the newest version of a form: all is as it should be but what is given."""
    trial, report_id = life.as_of(at), uuid4()
    form = next(each for each in trial.protocol.current_forms if each.id == form_id)
    arrival = read_report(report_id, msgspec.json.encode(_body(form, given, trial.now())))
    claims = Claims(session_id, Audience.ACCESS)
    await filing.store(life.connection, trial, claims, arrival, "")
    await act_as_the_system(life.connection)
    return report_id


def _body(form: Form, given: Mapping[str, str], at: datetime) -> Mapping[str, object]:
    answers = [
        {"type": "choice", "itemId": item, "choice": choice}
        for item, choice in (_all_is_well(form) | dict(given)).items()
    ]
    return {
        "formId": form.id,
        "formVersion": form.version,
        "language": "en",
        "answers": answers,
        "deviceTime": at.isoformat(),
    }


def _all_is_well(form: Form) -> dict[str, str]:
    """Return the best answer to each red flag that is always asked: a follow-up is asked only of whoever is ill."""
    return {
        item.id: next(choice.id for choice in item.choices if choice.grade == 0)
        for item in form.items
        if isinstance(item, ChoiceItem) and item.red_flag and item.ask_when is None
    }


async def take(life: Life, alert_id: UUID, at: datetime) -> None:
    """Let Bob take an alert."""
    alert, bob = await _held(life, alert_id), Answer(staff=life.staff["Bob"])
    context = life.context("Bob", at)
    taken = answering.acknowledge(alert, bob, context.now)
    await write(life.connection, answering.decided(ActKind.ACKNOWLEDGE, taken, alert, bob, context))


async def reach(life: Life, alert_id: UUID, at: datetime) -> Alert:
    """Let Bob, who holds it, record that he has spoken with her; return the alert as it is then."""
    alert, bob = await _held(life, alert_id), Answer(staff=life.staff["Bob"])
    context, outcome = life.context("Bob", at), ContactOutcome.SPOKE_WITH_PARTICIPANT
    reached = answering.contact(alert, bob.staff, outcome, context.now)
    await write(life.connection, answering.decided(ActKind.CONTACT, reached, alert, bob, context, outcome))
    return reached or alert


async def live_alert(life: Life) -> UUID:
    """Return the alert about her that has not been put away."""
    alert = await alerts.live(life.connection, life.participant.id)
    if alert is None:
        raise NotFound("There is no alert.")
    return alert.id


async def _answered(life: Life, alert: Alert, at: datetime) -> None:
    await take(life, alert.id, at + _TAKEN_AFTER)
    reached = await reach(life, alert.id, at + _REACHED_AFTER)
    await _put_away(life, reached, at + _REACHED_AFTER)


async def _put_away(life: Life, alert: Alert, at: datetime) -> None:
    context, bob = life.context("Bob", at), life.staff["Bob"]
    after = answering.resolve(alert, bob, Disposition.SEEN_AT_SITE, context.now)
    if after is None:
        return
    judged = await reports.of_alert(life.connection, alert.id)
    signing = Signing(before=alert, after=after, reports=judged, read=of_alert(alert, judged))
    left = await left_behind(life.trial, life.connection, signing, context)
    signature = sign_resolution(after, signing.read, judged, _NOTE, bob, context)
    decision = answering.put_away(after, alert, left, Answer(staff=bob), _NOTE, signature, context)
    await write(life.connection, decision)


async def _complete_visit(life: Life, moment: Moment) -> None:
    context, zone = life.context("Alice", moment.at), local_time.zone(life.site.time_zone)
    course = await courses.load(life.connection, life.participant.id, life.site, context.now)
    visit = None if course is None else course.find(OccasionKind.VISIT, moment.occasion.week)
    if course is None or visit is None:
        raise NotFound("The plan has no visit in this week.")
    today, by = local_time.local_date(context.now, zone), Recorded(staff_id=life.staff["Alice"].id)
    await write(life.connection, planning.complete_visit(visit, course.plan, today, today, by, context))
    await plans.look_now(life.connection, life.participant.id, context.now)


async def _tidy(life: Life, until: datetime) -> None:
    """Close what was due to be looked at by then, an hour after it came up; what is due later stays open."""
    for each in await tasks.open_of_participant(life.connection, life.participant.id):
        at = each.created_at + _LOOKED_AFTER
        if each.due_at <= life.until and at <= until:
            context = life.context("Alice", at)
            closed = tasks_domain.resolve(each, life.staff["Alice"].id, context.now)
            decision = context.decide(
                "task.resolve",
                (Change(closed, each),),
                site_id=each.site_id,
                participant_id=each.participant_id,
            )
            await write(life.connection, decision)


async def _held(life: Life, alert_id: UUID) -> Alert:
    alert = await alerts.hold(life.connection, alert_id)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert
