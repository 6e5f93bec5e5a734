"""Who is on call by the rows of a rota, and what may be changed of them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain import rota_changes
from domain.decision import Decision
from domain.errors import BodyInvalid, IllegalEvent
from domain.people import Role, Shift, ShiftKind, ShiftSource
from domain.rota import Gap, Span, duty, gaps
from domain.rota_changes import Book, Wanted
from tests.support.alerts import NOON, name_of, staff_id
from tests.support.rota import PEOPLE, at, book, by, shift, wanted


def told(*rows: Shift, begins: float = 0, ends: float = 24) -> list[tuple[int, str, float, float]]:
    """The duty of these rows in words."""
    return [
        (span.tier, "+".join(map(name_of, span.staff_ids)), _hours(span)[0], _hours(span)[1])
        for span in duty(rows, at(begins), at(ends))
    ]


def _hours(span: Span | Gap) -> tuple[float, float]:
    hour = timedelta(hours=1)
    return (span.starts_at - NOON) / hour, (span.ends_at - NOON) / hour


def holes(*rows: Shift, tiers: tuple[int, ...] = (1,)) -> list[tuple[int, float, float]]:
    spans = duty(rows, at(0), at(24))
    return [(gap.tier, *_hours(gap)) for gap in gaps(spans, tiers, at(0), at(24))]


def after(rows: Book, decision: Decision | None) -> tuple[Shift, ...]:
    """The rows as a decision leaves them."""
    changes = () if decision is None else decision.changes
    changed = {each.after.id: each.after for each in changes if isinstance(each.after, Shift)}
    return tuple({**{each.id: each for each in rows.rows}, **changed}.values())


def faults(refusal: pytest.ExceptionInfo[BodyInvalid]) -> list[str]:
    return [fault.pointer for fault in refusal.value.faults]


def test_shifts_that_meet_leave_no_hole_and_stay_two_spans() -> None:
    rows = (shift("Bob", -3, 8), shift("Dana", 8, 30))
    assert told(*rows) == [(1, "Bob", 0, 8), (1, "Dana", 8, 24)]
    assert holes(*rows) == []


def test_hours_without_anybody_are_holes_of_their_tier() -> None:
    rows = (shift("Bob", 2, 8), shift("Dana", 10, 24), shift("Erin", 0, 24, 2))
    assert holes(*rows, tiers=(1, 2, 3)) == [(1, 0, 2), (1, 8, 10), (3, 0, 24)]


def test_an_override_replaces_whoever_the_shifts_of_its_tier_name_and_no_other_tier() -> None:
    rows = (shift("Bob", 0, 24), shift("Erin", 0, 24, 2), shift("Dana", 6, 9, override=True))
    assert told(*rows) == [(1, "Bob", 0, 6), (1, "Dana", 6, 9), (1, "Bob", 9, 24), (2, "Erin", 0, 24)]


def test_several_overrides_at_once_are_all_on_call() -> None:
    rows = (shift("Bob", 0, 24), shift("Dana", 6, 9, override=True), shift("Erin", 7, 12, override=True))
    assert told(*rows) == [
        (1, "Bob", 0, 6),
        (1, "Dana", 6, 7),
        (1, "Dana+Erin", 7, 9),
        (1, "Erin", 9, 12),
        (1, "Bob", 12, 24),
    ]


def test_an_override_covers_hours_that_no_shift_does() -> None:
    assert told(shift("Dana", 6, 9, override=True)) == [(1, "Dana", 6, 9)]


def test_what_was_taken_out_was_in_force_until_then_and_never_if_it_had_not_begun() -> None:
    rows = (shift("Bob", 0, 24, removed=5), shift("Dana", 8, 24, removed=5))
    assert told(*rows) == [(1, "Bob", 0, 5)]


def test_who_is_on_call_twice_is_named_once() -> None:
    assert told(shift("Bob", 0, 10), shift("Bob", 5, 24)) == [(1, "Bob", 0, 24)]


def test_replacing_keeps_what_is_given_as_it_was_and_ends_a_running_shift_that_is_left_out() -> None:
    rows = book(shift("Bob", -5, 5), shift("Dana", -5, 5, 2), shift("Erin", 8, 16))
    done = rota_changes.replace(rows, (wanted("Dana", -5, 5, 2), wanted("Bob", 8, 16)), by("Alice"))
    assert (done.added, done.removed, done.kept) == (1, 2, 1)
    left = after(rows, done.decision)
    assert told(*left, begins=-5) == [(1, "Bob", -5, 0), (1, "Bob", 8, 16), (2, "Dana", -5, 5)]
    assert {each.removed_by for each in left if each.removed_at} == {staff_id("Alice")}


def test_to_give_the_same_rota_again_changes_nothing() -> None:
    rows = book(shift("Bob", -5, 5), shift("Dana", 5, 9, 2))
    given = (wanted("Bob", -2, 5), wanted("Dana", 5, 9, 2, pointer="/shifts/1"))
    assert rota_changes.replace(rows, given, by("Alice")).decision is None


def test_what_has_ended_stays_and_may_be_given_back_as_it_was_read() -> None:
    rows = book(shift("Bob", -9, -1), shift("Dana", -1, 9))
    given = (wanted("Bob", -9, -1), wanted("Dana", -1, 9, pointer="/shifts/1"))
    assert rota_changes.replace(rows, given, by("Alice")).decision is None
    assert rota_changes.replace(rows, given[1:], by("Alice")).decision is None


def test_a_new_shift_begins_now_at_the_earliest() -> None:
    done = rota_changes.replace(book(), (wanted("Bob", -3, 5),), by("Alice"))
    assert told(*after(book(), done.decision), begins=-5) == [(1, "Bob", 0, 5)]


def test_every_fault_of_a_rota_is_named_at_once_where_it_stands() -> None:
    mona = replace(PEOPLE[staff_id("Erin")], role=Role.MONITOR)
    gone = replace(PEOPLE[staff_id("Frank")], disabled_at=NOON)
    people = {**PEOPLE, mona.staff_id: mona, gone.staff_id: gone}
    del people[staff_id("Alice")]
    given = (
        wanted("Alice", 0, 5, pointer="/shifts/0"),
        wanted("Erin", 0, 5, pointer="/shifts/1"),
        wanted("Frank", 0, 5, pointer="/shifts/2"),
        wanted("Bob", 5, 5, 2, pointer="/shifts/3"),
        wanted("Bob", -9, -5, 3, pointer="/shifts/4"),
        wanted("Bob", 0, 400 * 24 + 1, pointer="/shifts/5"),
        wanted("Dana", 0, 5, pointer="/shifts/6"),
        wanted("Dana", 4, 9, pointer="/shifts/7"),
    )
    with pytest.raises(BodyInvalid) as refusal:
        rota_changes.replace(book(people=people), given, by("Bob"))
    assert faults(refusal) == [
        "/shifts/0/staffId",
        "/shifts/1/staffId",
        "/shifts/2/staffId",
        "/shifts/3/endsAt",
        "/shifts/4/endsAt",
        "/shifts/5/endsAt",
        "/shifts/7/startsAt",
    ]


def test_an_override_is_one_row_with_its_reason() -> None:
    rows = book(shift("Bob", -5, 5))
    draft = replace(wanted("Dana", -2, 3, pointer=""), kind=ShiftKind.OVERRIDE, reason="at a congress")
    decision = rota_changes.override(rows, draft, by("Alice"))
    assert told(*after(rows, decision), begins=-5) == [(1, "Bob", -5, 0), (1, "Dana", 0, 3), (1, "Bob", 3, 5)]
    assert decision.reason == "at a congress"


def test_whoever_has_taken_hours_over_cannot_take_them_over_again() -> None:
    rows = book(shift("Dana", 0, 3, override=True))
    draft = replace(wanted("Dana", 2, 9, pointer=""), kind=ShiftKind.OVERRIDE)
    with pytest.raises(BodyInvalid) as refusal:
        rota_changes.override(rows, draft, by("Alice"))
    assert faults(refusal) == ["/startsAt"]


def swapped(rows: Book, one: Shift, other: Shift) -> tuple[Shift, ...]:
    return after(rows, rota_changes.swap(rows, one, other, "both asked", by("Alice")))


def test_two_people_swap_what_is_left_of_their_shifts() -> None:
    bobs, danas = shift("Bob", -4, 8), shift("Dana", 8, 16)
    left = swapped(book(bobs, danas), bobs, danas)
    assert told(*left, begins=-4) == [(1, "Bob", -4, 0), (1, "Dana", 0, 8), (1, "Bob", 8, 16)]
    assert [each.source for each in left if each.kind is ShiftKind.OVERRIDE] == [ShiftSource.SWAP] * 2


def test_who_is_on_call_beside_the_two_stays_so() -> None:
    bobs, danas = shift("Bob", 0, 8), shift("Dana", 8, 16)
    left = swapped(book(bobs, danas, shift("Erin", 6, 12)), bobs, danas)
    assert told(*left) == [
        (1, "Dana", 0, 6),
        (1, "Dana+Erin", 6, 8),
        (1, "Bob+Erin", 8, 12),
        (1, "Bob", 12, 16),
    ]


def test_a_swap_is_swapped_back_and_the_first_overrides_are_gone() -> None:
    bobs, danas = shift("Bob", 0, 8), shift("Dana", 8, 16)
    rows = book(*swapped(book(bobs, danas), bobs, danas))
    one, other = (each for each in rows.rows if each.kind is ShiftKind.OVERRIDE)
    back = after(rows, rota_changes.swap(rows, one, other, "never mind", by("Alice")))
    assert told(*back) == [(1, "Bob", 0, 8), (1, "Dana", 8, 16)]


def test_nobody_swaps_what_is_over_or_taken_over_or_her_own() -> None:
    bobs, danas = shift("Bob", 0, 8), shift("Dana", 8, 16)
    over = shift("Erin", -9, -1)
    rows = book(bobs, danas, over, shift("Erin", 6, 7, override=True))
    with pytest.raises(IllegalEvent):
        rota_changes.swap(rows, bobs, danas, "x", by("Alice"))
    with pytest.raises(IllegalEvent):
        rota_changes.swap(rows, bobs, replace(danas, staff_id=bobs.staff_id), "x", by("Alice"))
    with pytest.raises(IllegalEvent):
        rows.find(over.id, "/shiftId", NOON)
    with pytest.raises(BodyInvalid):
        rows.find(shift("Alice", 1, 2).id, "/shiftId", NOON)


def imported(rows: Book, *given: Wanted, calendar: str = "nights") -> tuple[Shift, ...]:
    return after(rows, rota_changes.take_in(rows, calendar, given, by("Alice")).decision)


def test_a_calendar_read_again_changes_nothing_and_what_has_gone_from_it_is_taken_out() -> None:
    nights = (wanted("Bob", -2, 8, pointer="/a"), wanted("Dana", 8, 16, pointer="/b"))
    rows = book(shift("Erin", 0, 24, 2), *imported(book(), *nights))
    assert rota_changes.take_in(rows, "nights", nights, by("Alice")).decision is None
    left = imported(rows, wanted("Bob", -2, 8), wanted("Bob", 16, 20, pointer="/c"))
    assert told(*left) == [(1, "Bob", 0, 8), (1, "Bob", 16, 20), (2, "Erin", 0, 24)]


def test_a_calendar_touches_no_other_calendar_and_nothing_that_was_put_by_hand() -> None:
    rows = book(shift("Erin", 0, 24, 2), *imported(book(), wanted("Bob", 0, 8)))
    assert told(*imported(rows, wanted("Dana", 8, 16), calendar="days")) == [
        (1, "Bob", 0, 8),
        (1, "Dana", 8, 16),
        (2, "Erin", 0, 24),
    ]


def test_what_a_calendar_says_of_the_past_is_passed_over() -> None:
    assert imported(book(), wanted("Alice", -9, -1)) == ()
