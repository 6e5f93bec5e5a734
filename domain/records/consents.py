"""Consents as they were given and taken back; `domain.records.reminders` writes them."""

from uuid import UUID

from domain.records.rows import Connection, many
from domain.reminder import Consent


async def of_participant(connection: Connection, participant_id: UUID) -> tuple[Consent, ...]:
    """Return every consent there ever was, of her and of her caregiver, oldest first."""
    return await many(
        connection,
        Consent,
        """
        select id, site_id, participant_id, account_id, given_on, recorded_at, recorded_by, withdrawn_at, kind, version
        from consents where participant_id = $1 order by recorded_at, id
        """,
        participant_id,
    )
