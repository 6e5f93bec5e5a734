"""A wrong day of an administration is put right: everything ahead moves, what is done stays done, and why is kept."""

import asyncio
from datetime import date, timedelta

import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import correct, end, enrolled, monitor, path_of, plan_of, stranger, trail
from tests.support.problems import pointers, refused
from tests.support.sites import home
from tests.support.year import check_in, days, occasion, record_visit, recorded, reminders, today


def targets(plan: Json) -> dict[tuple[str, int], date]:
    return {
        (each["kind"], each["week"]): date.fromisoformat(each["targetDate"]) for each in plan["occasions"]
    }


async def test_everything_ahead_moves_with_the_day_and_the_version_says_so(
    dawn: Clinic, early: Person
) -> None:
    lin, caregiver = await dawn.lin(days=1)
    before = await plan_of(early, lin)
    answer = await correct(early, lin, today(dawn) - days(3))
    assert answer.status_code == 200
    assert [each["givenOn"] for each in answer.json()["administrations"]] == [
        (today(dawn) - days(3)).isoformat()
    ]
    after = await plan_of(early, lin)
    assert (before["version"], after["version"]) == (1, 2)
    assert after["anchor"] == (today(dawn) - days(3)).isoformat()
    moved = {key: targets(before)[key] - day for key, day in targets(after).items()}
    assert set(moved.values()) == {timedelta(days=2)}
    for person in (lin, caregiver):
        assert (await person.get("/v1/me/schedule")).json()["version"] == 2
        assert (await reminders(person))["planVersion"] == 2


async def test_what_is_done_stays_done_on_its_day_and_is_not_asked_for_again(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    yesterday = (today(dawn) - days(1)).isoformat()
    await record_visit(early, lin, 1, action="complete", completedOn=yesterday)
    await check_in(lin)
    assert (await correct(early, lin, today(dawn) - days(4))).status_code == 200
    visit, week = await occasion(lin, "visit", 1), await occasion(lin, "check-in", 1)
    assert (visit["state"], visit["doneOn"]) == ("done", yesterday)
    assert (week["state"], week["doneOn"]) == ("done", today(dawn).isoformat())
    spoken_of = {
        (part["kind"], part["week"]) for each in (await reminders(lin))["reminders"] for part in each["about"]
    }
    assert not spoken_of & {("visit", 1), ("check-in", 1)}
    assert ("visit", 2) in spoken_of


async def test_what_had_been_let_pass_is_ahead_again_when_the_day_was_later(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=12)
    assert (await occasion(lin, "visit", 1))["state"] == "missed"
    await correct(early, lin, today(dawn) - days(2))
    assert (await occasion(lin, "visit", 1))["state"] == "upcoming"


async def test_the_same_day_again_is_fine_and_leaves_no_trace(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    given_on = date.fromisoformat((await plan_of(alice, lin))["anchor"])
    before = await ward.everything()
    answer = await correct(alice, lin, given_on)
    assert (answer.status_code, len(answer.json()["administrations"])) == (200, 1)
    assert await ward.everything() == before


async def test_the_audit_trail_has_who_and_why_and_the_day_before(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    given_on = date.fromisoformat((await plan_of(alice, lin))["anchor"])
    await correct(alice, lin, given_on - days(1), reason="抄写错误 (the nurse's 7 was a 1)")
    line = (await trail(ward, lin))[-1]
    assert (line["action"], line["actor"]["role"]) == ("administration.correct", "staff")
    assert line["reason"] == "抄写错误 (the nurse's 7 was a 1)"
    (change,) = [each for each in line["changes"] if each["record"] == "Administration"]
    assert change["before"]["given_on"] == given_on.isoformat()
    assert change["after"]["given_on"] == (given_on - days(1)).isoformat()
    plans = [each for each in line["changes"] if each["record"] == "PlanVersion"]
    assert [(each["after"]["version"], each["after"]["closed_at"] is None) for each in plans] == [
        (1, False),
        (2, True),
    ]


async def test_a_second_administration_can_be_corrected_and_each_phase_counts_from_its_own_anchor(
    ward: Clinic, alice: Person
) -> None:
    first, second, right = date(2026, 1, 5), date(2026, 2, 2), date(2026, 2, 9)
    for phase, anchor in (("phase-1", first), ("phase-2", right)):
        lin = await enrolled(alice, await home(ward), f"ZN-{phase}".upper(), first, second, phase=phase)
        answer = await correct(alice, lin, right, number=2)
        shown = [(each["number"], each["givenOn"]) for each in answer.json()["administrations"]]
        assert shown == [(1, first.isoformat()), (2, right.isoformat())]
        plan = await plan_of(alice, lin)
        assert (plan["version"], plan["anchor"]) == (3, anchor.isoformat())


async def test_a_day_on_which_another_administration_is_recorded_is_taken(
    ward: Clinic, alice: Person
) -> None:
    first, second = date(2026, 1, 5), date(2026, 2, 2)
    lin = await enrolled(alice, await home(ward), "ZN-TAKEN", first, second)
    refused(await correct(alice, lin, first, number=2), 409, "administration.exists")
    refused(await correct(alice, lin, second, number=1), 409, "administration.exists")
    assert (await plan_of(alice, lin))["version"] == 2


@pytest.mark.parametrize("number", [0, 2, -1, 10**30])
async def test_a_number_that_was_never_given_is_not_found(ward: Clinic, alice: Person, number: int) -> None:
    lin, _ = await ward.lin()
    refused(await correct(alice, lin, date(2026, 1, 5), number=number), 404, "not-found")


async def test_nobody_has_an_administration_to_correct_before_the_first(ward: Clinic, alice: Person) -> None:
    lin = await enrolled(alice, await home(ward), "ZN-NONE")
    refused(await correct(alice, lin, date(2026, 1, 5)), 404, "not-found")


async def test_a_day_that_has_not_come_is_refused(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    for day in (today(ward) + days(3), date(9999, 12, 31)):
        assert pointers(refused(await correct(alice, lin, day), 422, "body.invalid")) == ["/givenOn"]


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\x00b"])
async def test_a_reason_is_asked_for(ward: Clinic, alice: Person, reason: str) -> None:
    lin, _ = await ward.lin()
    problem = refused(await correct(alice, lin, date(2026, 1, 5), reason=reason), 422, "body.invalid")
    assert pointers(problem) == ["/reason"]
    path = f"{path_of(lin)}/administrations/1"
    problem = refused(await alice.call("PATCH", path, {"givenOn": "2026-01-05"}), 422, "body.invalid")
    assert pointers(problem) == ["/reason"]
    assert (await plan_of(alice, lin))["version"] == 1


async def test_after_the_end_no_day_moves_and_none_is_added(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await end(alice, lin, today(ward))
    refused(await correct(alice, lin, date(2026, 1, 5)), 409, "participant.ended")
    body = {"givenOn": "2026-01-05"}
    refused(await alice.post(f"{path_of(lin)}/administrations", body), 409, "participant.ended")
    assert (await plan_of(alice, lin))["version"] == 1


async def test_only_those_who_work_at_her_site_correct_anything(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    day = date(2026, 1, 5)
    refused(await correct(await monitor(ward), lin, day), 403, "access.denied")
    refused(await correct(await stranger(ward), lin, day), 404, "not-found")
    refused(await correct(lin, lin, day), 401, "token.refused")
    assert (await plan_of(alice, lin))["version"] == 1


async def test_two_desks_that_correct_at_once_make_two_versions_one_after_the_other(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    first, second = today(ward) - days(5), today(ward) - days(6)
    answers = await asyncio.gather(correct(alice, lin, first), correct(alice, lin, second))
    assert [each.status_code for each in answers] == [200, 200]
    plan = await plan_of(alice, lin)
    assert plan["version"] == 3
    shown = (await alice.get(path_of(lin))).json()["administrations"]
    assert [each["givenOn"] for each in shown] == [plan["anchor"]]


async def test_done_weeks_that_lie_ahead_again_are_shown_to_a_human(dawn: Clinic, early: Person) -> None:
    lin = await enrolled(early, await home(dawn), "ZN-AGAIN", today(dawn) - days(15), phase="phase-2")
    done_on = (today(dawn) - days(8)).isoformat()
    await record_visit(early, lin, 1, action="complete", completedOn=done_on)
    body = {"givenOn": today(dawn).isoformat()}
    assert (await early.post(f"{path_of(lin)}/administrations", body)).status_code == 201
    tasks = (await early.get("/v1/tasks")).json()["tasks"]
    # The first is for the windows that had ended before she was entered.
    hers = [each["kind"] for each in tasks if each["participantId"] == lin.participant_id]
    assert hers == ["plan-review", "plan-review"]
    shown = await recorded(early, lin, "visit", 1)
    assert (shown["state"], shown["doneOn"]) == ("done", done_on)
    assert shown["plannedDate"] == (today(dawn) + days(7)).isoformat()
