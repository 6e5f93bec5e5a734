"""A participant as a route of site staff needs her: locked, or shown."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.callers import StaffCaller
from api.shapes.base import AccountRole
from api.shapes.site import AdministrationView, ComplicationView, EndView, ParticipantView
from domain.errors import NotFound
from domain.people import Administration, ComplicationRecord, Participant
from domain.records import contacts, participants
from domain.records.rows import Connection


async def lock_for_work(connection: Connection, caller: StaffCaller, participant_id: UUID) -> Participant:
    """Lock a participant for a caller who may change her records; raise NotFound or NotEntitled for any other."""
    participant = await participants.lock(connection, participant_id, caller.site_ids)
    if participant is None:
        raise NotFound("There is no such thing here.")
    caller.require_work(participant.site_id)
    return participant


async def participant_view(
    connection: Connection, participant_id: UUID, within: tuple[UUID, ...] | None = None
) -> ParticipantView:
    """Show a participant, of a site `within` where a person asks, with her administrations, complications and end."""
    participant = await participants.find(connection, participant_id, within)
    if participant is None:
        raise NotFound("There is no such thing here.")
    given = await participants.administrations(connection, participant_id)
    had = await participants.complications(connection, participant_id)
    numbers = await contacts.roles_with_number(connection, (participant_id,))
    return ParticipantView(
        participant_id=participant.id,
        site_id=participant.site_id,
        subject_number=participant.subject_number,
        phase=participant.phase,
        state=participant.state.value,
        registered_at=participant.registered_at,
        end=end_view(participant),
        administrations=tuple(map(_administration, given)),
        complications=tuple(map(complication_view, had)),
        numbers_on_file=numbers_on_file(numbers, participant_id),
    )


def numbers_on_file(known: Mapping[UUID, tuple[str, ...]], participant_id: UUID) -> tuple[AccountRole, ...]:
    """Say of whom a number to call is on file, never which."""
    return msgspec.convert(known.get(participant_id, ()), tuple[AccountRole, ...])


def _administration(each: Administration) -> AdministrationView:
    return AdministrationView(number=each.number, given_on=each.given_on, recorded_at=each.recorded_at)


def complication_view(each: ComplicationRecord) -> ComplicationView:
    """Show a complication."""
    return ComplicationView(
        complication=each.kind.value, occurred_on=each.occurred_on, recorded_at=each.recorded_at
    )


def end_view(participant: Participant) -> EndView | UnsetType:
    """Show how a participation has ended; nothing while it goes on."""
    if participant.end_reason is None or participant.ended_on is None or participant.ended_at is None:
        return UNSET
    return EndView(
        reason=participant.end_reason.value, ended_on=participant.ended_on, recorded_at=participant.ended_at
    )
