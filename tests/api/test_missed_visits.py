"""A visit that was missed: done after all, recorded late, explained afterwards."""

from tests.api.test_visits_api import complete
from tests.support.clinic import Clinic, Person
from tests.support.year import days, occasion, record_visit, recorded, today


async def test_what_was_missed_and_is_done_after_all_is_late_and_keeps_when_it_was_missed(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=12)
    missed = await recorded(early, lin, "visit", 1)
    assert missed["state"] == "missed"
    shown = (await complete(early, lin, 1, today(dawn))).json()
    assert (shown["state"], shown["isLate"]) == ("done", True)
    assert shown["missedAt"] == missed["missedAt"]
    assert (await occasion(lin, "visit", 1))["isLate"]


async def test_what_took_place_in_time_and_is_recorded_later_is_not_late(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=12)
    shown = (await complete(early, lin, 1, today(dawn) - days(5))).json()
    assert (shown["state"], shown["isLate"], "missedAt" in shown) == ("done", False, True)


async def test_why_a_visit_was_missed_is_kept_also_when_its_window_has_ended(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=12)
    missed = await recorded(early, lin, "visit", 1)
    shown = await record_visit(early, lin, 1, action="miss", reason="in hospital")
    assert (shown["state"], shown["reason"], shown["recordedBy"]) == ("missed", "in hospital", "Alice")
    assert shown["missedAt"] == missed["missedAt"]
