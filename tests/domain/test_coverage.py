"""What is wrong with the coming days of a site, and when somebody is told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import coverage, delivery
from domain.attempt import Attempt
from domain.colleague import Colleague
from domain.coverage import Coverage, FindingKind
from domain.people import Contact, ContactKind, Shift
from domain.task import Task, TaskKind
from tests.support.alerts import NOON, SITE, a_page, a_way, context, name_of, staff_id
from tests.support.protocol import shipped
from tests.support.rota import PEOPLE, at, shift, the_site

K = FindingKind
DAYS = 2
END = 48
FULL = (shift("Bob", -5, 90), shift("Dana", -5, 90, 2), shift("Erin", -5, 90, 3))


def look(*rows: Shift, people: dict[UUID, Colleague] = PEOPLE, principal: str | None = "Frank") -> Coverage:
    leader = None if principal is None else staff_id(principal)
    site = replace(the_site(), principal_investigator_id=leader)
    return coverage.look(site, rows, people, coverage.tiers(shipped().escalation), NOON, DAYS)


def found(result: Coverage) -> list[tuple[FindingKind, int | None, str, float, float]]:
    hour = timedelta(hours=1)
    return [
        (
            each.kind,
            each.tier,
            "" if each.staff_id is None else name_of(each.staff_id),
            (each.starts_at - NOON) / hour,
            (each.ends_at - NOON) / hour,
        )
        for each in result.findings
    ]


def but(name: str, **change: object) -> dict[UUID, Colleague]:
    person = PEOPLE[staff_id(name)]
    return {**PEOPLE, person.staff_id: replace(person, **change)}


def test_a_rota_that_names_somebody_reachable_in_every_hour_is_covered() -> None:
    assert look(*FULL).is_covered


def test_every_tier_that_an_alert_rings_must_be_covered() -> None:
    assert found(look(*FULL[:2], shift("Erin", 5, 40, 3))) == [(K.GAP, 3, "", 0, 5), (K.GAP, 3, "", 40, END)]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"number": None}, K.NO_NUMBER),
        ({"unusable_since": NOON}, K.DEAD_NUMBER),
        ({"disabled_at": NOON}, K.ACCOUNT_CLOSED),
    ],
)
def test_somebody_on_call_who_cannot_be_rung_is_told_with_her_hours(
    change: dict[str, object], kind: FindingKind
) -> None:
    rows = (shift("Bob", -5, 10), shift("Erin", 3, 6), shift("Alice", 10, 90), *FULL[1:])
    assert found(look(*rows, people=but("Bob", **change))) == [(kind, 1, "Bob", 0, 10)]


def test_an_override_mends_what_a_dead_number_leaves_open() -> None:
    rows = (*FULL, shift("Alice", 0, 30, override=True))
    assert found(look(*rows, people=but("Bob", unusable_since=NOON))) == [(K.DEAD_NUMBER, 1, "Bob", 30, END)]


def test_two_people_with_one_number_are_told_where_one_would_be_rung_after_the_other() -> None:
    rows = (shift("Bob", -5, 90), shift("Dana", 10, 20, 2), shift("Alice", -5, 90, 2), FULL[2])
    shared = but("Dana", number=b"Bob")
    assert found(look(*rows, people=shared)) == [
        (K.SHARED_NUMBER, 1, "Bob", 10, 20),
        (K.SHARED_NUMBER, 2, "Dana", 10, 20),
    ]
    assert look(shift("Bob", -5, 10), shift("Dana", 10, 90), *FULL[1:], people=but("Erin")).is_covered
    in_turn = (shift("Bob", -5, 10), shift("Dana", 10, 90), shift("Alice", -5, 90, 2), FULL[2])
    assert look(*in_turn, people=shared).is_covered


def test_the_principal_investigator_must_be_reachable_by_a_number_of_his_own() -> None:
    for principal, people in (
        ("Frank", but("Frank", unusable_since=NOON)),
        ("Frank", but("Frank", disabled_at=NOON)),
    ):
        assert found(look(*FULL, people=people, principal=principal)) == [
            (K.FALLBACK_UNREACHABLE, None, "Frank", 0, END)
        ]
    assert found(look(*FULL, principal=None)) == [(K.FALLBACK_UNREACHABLE, None, "", 0, END)]
    shared = found(look(*FULL, people=but("Frank", number=b"Bob")))
    assert {each[2] for each in shared if each[0] is K.SHARED_NUMBER} == {"Bob", "Frank"}


def test_who_is_on_call_and_principal_investigator_at_once_shares_no_number_with_anybody() -> None:
    assert look(shift("Frank", -5, 90), *FULL[1:]).is_covered


def warned(result: Coverage, warned_at: datetime | None = None) -> list[Task]:
    decision = coverage.warn(the_site(), result, warned_at, context(NOON))
    changes = () if decision is None else decision.changes
    return [each.after for each in changes if isinstance(each.after, Task)]


def test_a_hole_of_tomorrow_is_due_at_once_and_a_later_one_in_a_day() -> None:
    later = look(shift("Bob", -5, 30), *FULL[1:])
    (task,) = warned(later)
    assert (task.kind, task.about_id, task.participant_id) == (TaskKind.COVERAGE, SITE, None)
    assert task.due_at == at(24)
    (task,) = warned(look(shift("Bob", -5, 24), *FULL[1:]))
    assert task.due_at == NOON


def test_one_warning_is_enough_while_it_is_open_and_none_is_given_where_all_is_well() -> None:
    assert warned(look(*FULL)) == []
    assert warned(look(), NOON - timedelta(hours=1)) == []


def test_the_first_tier_must_reach_somebody_when_a_site_goes_live() -> None:
    assert coverage.faults_of_going_live(FULL, PEOPLE, NOON) == ()
    for rows, people in (
        ((), PEOPLE),
        (FULL[1:], PEOPLE),
        ((shift("Bob", 1, 9),), PEOPLE),
        (FULL, but("Bob", unusable_since=NOON)),
    ):
        (fault,) = coverage.faults_of_going_live(rows, people, NOON)
        assert fault.pointer == "rota"


def test_a_site_is_looked_at_each_morning_by_its_own_clock() -> None:
    london = replace(the_site(), time_zone="Europe/London")
    before_the_change = datetime(2026, 10, 24, 8, tzinfo=UTC)
    assert coverage.look_again_at(the_site(), NOON) == datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert coverage.look_again_at(the_site(), at(-4)) == at(-3)
    assert coverage.look_again_at(london, before_the_change) == datetime(2026, 10, 25, 9, tzinfo=UTC)


def bobs_phone(**change: object) -> Contact:
    known = Contact(
        id=UUID(int=9),
        kind=ContactKind.PHONE,
        staff_id=staff_id("Bob"),
        key_id="k",
        sealed=b"s",
        blind_index=b"b",
    )
    return replace(known, **change)


def refused(failure: str, number: bytes = b"b") -> Attempt:
    """A call to a number that was refused."""
    sending = delivery.sending(a_page(), a_way(), NOON)
    made = delivery.next_attempt(sending, UUID(int=9), a_way(), NOON)
    return replace(made, failure=failure, number_index=number)


def test_a_number_that_is_on_file_no_more_says_nothing_of_the_new_one() -> None:
    """A receipt may come late, after another number was put on file."""
    late = refused("number", number=b"the old one")
    assert coverage.number_failed(bobs_phone(), SITE, late, context(NOON)) == []


@pytest.mark.parametrize("failure", ["number", "consent"])
def test_a_number_that_no_page_reaches_is_marked_and_a_human_is_told(failure: str) -> None:
    phone, task = (
        change.after for change in coverage.number_failed(bobs_phone(), SITE, refused(failure), context(NOON))
    )
    assert phone == bobs_phone(unusable_since=NOON)
    assert isinstance(task, Task)
    assert (task.kind, task.about_id, task.site_id, task.due_at) == (
        TaskKind.COVERAGE,
        staff_id("Bob"),
        SITE,
        NOON,
    )


@pytest.mark.parametrize(
    ("contact", "failure"),
    [
        (bobs_phone(), "transient"),
        (bobs_phone(), "configuration"),
        (bobs_phone(), "content"),
        (bobs_phone(), ""),
        (bobs_phone(unusable_since=at(-1)), "number"),
        (bobs_phone(staff_id=None, account_id=UUID(int=4)), "number"),
    ],
)
def test_any_other_failure_and_a_second_one_change_nothing(contact: Contact, failure: str) -> None:
    assert coverage.number_failed(contact, SITE, refused(failure), context(NOON)) == []
