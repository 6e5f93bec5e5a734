"""A participant's year, loaded together: see `domain.year`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.consents import is_withdrawn
from domain.ladder import Reader
from domain.local_time import local_date
from domain.people import Participant
from domain.records import consents, courses, participants, reminders, sites
from domain.records.reminders import Addressed
from domain.records.rows import Connection
from domain.reminder import ConsentKind
from domain.year import Addressee, Year


async def load(connection: Connection, participant: Participant, now: datetime) -> Year | None:
    """Return the year of a participant on the day of her site at `now`; None before the first administration.

    Lock her first to decide about it.
    """
    site = await sites.find(connection, participant.site_id)
    course = None if site is None else await courses.load(connection, participant.id, site, now)
    if site is None or course is None:
        return None
    zone = ZoneInfo(site.time_zone)
    return Year(
        participant=participant,
        zone=zone,
        today=local_date(now, zone),
        holidays=frozenset(site.holidays),
        course=course,
        addressees=tuple(
            map(_addressee, await reminders.addressed(connection, participant.id, course.plan.version))
        ),
        made=await reminders.of_participant(connection, participant.id),
        given_on=tuple(
            each.given_on for each in await participants.administrations(connection, participant.id)
        ),
        complications=frozenset(
            each.kind for each in await participants.complications(connection, participant.id)
        ),
        is_asked=not is_withdrawn(
            ConsentKind.DATA, await consents.of_participant(connection, participant.id)
        ),
    )


def _addressee(row: Addressed) -> Addressee:
    return Addressee(
        reader=Reader(
            account_id=row.account_id, role=row.role, zone=ZoneInfo(row.time_zone), hour=row.reminder_hour
        ),
        language=row.language,
        has_sms=row.has_sms,
        consented_at=row.consented_at,
        number=row.number,
        scheduled=frozenset(row.scheduled),
        confirmed=frozenset(row.confirmed),
    )
