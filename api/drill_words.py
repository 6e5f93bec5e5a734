"""Drills as site staff read them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from api.alert_words import page_message
from api.shapes.drills import DrillDetail, DrillScheduleView, DrillView
from api.words import known
from domain.attempt import Attempt
from domain.delivery import Message
from domain.drill import Drill
from domain.people import Site, Staff


def people_of(drill: Drill) -> tuple[UUID, ...]:
    """Return whose names a drill is shown with."""
    return tuple(each for each in (*drill.shift, drill.asked_by, drill.acknowledged_by) if each is not None)


def drill_view(drill: Drill, people: Mapping[UUID, Staff]) -> DrillView:
    """Show a drill in the list."""
    return DrillView(
        drill_id=drill.id,
        site_id=drill.site_id,
        alert_id=drill.alert_id,
        asked_by=_name(drill.asked_by, people),
        rings=tuple(people[each].name for each in drill.shift),
        state=drill.state.value,
        why=UNSET if drill.why is None else drill.why.value,
        started_at=drill.started_at,
        ends_by=drill.ends_by,
        first_accepted_at=known(drill.first_accepted_at),
        first_delivered_at=known(drill.first_delivered_at),
        acknowledged_by=_name(drill.acknowledged_by, people),
        acknowledged_at=known(drill.acknowledged_at),
        ended_at=known(drill.ended_at),
    )


def drill_detail(
    drill: Drill,
    people: Mapping[UUID, Staff],
    messages: Sequence[Message],
    attempts: Sequence[Attempt],
    reader_id: UUID,
) -> DrillDetail:
    """Show a drill with its pages to one member of staff."""
    return DrillDetail(
        **asdict(drill_view(drill, people)),
        messages=tuple(
            page_message(each, people[each.staff_id].name, attempts, reader_id) for each in messages
        ),
    )


def schedule_view(site: Site) -> DrillScheduleView:
    """Show when drills run by themselves at a site."""
    if site.drill_every is None or site.drill_at is None:
        return DrillScheduleView()
    return DrillScheduleView(
        every=f"P{site.drill_every}D",
        at=f"{site.drill_at:%H:%M}",
        next_at=known(site.drill_due_at),
    )


def _name(staff_id: UUID | None, people: Mapping[UUID, Staff]) -> str | UnsetType:
    return UNSET if staff_id is None else people[staff_id].name
