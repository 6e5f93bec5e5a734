"""What a new version of a plan is made from, loaded for a route that holds the participant."""

from domain.errors import NotFound
from domain.people import Participant, Site
from domain.planning import Planned
from domain.records import messages, plans, reminders, sites
from domain.records.rows import Connection


async def site_of(connection: Connection, participant: Participant) -> Site:
    """Return the participant's site."""
    site = await sites.find(connection, participant.site_id)
    if site is None:
        raise NotFound("There is no such site.")
    return site


async def load_planned(connection: Connection, participant: Participant) -> Planned:
    """Return the plan of a locked participant as it is now, and what of it is not sent yet."""
    current = await plans.newest(connection, participant.id)
    version = 0 if current is None else current.version
    return Planned(
        participant=participant,
        site=await site_of(connection, participant),
        current=current,
        records=await plans.records(connection, participant.id, version),
        texts=await messages.unsettled_reminders(connection, participant.id),
        made=await reminders.of_participant(connection, participant.id),
    )
