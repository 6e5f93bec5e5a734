"""The work list as its routes and its stream need it: one alert, locked or not; many, in a few statements."""

from uuid import UUID

from api.alert_words import Timeline, alert_detail, alert_view
from api.callers import StaffCaller
from api.people import numbers_on_file
from api.report_words import staff_report
from api.shapes.alerts import AlertDetail, AlertView
from domain.acts import note_of_resolution
from domain.errors import AlreadyAcknowledged, NotFound
from domain.escalation import Alert
from domain.people import Staff
from domain.records import (
    acts,
    alerts,
    attempts,
    contacts,
    messages,
    participants,
    plans,
    reports,
    signatures,
    staff,
)
from domain.records.rows import Connection
from domain.signing import of_alert
from notifications.trial import Trial


async def find_alert(connection: Connection, caller: StaffCaller, alert_id: UUID) -> Alert:
    """Return an alert of a site of hers; raise NotFound."""
    alert = await alerts.find(connection, alert_id, caller.site_ids)
    if alert is None:
        raise NotFound("There is no such thing here.")
    caller.require_site(alert.site_id)
    return alert


async def lock_alert(connection: Connection, caller: StaffCaller, alert_id: UUID) -> Alert:
    """As `find_alert`, with what the alert is decided under held."""
    alert = await alerts.hold(connection, alert_id, caller.site_ids)
    if alert is None:
        raise NotFound("There is no such thing here.")
    caller.require_site(alert.site_id)
    return alert


async def named(connection: Connection, refusal: AlreadyAcknowledged) -> AlreadyAcknowledged:
    """Tell the one who came second who was first."""
    holder = None if refusal.holder is None else await staff.find(connection, refusal.holder)
    name = "" if holder is None else holder.name
    return AlreadyAcknowledged(refusal.detail, holder=refusal.holder, holder_name=name)


async def alert_views(connection: Connection, found: tuple[Alert, ...]) -> tuple[AlertView, ...]:
    """Show alerts with their subject numbers and whoever acted on them, in two statements however many."""
    numbers = await _subject_numbers(connection, found)
    people = await _people(connection, *(each for alert in found for each in _acted(alert)))
    return tuple(alert_view(alert, numbers.get(alert.participant_id), people) for alert in found)


async def read_detail(trial: Trial, connection: Connection, reader: Staff, alert: Alert) -> AlertDetail:
    """Show an alert with everything that happened to it to one member of staff."""
    known = await reports.of_alert(connection, alert.id)
    sent = await messages.of_alert(connection, alert.id)
    done = await acts.of_alert(connection, alert.id)
    about = alert.participant_id
    numbers = {} if about is None else await contacts.roles_with_number(connection, (about,))
    people = (*_acted(alert), *(each.staff_id for each in sent), *(each.staff_id for each in done))
    return alert_detail(
        alert,
        (await _subject_numbers(connection, (alert,))).get(about),
        await _people(connection, *people),
        Timeline(
            reports=tuple(staff_report(trial.protocol, reader.language, each) for each in known),
            silences=await plans.silences_of(connection, alert.id),
            messages=sent,
            attempts=await attempts.of_alert(connection, alert.id),
            acts=done,
            version=of_alert(alert, known, note_of_resolution(done)).sha256,
            signature=await signatures.of_resolution(connection, alert.id),
        ),
        () if about is None else numbers_on_file(numbers, about),
        reader.id,
    )


def _acted(alert: Alert) -> tuple[UUID | None, ...]:
    return (alert.acknowledged_by, alert.resolved_by, *alert.declined_by)


async def _subject_numbers(connection: Connection, found: tuple[Alert, ...]) -> dict[UUID | None, str]:
    ids = tuple({alert.participant_id for alert in found if alert.participant_id is not None})
    return {each.id: each.subject_number for each in await participants.among(connection, ids)}


async def _people(connection: Connection, *ids: UUID | None) -> dict[UUID, Staff]:
    named_ids = tuple({each for each in ids if each is not None})
    return {person.id: person for person in await staff.among(connection, named_ids)}
