"""Event candidates as investigators read them."""

from msgspec import UNSET

from api.shapes.alert_acts import EventCandidateView
from domain.candidate import EventCandidate


def candidate_view(found: EventCandidate, subject_number: str) -> EventCandidateView:
    """Show what an investigator must judge."""
    return EventCandidateView(
        event_candidate_id=found.id,
        site_id=found.site_id,
        participant_id=found.participant_id,
        subject_number=subject_number,
        alert_id=found.alert_id,
        day=UNSET if found.day is None else found.day,
        safety_window=UNSET if found.safety_window is None else found.safety_window,
        signals=tuple(signal.value for signal in found.signals),
        level=found.level.value,
        opened_at=found.opened_at,
        made_at=found.made_at,
    )
