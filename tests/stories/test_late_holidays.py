"""A site says that it is closed when reminders have gone out already: nobody is told twice of one visit on one day."""

from datetime import date

from tests.support.clinic import Clinic, Person
from tests.support.sites import close_on, home
from tests.support.year import arrived, consent, days, occasion, reminders, today, until_clock


async def close(alice: Person, *closed: date) -> None:
    """The site is closed on these days and no others."""
    site = await home(alice.clinic)
    answer = await close_on(alice, site.id, *closed)
    assert answer.status_code == 200, answer.text


async def test_a_holiday_that_is_told_late_brings_no_second_reminder_of_the_day(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    visit = date.fromisoformat((await occasion(lin, "visit", 1))["targetDate"])
    two_before, eve = visit - days(2), visit - days(1)
    await until_clock(clinic, two_before, 10)
    before = arrived(clinic)
    assert before[-1] == f"{two_before} 09:00"

    # What would have been said on the evening before is moved to today, on which it was said already.
    await close(alice, eve)

    assert [each["at"] for each in (await reminders(lin))["reminders"] if each["at"] < f"{visit}T00"] == []
    await until_clock(clinic, eve, 22)
    assert arrived(clinic) == before
    await until_clock(clinic, visit, 10)
    assert arrived(clinic) == [*before, f"{visit} 09:00"]


async def test_what_came_late_and_what_a_holiday_moves_to_the_same_day_are_not_both_said(
    clinic: Clinic,
) -> None:
    alice = await clinic.staff("Alice")
    await until_clock(clinic, today(clinic) + days(1), 10)
    lin, _ = await clinic.lin(days=4)
    await consent(alice, lin)
    await clinic.settle()
    visit = date.fromisoformat((await occasion(lin, "visit", 1))["targetDate"])
    # The reminder of the week before, three days before: the plan was made no earlier.
    assert arrived(clinic) == [f"{visit - days(3)} 10:00"]

    await close(alice, visit - days(2))

    await until_clock(clinic, visit - days(1), 10)
    assert arrived(clinic) == [f"{visit - days(3)} 10:00"]
    await until_clock(clinic, visit - days(1), 20)
    assert arrived(clinic)[1:] == [f"{visit - days(1)} 18:00"]


async def test_a_holiday_that_is_taken_back_brings_no_reminder_that_a_later_one_stood_for(
    clinic: Clinic,
) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    visit = date.fromisoformat((await occasion(lin, "visit", 1))["targetDate"])
    await close(alice, visit - days(1))
    await until_clock(clinic, visit - days(2), 19)
    before = arrived(clinic)
    assert before[-1] == f"{visit - days(2)} 18:00"

    await close(alice)

    await until_clock(clinic, visit, 8)
    assert arrived(clinic) == before


async def test_a_holiday_that_is_told_in_time_moves_the_reminder_to_the_day_before(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    visit = date.fromisoformat((await occasion(lin, "visit", 1))["targetDate"])
    await until_clock(clinic, visit - days(3), 10)
    before = arrived(clinic)

    await close(alice, visit - days(1))

    await until_clock(clinic, visit, 8)
    assert arrived(clinic) == [*before, f"{visit - days(2)} 18:00"]
