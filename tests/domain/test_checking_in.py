"""With which report a week is done, on whatever clock and however late it arrives (cases.md 20, 22 and 25)."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.checking_in import check_in
from domain.occasion import OccasionRecord, OccasionState
from domain.people import Account, Role
from domain.report import CLOCK_SLACK, OFFLINE_FOR, Report
from tests.support import filings
from tests.support.alerts import LIN, SITE
from tests.support.protocol import shipped
from tests.support.years import CHECK_IN, LINS, VISIT, Kept, a_site, at, day

WELL: tuple[Answer, ...] = (ChoiceAnswer(item_id="vomited-blood", choice="no"),)


def a_report(
    made_at: datetime,
    received_at: datetime | None = None,
    *,
    form: str = "check-in",
    reporter: Role = Role.PARTICIPANT,
    answers: tuple[Answer, ...] = WELL,
) -> Report:
    """A report by the phone's clock, received when it was made or later."""
    said = filings.a_submission(made_at, *answers, form=form)
    return filings.a_report(said, received_at or made_at, reporter=reporter)


def an_account(time_zone: str = "Asia/Shanghai") -> Account:
    """Lin's, wherever she is."""
    return Account(
        id=LINS,
        site_id=SITE,
        participant_id=LIN,
        role=Role.PARTICIPANT,
        language="zh-CN",
        time_zone=time_zone,
        reminder_hour=9,
        created_at=at(0),
    )


def arrives(report: Report, year: Kept | None = None) -> OccasionRecord | None:
    """What her report does, in a year that was looked at until it came."""
    kept = year or Kept()
    now = report.received_at
    kept.look(now)
    change = check_in(kept.course(now), report, an_account(), a_site(), shipped().calendar)
    if change is None:
        return None
    assert isinstance(change.after, OccasionRecord)
    assert change.before == kept.records.get((CHECK_IN, change.after.week))
    kept.records[CHECK_IN, change.after.week] = change.after
    return change.after


def week(record: OccasionRecord | None) -> int | None:
    return None if record is None else record.week


@pytest.mark.parametrize("number", range(1, 53))
def test_every_week_of_the_year_can_be_done(number: int) -> None:
    done = arrives(a_report(at(7 * number, "10:00")))
    assert done is not None
    assert (done.week, done.state, done.done_on) == (number, OccasionState.DONE, day(7 * number))
    assert (done.is_late, done.report_id) == (False, UUID(int=900))


@pytest.mark.parametrize(
    ("number", "clock", "done"),
    [
        (6, "23:59", None),
        (7, "00:00", 1),
        (13, "23:59", 1),
        (14, "00:00", 2),
        (370, "23:59", 52),
        (371, "00:00", None),
    ],
)
def test_a_week_begins_and_ends_at_midnight_of_the_site(number: int, clock: str, done: int | None) -> None:
    assert week(arrives(a_report(at(number, clock)))) == done


@pytest.mark.parametrize("offset", [-10, 5.5, 14])
def test_whatever_offset_her_phone_writes_the_week_is_that_of_the_site(offset: float) -> None:
    elsewhere = timezone(timedelta(hours=offset))
    assert week(arrives(a_report(at(7, "00:30").astimezone(elsewhere)))) == 1
    assert week(arrives(a_report(at(13, "23:30").astimezone(elsewhere)))) == 1


def test_a_report_made_in_time_that_waited_on_her_phone_counts_for_its_own_week_as_late() -> None:
    year = Kept()
    done = arrives(a_report(at(13, "22:00"), at(15, "09:00")), year)
    assert done is not None
    assert (done.week, done.done_on, done.is_late, done.missed_at) == (1, day(15), True, at(14))
    assert week(arrives(a_report(at(15, "09:05")), year)) == 2


def test_a_report_that_waited_in_its_own_week_is_not_late() -> None:
    done = arrives(a_report(at(7, "22:00"), at(12, "09:00")))
    assert done is not None
    assert (done.week, done.is_late) == (1, False)


@pytest.mark.parametrize("number", [1, 20, 52])
def test_a_report_may_wait_on_her_phone_for_twenty_eight_days(number: int) -> None:
    made = at(7 * number + 3, "10:00")
    assert week(arrives(a_report(made, made + OFFLINE_FOR))) == number


def test_what_waited_for_longer_has_a_clock_that_cannot_be_right_and_counts_for_the_day_it_arrived() -> None:
    made = at(10, "10:00")
    assert week(arrives(a_report(made, made + OFFLINE_FOR + timedelta(seconds=1)))) == 5


@pytest.mark.parametrize("years", [-1, 1])
def test_a_phone_whose_clock_is_wrong_by_a_year_checks_in_for_the_week_it_is(years: int) -> None:
    now = at(73, "10:00")
    assert week(arrives(a_report(now + timedelta(days=365 * years), now))) == 10


@pytest.mark.parametrize(("ahead", "done"), [(CLOCK_SLACK, 1), (CLOCK_SLACK + timedelta(seconds=1), 1)])
def test_a_clock_some_minutes_fast_does_not_check_in_for_a_week_that_has_not_begun(
    ahead: timedelta, done: int
) -> None:
    now = at(13, "23:58")
    assert week(arrives(a_report(now + ahead, now))) == done


def test_four_weeks_without_a_network_are_four_weeks_done_in_whatever_order_they_arrive() -> None:
    year, home = Kept(), at(31, "09:00")
    made = [at(7 * number + 1, "10:00") for number in (3, 1, 4, 2)]
    assert [week(arrives(a_report(each, home), year)) for each in made] == [3, 1, 4, 2]


def test_a_second_report_of_a_week_counts_for_no_other_week() -> None:
    """It was made before the next one began, and says nothing of it: a silence there must still be heard."""
    year = Kept()
    assert week(arrives(a_report(at(8, "10:00")), year)) == 1
    assert arrives(a_report(at(13, "20:00"), at(15, "09:00")), year) is None
    assert year.standing(CHECK_IN, 2, at(15, "09:00")).state is OccasionState.OPEN


def test_a_second_report_on_the_same_day_changes_nothing() -> None:
    year = Kept()
    assert week(arrives(a_report(at(8, "10:00")), year)) == 1
    assert arrives(a_report(at(8, "10:05")), year) is None


@pytest.mark.parametrize("number", [0, 3, 6])
def test_before_the_first_week_nobody_checks_in(number: int) -> None:
    assert arrives(a_report(at(number, "10:00"))) is None


def test_a_report_of_the_caregiver_is_not_merged_into_hers() -> None:
    assert arrives(a_report(at(7, "10:00"), reporter=Role.CAREGIVER)) is None
    assert arrives(a_report(at(7, "10:00"), reporter=Role.CAREGIVER, form="caregiver")) is None


@pytest.mark.parametrize("form", ["on-demand", "caregiver", "unheard-of"])
def test_another_form_is_no_check_in(form: str) -> None:
    assert arrives(a_report(at(7, "10:00"), form=form)) is None


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (TextAnswer(item_id="free-text", text="hello"),),
        (NumberAnswer(item_id="temperature", number=36.6),),
    ],
)
def test_a_form_that_answers_no_question_says_nothing_of_how_she_is(answers: tuple[Answer, ...]) -> None:
    assert arrives(a_report(at(7, "10:00"), answers=answers)) is None


def test_a_visit_is_never_done_by_a_report() -> None:
    year = Kept()
    arrives(a_report(at(7, "10:00")), year)
    assert (VISIT, 1) not in year.records


def test_a_check_in_of_which_the_site_was_told_can_still_be_done() -> None:
    year = Kept()
    year.run(at(7, "09:00"), at(9, "10:00"))
    assert year.records[CHECK_IN, 1].silent_at == at(9, "09:00")
    done = arrives(a_report(at(9, "11:00")), year)
    assert done is not None
    assert (done.state, done.is_late, done.silent_at) == (OccasionState.DONE, False, at(9, "09:00"))


def test_a_plan_that_was_closed_has_no_check_ins_to_do() -> None:
    year = Kept()
    year.plan = replace(year.plan, closed_at=at(5))
    assert arrives(a_report(at(7, "10:00")), year) is None


@given(st.integers(0, 370 * 24), st.integers(0, 27 * 24))
@settings(deadline=None, max_examples=50)
def test_a_report_counts_for_the_week_in_which_it_was_made_however_late_it_arrives(
    made: int, waited: int
) -> None:
    made_at = at(0) + timedelta(hours=made)
    report = a_report(made_at, made_at + timedelta(hours=waited))
    change = check_in(Kept().course(report.received_at), report, an_account(), a_site(), shipped().calendar)
    done = None if change is None else change.after
    assert (done.week if isinstance(done, OccasionRecord) else 0) == made // (24 * 7)
