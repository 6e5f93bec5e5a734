"""What a site records of a visit: done, another day, missed, opened again; each with its refusals."""

from datetime import date, datetime

import httpx
import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import monitor, path_of, stranger, trail, visit
from tests.support.problems import pointers, refused
from tests.support.year import SHANGHAI, check_in, days, occasion, record_visit, recorded, reminders, today


async def complete(alice: Person, lin: Person, week: int, day: date, **more: str) -> httpx.Response:
    return await visit(alice, lin, week, action="complete", completedOn=day.isoformat(), **more)


async def reschedule(
    alice: Person, lin: Person, week: int, day: date, reason: str = "snow"
) -> httpx.Response:
    return await visit(alice, lin, week, action="reschedule", targetDate=day.isoformat(), reason=reason)


async def miss(alice: Person, lin: Person, week: int, reason: str = "snow") -> httpx.Response:
    return await visit(alice, lin, week, action="miss", reason=reason)


async def reopen(alice: Person, lin: Person, week: int, reason: str = "wrong chart") -> httpx.Response:
    return await visit(alice, lin, week, action="reopen", reason=reason)


async def visit_days(lin: Person, week: int) -> set[date]:
    """The days on which a phone speaks of a visit."""
    return {
        datetime.fromisoformat(each["at"]).astimezone(SHANGHAI).date()
        for each in (await reminders(lin))["reminders"]
        if ("visit", week) in {(part["kind"], part["week"]) for part in each["about"]}
    }


async def lines(clinic: Clinic, lin: Person) -> list[Json]:
    return [each for each in await trail(clinic, lin) if each["action"] == "visit.record"]


async def test_a_visit_that_took_place_is_done_on_its_day_and_by_somebody(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    day = today(dawn) - days(1)
    answer = await complete(early, lin, 1, day, reason="came by bus")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["doneOn"], shown["isLate"]) == ("done", day.isoformat(), False)
    assert (shown["recordedBy"], shown["reason"]) == ("Alice", "came by bus")
    assert await recorded(early, lin, "visit", 1) == shown
    hers = await occasion(lin, "visit", 1)
    assert (hers["state"], hers["doneOn"]) == ("done", day.isoformat())
    assert "reason" not in hers
    assert await visit_days(lin, 1) == set()


async def test_the_check_in_of_that_week_is_another_thing(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    await complete(early, lin, 1, today(dawn))
    assert (await occasion(lin, "check-in", 1))["state"] == "open"
    await check_in(lin)
    await reopen(early, lin, 1)
    assert (await occasion(lin, "check-in", 1))["state"] == "done"


async def test_a_visit_before_its_window_can_be_done_and_is_not_late(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=1)
    shown = (await complete(early, lin, 1, today(dawn))).json()
    assert (shown["state"], shown["isLate"]) == ("done", False)


async def test_a_day_that_has_not_come_is_no_day_on_which_anything_took_place(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    for day in (today(dawn) + days(1), date(9999, 12, 31)):
        problem = refused(await complete(early, lin, 1, day), 422, "body.invalid")
        assert pointers(problem) == ["/completedOn"]
    assert (await recorded(early, lin, "visit", 1))["state"] == "open"


async def test_a_visit_is_given_another_day_in_its_window_and_the_window_stays(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=5)
    before = await recorded(early, lin, "visit", 1)
    day = today(dawn) + days(4)
    shown = (await reschedule(early, lin, 1, day)).json()
    assert (shown["targetDate"], shown["plannedDate"]) == (day.isoformat(), before["targetDate"])
    assert (shown["opensOn"], shown["closesOn"]) == (before["opensOn"], before["closesOn"])
    assert (shown["reason"], shown["recordedBy"]) == ("snow", "Alice")


async def test_a_day_outside_the_window_stretches_it_and_the_reminders_follow(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=0)
    planned, later = today(dawn) + days(56), today(dawn) + days(66)
    around = (-7, -2, -1, 1)
    # Its own four, and its day, on which the check-in speaks of it.
    assert await visit_days(lin, 8) == {planned + days(each) for each in (*around, 0)}
    shown = (await reschedule(early, lin, 8, later)).json()
    assert (shown["targetDate"], shown["closesOn"]) == (later.isoformat(), later.isoformat())
    assert shown["opensOn"] == (planned - days(3)).isoformat()
    assert await visit_days(lin, 8) == {later + days(each) for each in around}
    sooner = today(dawn) + days(40)
    shown = (await reschedule(early, lin, 8, sooner)).json()
    assert (shown["targetDate"], shown["opensOn"]) == (sooner.isoformat(), sooner.isoformat())
    assert await visit_days(lin, 8) == {sooner + days(each) for each in around}
    assert (await occasion(lin, "visit", 8))["targetDate"] == sooner.isoformat()


async def test_a_new_day_that_was_a_mistake_leaves_no_stretched_window_behind(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    before = await recorded(early, lin, "visit", 4)
    await reschedule(early, lin, 4, today(dawn) + days(300))
    await reschedule(early, lin, 4, date.fromisoformat(before["targetDate"]) + days(1), "wrong year")
    after = await recorded(early, lin, "visit", 4)
    assert (after["opensOn"], after["closesOn"]) == (before["opensOn"], before["closesOn"])


async def test_a_missed_visit_can_be_given_a_day_that_is_still_to_come(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=12)
    day = today(dawn) + days(3)
    shown = (await reschedule(early, lin, 1, day)).json()
    # Its window reaches from three days before its planned day to the new one, and we are in it.
    assert (shown["state"], shown["targetDate"]) == ("open", day.isoformat())
    assert day - days(1) in await visit_days(lin, 1)


async def test_a_day_that_has_passed_is_no_new_day(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    for day in (today(dawn) - days(1), date(1, 1, 1)):
        problem = refused(await reschedule(early, lin, 1, day), 422, "body.invalid")
        assert pointers(problem) == ["/targetDate"]
    assert (await reschedule(early, lin, 1, today(dawn))).status_code == 200


async def test_a_day_beyond_a_year_is_a_slip_of_the_pen_and_stops_no_reminder(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    before = await reminders(lin)
    for day in (today(dawn) + days(367), date(9999, 12, 31)):
        problem = refused(await reschedule(early, lin, 52, day), 422, "body.invalid")
        assert pointers(problem) == ["/targetDate"]
    assert await reminders(lin) == before
    assert (await reschedule(early, lin, 52, today(dawn) + days(366))).status_code == 200


async def test_a_visit_in_its_window_is_missed_before_its_end_and_nobody_is_reminded_of_it(
    dawn: Clinic, early: Person
) -> None:
    lin, caregiver = await dawn.lin(days=5)
    assert await visit_days(lin, 1)
    shown = (await miss(early, lin, 1)).json()
    assert (shown["state"], shown["reason"], shown["recordedBy"]) == ("missed", "snow", "Alice")
    missed_at = datetime.fromisoformat(shown["missedAt"])
    assert abs((dawn.trial.now() - missed_at).total_seconds()) < 3600
    for person in (lin, caregiver):
        assert await visit_days(person, 1) == set()


async def test_what_lies_ahead_has_not_been_missed(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    refused(await miss(early, lin, 4), 409, "state.conflict")
    assert (await recorded(early, lin, "visit", 4))["state"] == "upcoming"


async def test_a_done_visit_that_was_not_is_opened_again_and_reminded_of(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=5)
    before = await visit_days(lin, 1)
    await complete(early, lin, 1, today(dawn))
    assert await visit_days(lin, 1) == set()
    shown = (await reopen(early, lin, 1)).json()
    assert (shown["state"], shown["reason"]) == ("open", "wrong chart")
    assert "doneOn" not in shown
    assert await visit_days(lin, 1) == before


async def test_only_what_is_done_can_be_opened_again(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=12)
    refused(await reopen(early, lin, 1), 409, "state.conflict")
    assert (await recorded(early, lin, "visit", 1))["state"] == "missed"


async def test_what_is_done_is_neither_missed_nor_moved_nor_done_on_another_day(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    await complete(early, lin, 1, today(dawn))
    before = await recorded(early, lin, "visit", 1)
    refused(await miss(early, lin, 1), 409, "state.conflict")
    refused(await reschedule(early, lin, 1, today(dawn) + days(1)), 409, "state.conflict")
    refused(await complete(early, lin, 1, today(dawn) - days(1)), 409, "state.conflict")
    assert await recorded(early, lin, "visit", 1) == before


async def test_sending_it_again_is_safe_and_leaves_no_second_line(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=12)
    day = (today(dawn) + days(1)).isoformat()
    changes: list[tuple[int, dict[str, str]]] = [
        (1, {"action": "complete", "completedOn": today(dawn).isoformat()}),
        (1, {"action": "reopen", "reason": "wrong chart"}),
        (2, {"action": "reschedule", "targetDate": day, "reason": "snow"}),
        (2, {"action": "miss", "reason": "snow"}),
    ]
    for count, (week, change) in enumerate(changes, 1):
        first = await visit(early, lin, week, **change)
        again = await visit(early, lin, week, **change)
        assert (first.status_code, again.status_code) == (200, 200), again.text
        assert again.json() == first.json()
        assert len(await lines(dawn, lin)) == count


async def test_whoever_repeats_it_reads_who_has_recorded_it(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    first = await complete(early, lin, 1, today(dawn))
    again = await complete(await dawn.staff("Bob"), lin, 1, today(dawn))
    assert (again.json()["recordedBy"], again.json()) == ("Alice", first.json())


async def test_the_audit_trail_has_every_change_with_who_and_why(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    await complete(early, lin, 1, today(dawn), reason="came by bus")
    await reopen(early, lin, 1, "wrong chart")
    await miss(early, lin, 1, "snow")
    written = await lines(dawn, lin)
    assert [each["reason"] for each in written] == ["came by bus", "wrong chart", "snow"]
    assert {each["actor"]["role"] for each in written} == {"staff"}
    states = [each["changes"][0]["after"]["state"] for each in written]
    assert states == ["done", "upcoming", "missed"]
    assert [each["changes"][0]["after"]["revision"] for each in written] == [1, 2, 3]


@pytest.mark.parametrize("week", [0, 3, 53, 10**30])
async def test_a_week_without_a_visit_has_none_to_record(ward: Clinic, alice: Person, week: int) -> None:
    # Week 3 has a check-in: that is hers alone to do.
    lin, _ = await ward.lin(days=22)
    refused(await complete(alice, lin, week, today(ward)), 404, "not-found")
    assert await lines(ward, lin) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"action": "miss"}, "/reason"),
        ({"action": "miss", "reason": ""}, "/reason"),
        ({"action": "reopen"}, "/reason"),
        ({"action": "reschedule", "targetDate": "2027-03-01"}, "/reason"),
        ({"action": "reschedule", "targetDate": "2027-03-01", "reason": ""}, "/reason"),
        ({"action": "reschedule", "targetDate": "2027-02-30", "reason": "snow"}, "/targetDate"),
        ({"action": "complete"}, "/completedOn"),
        ({"action": "complete", "completedOn": "2026-01-01T09:00:00Z"}, "/completedOn"),
        ({"action": "complete", "completedOn": "2026-01-01", "state": "done"}, ""),
        ({"action": "cancel", "reason": "snow"}, "/action"),
        ({"completedOn": "2026-01-01"}, "/action"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_with_a_pointer(
    ward: Clinic, alice: Person, change: dict[str, str], pointer: str
) -> None:
    lin, _ = await ward.lin(days=8)
    problem = refused(await visit(alice, lin, 1, **change), 422, "body.invalid")
    assert pointers(problem) == [pointer]
    assert await lines(ward, lin) == []


async def test_only_those_who_work_at_her_site_record_a_visit_and_any_of_them_reads_it(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin(days=8)
    mona, xenia = await monitor(ward), await stranger(ward)
    refused(await miss(mona, lin, 1), 403, "access.denied")
    refused(await miss(xenia, lin, 1), 404, "not-found")
    refused(await miss(lin, lin, 1), 401, "token.refused")
    assert (await mona.get(f"{path_of(lin)}/schedule")).status_code == 200
    refused(await xenia.get(f"{path_of(lin)}/schedule"), 404, "not-found")
    assert (await record_visit(alice, lin, 1, action="miss", reason="snow"))["state"] == "missed"
