"""Reminders: what was called for, what phones said of it, who consented to SMS, and secret calendar addresses."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.people import CalendarFeed
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing
from domain.reminder import Consent, PhoneReceipt, Reminder


async def insert(writing: Writing, reminder: Reminder) -> None:
    """Store that somebody was called; the index `reminders_once_key` refuses a second time."""
    await writing.connection.execute(
        """
        insert into reminders (
            id, site_id, participant_id, account_id, kind, week, target, rung, plan_version, at, made_at,
            message_id
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        *astuple(reminder),
    )


async def of_participant(connection: Connection, participant_id: UUID) -> tuple[Reminder, ...]:
    """Return everything that participant and caregiver were called for, oldest first."""
    return await many(
        connection,
        Reminder,
        """
        select id, site_id, participant_id, account_id, kind, week, target, rung, plan_version, at, made_at,
            message_id
        from reminders where participant_id = $1 order by made_at, id
        """,
        participant_id,
    )


async def insert_receipt(writing: Writing, receipt: PhoneReceipt) -> None:
    """Store what a phone says of a reminder, once."""
    await writing.connection.execute(
        """
        insert into reminder_receipts (
            id, site_id, participant_id, account_id, session_id, reminder_id, kind, device_time, told_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (session_id, reminder_id, kind) do nothing
        """,
        *astuple(receipt),
    )


async def receipts_of(connection: Connection, session_id: UUID) -> tuple[PhoneReceipt, ...]:
    """Return what one phone has said so far."""
    return await many(
        connection,
        PhoneReceipt,
        """
        select id, site_id, participant_id, account_id, session_id, reminder_id, kind, device_time, told_at
        from reminder_receipts where session_id = $1 order by told_at, id
        """,
        session_id,
    )


class Addressed(Struct, frozen=True, kw_only=True):
    """An account of a participant, whether it may get SMS, and which reminders its phones know of.

    Only phones that are signed in count; `scheduled` only those that hold this version of the plan.
    """

    account_id: UUID
    role: str
    language: str
    time_zone: str
    reminder_hour: int
    has_sms: bool
    consented_at: datetime | None
    number: bytes | None
    scheduled: list[UUID]
    confirmed: list[UUID]


async def addressed(connection: Connection, participant_id: UUID, version: int) -> tuple[Addressed, ...]:
    """Return who may be reminded: the participant before the caregiver."""
    # Whoever never signed anything was let in before consents were kept; who withdrew is told nothing more.
    return await many(
        connection,
        Addressed,
        """
        select accounts.id as account_id, role, language, time_zone, reminder_hour,
            exists(select from consents where account_id = accounts.id and withdrawn_at is null)
            and exists(
                select from contacts
                where account_id = accounts.id and kind = 'phone' and unusable_since is null
            ) as has_sms,
            (
                select recorded_at from consents where account_id = accounts.id and withdrawn_at is null
            ) as consented_at,
            (select blind_index from contacts where account_id = accounts.id and kind = 'phone') as number,
            array(
                select reminder_id from reminder_receipts join sessions
                    on sessions.id = session_id and revoked_at is null and plan_version = $2
                where reminder_receipts.account_id = accounts.id and kind = 'scheduled'
            ) as scheduled,
            array(
                select reminder_id from reminder_receipts join sessions
                    on sessions.id = session_id and revoked_at is null
                where reminder_receipts.account_id = accounts.id and kind in ('shown', 'opened')
            ) as confirmed
        from accounts
        where participant_id = $1 and (
            role <> 'caregiver'
            or not exists(select from consents where participant_id = $1 and kind = 'caregiver-access')
            or exists(
                select from consents
                where participant_id = $1 and kind = 'caregiver-access' and withdrawn_at is null
            )
        )
        order by role desc
        """,
        participant_id,
        version,
    )


class Reached(Struct, frozen=True, kw_only=True):
    """How an account can be reached, as its site may see it."""

    role: str
    sms: bool
    phones: int
    plan_version: int | None


async def reach(connection: Connection, participant_id: UUID) -> tuple[Reached, ...]:
    """Return how the participant, and then her caregiver, can be reached."""
    return await many(
        connection,
        Reached,
        """
        select role,
            exists(select from consents where account_id = accounts.id and withdrawn_at is null)
            and exists(
                select from contacts
                where account_id = accounts.id and kind = 'phone' and unusable_since is null
            ) as sms,
            (
                select count(*) from sessions where account_id = accounts.id and revoked_at is null
            ) as phones,
            (
                select max(plan_version) from sessions where account_id = accounts.id and revoked_at is null
            ) as plan_version
        from accounts where participant_id = $1 order by role desc
        """,
        participant_id,
    )


async def insert_consent(writing: Writing, consent: Consent) -> None:
    """Store a consent; the index `consents_in_force_key` refuses a second one in force."""
    await writing.connection.execute(
        """
        insert into consents (
            id, site_id, participant_id, account_id, given_on, recorded_at, recorded_by, withdrawn_at, kind, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        *astuple(consent),
    )


async def withdraw_consent(writing: Writing, consent: Consent) -> None:
    """Store that a consent was taken back."""
    await touch_one(
        writing.connection,
        "update consents set withdrawn_at = $2 where id = $1",
        consent.id,
        consent.withdrawn_at,
    )


async def consent_of(connection: Connection, account_id: UUID) -> Consent | None:
    """Return the consent to SMS that is in force."""
    return await one(
        connection,
        Consent,
        """
        select id, site_id, participant_id, account_id, given_on, recorded_at, recorded_by, withdrawn_at, kind, version
        from consents where account_id = $1 and withdrawn_at is null
        """,
        account_id,
    )


async def insert_feed(writing: Writing, feed: CalendarFeed) -> None:
    """Store a calendar's address by its hash; the index `calendar_feeds_one_key` refuses a second one."""
    await writing.connection.execute(
        """
        insert into calendar_feeds
            (id, site_id, participant_id, account_id, secret_hash, made_at, revoked_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        *astuple(feed),
    )


async def revoke_feed(writing: Writing, feed: CalendarFeed) -> None:
    """Store that a calendar's address leads nowhere any more."""
    await touch_one(
        writing.connection,
        "update calendar_feeds set revoked_at = $2 where id = $1",
        feed.id,
        feed.revoked_at,
    )


async def feed_of(connection: Connection, account_id: UUID) -> CalendarFeed | None:
    """Return the calendar of an account."""
    return await one(
        connection,
        CalendarFeed,
        """
        select id, site_id, participant_id, account_id, secret_hash, made_at, revoked_at
        from calendar_feeds where account_id = $1 and revoked_at is null
        """,
        account_id,
    )


async def feed_by_secret(connection: Connection, secret_hash: bytes) -> CalendarFeed | None:
    """Return a calendar by the hash of its secret."""
    return await one(
        connection,
        CalendarFeed,
        """
        select id, site_id, participant_id, account_id, secret_hash, made_at, revoked_at
        from calendar_feeds where secret_hash = $1 and revoked_at is null
        """,
        secret_hash,
    )
