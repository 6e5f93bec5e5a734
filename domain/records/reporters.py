"""Who hands a report in, and what is known of her: loaded in one statement, for every report begins with it."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.limits import DAY, MOST_A_DAY, UNVERIFIED_EVERY, Use
from domain.people import Account, Participant, Session, Site
from domain.records.identity import act_as, of_account
from domain.records.rows import Connection, one
from domain.task import TaskKind


class Reporter(Struct, frozen=True, kw_only=True):
    """A session with its account, participant and site, and what else decides about a report that comes with it."""

    session: Session
    account: Account
    participant: Participant
    site: Site
    given_on: tuple[date, ...]
    """The days of the administrations."""
    within_a_day: int
    rang_unverified_at: datetime | None
    flood_task: UUID | None

    @property
    def use(self) -> Use:
        """What this phone has handed in lately."""
        return Use(
            within_a_day=self.within_a_day,
            rang_unverified_at=self.rang_unverified_at,
            flood_task=self.flood_task,
        )


async def lock(connection: Connection, session_id: UUID, machine_now: datetime) -> Reporter | None:
    """Return who reports, with the participant held until the transaction ends; None for a session of staff, or none.

    It is asked as the system. From then on the transaction, and this task, act as whoever was found, which the same
    statement says: a statement of its own would cost every report a round trip.

    Only the participant is read under the lock. What another report may have changed while this one waited is read
    after it; limits and days of administrations may be a moment old.
    """
    found = await one(
        connection,
        Reporter,
        """
        select set_config(
                'nightbell.acting_as', 'account|' || participant.id || '|{' || site.id || '}', true
            ) as acting_as,
            to_jsonb(session) as session, to_jsonb(account) as account, to_jsonb(participant) as participant,
            to_jsonb(site) as site,
            array(
                select given_on from administrations where participant_id = participant.id order by given_on
            ) as given_on,
            (select count(*) from (
                select from reports where session_id = session.id and arrived_at > $2 limit $3
            ) as counted) as within_a_day,
            (select max(arrived_at) from reports
                where session_id = session.id and rang and not is_verified and arrived_at > $4
            ) as rang_unverified_at,
            (select id from tasks where about_id = session.id and kind = $5 and resolved_at is null limit 1)
                as flood_task
        from sessions as session
        join accounts as account on account.id = session.account_id
        join participants as participant on participant.id = account.participant_id
        join sites as site on site.id = participant.site_id
        where session.id = $1
        for no key update of participant
        """,
        session_id,
        machine_now - DAY,
        MOST_A_DAY,
        machine_now - UNVERIFIED_EVERY,
        TaskKind.REPORT_FLOOD,
    )
    if found is not None:
        act_as(of_account(found.participant.id, found.site.id))
    return found
