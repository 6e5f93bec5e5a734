"""Somebody who travels: no reminder is doubled or lost by a change of zone (cases.md 24).

Doubled: one rung of one occasion made twice for one reader. Lost: an occasion of which she would have been reminded had
she stayed at home, and was not. A rung may be passed over on the way, when its day has ended where she has arrived;
then the next one speaks, and the last one of each occasion is always made.
"""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.years import (
    CHECK_IN,
    HONOLULU,
    KIRITIMATI,
    SHANGHAI,
    VISIT,
    Kept,
    a_plan,
    at,
    caregiver,
    lin,
)

ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "Asia/Shanghai",
            "America/New_York",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "Pacific/Honolulu",
            "America/St_Johns",
        )
    ]
)
STAYS = st.integers(13 * 12, 8 * 24 * 12).map(lambda fives: timedelta(minutes=5 * fives))
"""How long she stays somewhere: thirteen hours, so that she sees a part of a day, or longer."""
JOURNEYS = st.lists(st.tuples(STAYS, ZONES), max_size=8)
PLAN = a_plan(only={(VISIT, 1), (VISIT, 2), (CHECK_IN, 1), (CHECK_IN, 2), (CHECK_IN, 3)})
BEGINS, ENDS = at(0, "10:00"), at(30)


def travels(journey: list[tuple[timedelta, ZoneInfo]], hour: int, home: ZoneInfo) -> Kept:
    """Keep her year while she travels; wherever her phone arrives, her year is looked at (api/routes/account.py)."""
    year = Kept(plan=PLAN, people=(lin(home, hour),))
    now = BEGINS
    for stay, zone in journey:
        arrives = min(now + stay, ENDS)
        now = year.run(now, arrives)
        year.people = (lin(zone, hour),)
    year.run(now, ENDS)
    return year


@given(JOURNEYS, st.integers(0, 23), ZONES)
@settings(deadline=None, max_examples=40)
@example([], 9, SHANGHAI)
def test_wherever_she_goes_the_last_rung_of_everything_is_made_and_no_rung_twice(
    journey: list[tuple[timedelta, ZoneInfo]], hour: int, home: ZoneInfo
) -> None:
    year = travels(journey, hour, home)
    made = Counter((each.kind, each.week, each.rung) for each in year.made)
    assert set(made.values()) == {1}
    assert {(each.kind, each.week, "day-after") for each in PLAN.occasions} <= made.keys()


def flown(out: ZoneInfo, leaves: datetime, to: ZoneInfo) -> list[str]:
    """What she is told of the first check-in, by Shanghai's clock, when she flies once."""
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(out),), zone=SHANGHAI)
    year.run(BEGINS, leaves)
    year.people = (lin(to),)
    year.run(leaves, at(13))
    return [f"{each[:16]} {each.split()[-1]}" for each in year.journal()]


def test_who_gains_a_day_over_the_date_line_is_not_asked_twice_on_it() -> None:
    """At 09:00 on day 7 in Kiritimati she is asked; an hour later it is 10:00 on day 6 in Honolulu."""
    assert at(7, "10:00", KIRITIMATI) == at(6, "10:00", HONOLULU)
    assert flown(KIRITIMATI, at(7, "10:00", KIRITIMATI), HONOLULU) == [
        "2026-03-09 03:00 on-the-day",
        "2026-03-11 03:00 day-after",
    ]


def test_who_loses_a_day_over_the_date_line_is_asked_on_the_day_that_is_left() -> None:
    """At 08:00 on day 7 in Honolulu she leaves; it is 08:00 on day 8 in Kiritimati, and on the day is over."""
    assert flown(HONOLULU, at(7, "08:00", HONOLULU), KIRITIMATI) == ["2026-03-10 03:00 day-after"]


def test_who_was_asked_and_then_loses_a_day_is_asked_again_since_it_is_the_day_after() -> None:
    assert flown(HONOLULU, at(7, "10:00", HONOLULU), KIRITIMATI) == [
        "2026-03-10 03:00 on-the-day",
        "2026-03-10 04:00 day-after",
    ]


def test_who_travels_west_in_the_evening_is_asked_in_the_morning_of_the_same_day_there() -> None:
    """At 20:00 on day 6 in Shanghai she leaves for Honolulu, where it is 02:00 on that day."""
    assert flown(SHANGHAI, at(6, "20:00"), HONOLULU) == [
        "2026-03-10 03:00 on-the-day",
        "2026-03-11 03:00 day-after",
    ]


def test_a_caregiver_elsewhere_is_asked_in_her_own_evening() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(), caregiver(HONOLULU)))
    year.run(BEGINS, at(13))
    assert year.journal()[-1] == "2026-03-11 12:00 caregiver check-in 1 caregiver"
    assert at(8, "18:00", HONOLULU) == at(9, "12:00")
