"""Everything that is held about one account, table by table, for its holder alone (`GET /v1/me/export`)."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.people import ActivationCode, CalendarFeed, Contact, Session
from domain.records.rows import Connection, many
from domain.reminder import PhoneReceipt, Reminder
from domain.report import Report


class SentText(Struct, frozen=True, kw_only=True):
    """A text that was made for somebody; its words are the protocol's, by the template's name."""

    template: str
    language: str
    state: str
    created_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None


class TrailLine(Struct, frozen=True, kw_only=True):
    """One line of the audit trail: what was done or read, when, by whom."""

    action: str
    at: datetime
    role: str
    actor_id: UUID | None


class _Actor(Struct, frozen=True, kw_only=True):
    role: str
    id: UUID | None = None


class _Body(Struct, frozen=True, kw_only=True):
    action: str
    at: datetime
    actor: _Actor


class AlertLine(Struct, frozen=True, kw_only=True):
    """An alert as the person it was about may know it."""

    opened_at: datetime
    level: str
    state: str
    contacted_at: datetime | None
    resolved_at: datetime | None


async def contacts(connection: Connection, account_id: UUID) -> tuple[Contact, ...]:
    """Return what is on file to reach her."""
    return await many(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where account_id = $1 and sealed <> '' order by kind
        """,
        account_id,
    )


async def reports(connection: Connection, participant_id: UUID) -> tuple[Report, ...]:
    """Return every report about a participant, her own and her caregiver's, variants too, oldest first."""
    return await many(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where participant_id = $1 order by received_at, id, variant
        """,
        participant_id,
    )


async def sessions(connection: Connection, account_id: UUID) -> tuple[Session, ...]:
    """Return every phone that was ever signed in."""
    return await many(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where account_id = $1 order by created_at, id
        """,
        account_id,
    )


async def codes(connection: Connection, account_id: UUID) -> tuple[ActivationCode, ...]:
    """Return every one-time code that was issued for her."""
    return await many(
        connection,
        ActivationCode,
        """
        select id, site_id, participant_id, account_id, code_hash, issued_at, expires_at, revoked_at,
            redeemed_at, session_id
        from activation_codes where account_id = $1 order by issued_at, id
        """,
        account_id,
    )


async def feeds(connection: Connection, account_id: UUID) -> tuple[CalendarFeed, ...]:
    """Return every calendar that she ever made."""
    return await many(
        connection,
        CalendarFeed,
        """
        select id, site_id, participant_id, account_id, secret_hash, made_at, revoked_at
        from calendar_feeds where account_id = $1 order by made_at, id
        """,
        account_id,
    )


async def reminders(connection: Connection, account_id: UUID) -> tuple[Reminder, ...]:
    """Return everything that she was called for."""
    return await many(
        connection,
        Reminder,
        """
        select id, site_id, participant_id, account_id, kind, week, target, rung, plan_version, at, made_at,
            message_id
        from reminders where account_id = $1 order by made_at, id
        """,
        account_id,
    )


async def receipts(connection: Connection, account_id: UUID) -> tuple[PhoneReceipt, ...]:
    """Return everything that her phones said of reminders."""
    return await many(
        connection,
        PhoneReceipt,
        """
        select id, site_id, participant_id, account_id, session_id, reminder_id, kind, device_time, told_at
        from reminder_receipts where account_id = $1 order by told_at, id
        """,
        account_id,
    )


async def texts(connection: Connection, account_id: UUID) -> tuple[SentText, ...]:
    """Return every text that was made for her, sent or not."""
    return await many(
        connection,
        SentText,
        """
        select template, language, state, created_at, accepted_at, delivered_at
        from messages where account_id = $1 order by created_at, id
        """,
        account_id,
    )


async def alerts(connection: Connection, participant_id: UUID) -> tuple[AlertLine, ...]:
    """Return every alert about a participant."""
    return await many(
        connection,
        AlertLine,
        """
        select opened_at, level, state, contacted_at, resolved_at
        from alerts where participant_id = $1 order by opened_at, id
        """,
        participant_id,
    )


async def trail(connection: Connection, participant_id: UUID) -> tuple[TrailLine, ...]:
    """Return every line of a participant's chain, without what was changed: that is all above."""
    rows = await connection.fetch(
        "select body from audit_entries where chain = $1 order by position", f"participant/{participant_id}"
    )
    bodies = (msgspec.json.decode(row["body"], type=_Body) for row in rows)
    return tuple(
        TrailLine(action=each.action, at=each.at, role=each.actor.role, actor_id=each.actor.id)
        for each in bodies
    )
