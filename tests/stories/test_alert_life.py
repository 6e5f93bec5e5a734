"""Somebody cannot, somebody gives back, somebody tries in vain, somebody puts it away."""

import asyncio

import httpx
import pytest

from domain.people import Role
from tests.support.clinic import Clinic, Person
from tests.support.life import act, acts_of, done, put_away, reached, read, ringing
from tests.support.problems import refused
from tests.support.sites import hire, home, open_site
from tests.support.watch import EMERGENCY, URGENT

RACES = 12


async def test_bob_declines_and_dana_is_rung_at_once(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    assert clinic.rung() == {"Bob": 1}
    said = await done(bob, alert_id, "declines")
    assert (said["state"], said["declinedBy"]) == ("open", ["Bob"])
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_to_decline_twice_is_to_decline_once(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await done(bob, alert_id, "declines")
    rows = await clinic.everything()
    again = await act(bob, alert_id, "declines")
    assert again.status_code == 200
    assert await clinic.everything() == rows


async def test_whoever_declines_before_her_turn_is_passed_by(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    await done(await clinic.staff("Erin"), alert_id, "declines")
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 1, "Dana": 1, "Frank": 1}
    assert await clinic.rows("tasks") == 0


async def test_when_everybody_declines_everybody_is_rung_all_the_same(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    for name in ("Frank", "Erin", "Dana", "Bob"):
        await done(await clinic.staff(name), alert_id, "declines")
    await clinic.settle()
    assert clinic.rung() == {"Alice": 1, "Bob": 2, "Dana": 1, "Erin": 1, "Frank": 1}
    assert (await read(await clinic.staff("Frank"), alert_id))["state"] == "exhausted"


async def test_whoever_has_taken_it_gives_it_back_and_the_climb_goes_on(clinic: Clinic) -> None:
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await done(bob, alert_id, "acknowledgements")
    said = await done(bob, alert_id, "declines")
    assert (said["state"], said["round"], said["declinedBy"]) == ("open", 2, ["Bob"])
    assert "acknowledgedBy" not in said
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    assert (await caregiver.get("/v1/me/reports")).json()["reports"][0]["page"]["status"] != "seen-by-doctor"


async def test_nobody_gives_back_what_another_one_has_taken(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    await done(await clinic.staff("Bob"), alert_id, "acknowledgements")
    problem = refused(await act(await clinic.staff("Dana"), alert_id, "declines"), 409, "alert.taken")
    assert problem["takenBy"] == "Bob"


async def test_a_decline_and_an_acknowledgement_at_once_are_one_after_the_other(clinic: Clinic) -> None:
    """Bob cannot and Dana takes it, in the same moment, many times: in either order Dana holds it in the end."""
    bob, dana = await clinic.staff("Bob"), await clinic.staff("Dana")
    orders = set()
    for number in range(RACES):
        _, alert_id = await ringing(clinic)
        calls = [act(bob, alert_id, "declines"), act(dana, alert_id, "acknowledgements")]
        answers = await asyncio.gather(*(calls if number % 2 else reversed(calls)))
        declined, taken = answers if number % 2 else reversed(answers)
        alert = await read(dana, alert_id)
        assert (taken.status_code, alert["state"], alert["acknowledgedBy"]) == (201, "acknowledged", "Dana")
        if declined.status_code == 201:
            assert acts_of(alert) == [("Bob", "decline"), ("Dana", "acknowledge")]
            assert alert["declinedBy"] == ["Bob"]
        else:
            refused(declined, 409, "alert.taken")
            assert acts_of(alert) == [("Dana", "acknowledge")]
        orders.add(declined.status_code)
        await clinic.settle()
        assert (await read(dana, alert_id))["round"] == 1
        await done(dana, alert_id, "contacts", {"outcome": "in-care"})
    assert orders <= {201, 409}


async def test_taking_and_giving_back_by_one_person_at_once_leaves_it_held_or_ringing(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    for _ in range(RACES):
        _, alert_id = await ringing(clinic)
        await asyncio.gather(act(bob, alert_id, "declines"), act(bob, alert_id, "acknowledgements"))
        alert = await read(bob, alert_id)
        last = acts_of(alert)[-1]
        assert (last, alert["state"]) in [
            (("Bob", "acknowledge"), "acknowledged"),
            (("Bob", "decline"), "open"),
        ]
        assert "nextStepAt" in alert
        assert alert["declinedBy"] == (["Bob"] if last[1] == "decline" else [])


async def test_a_try_that_reached_nobody_is_kept_and_the_acknowledgement_lapses_all_the_same(
    clinic: Clinic,
) -> None:
    _, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await done(bob, alert_id, "acknowledgements")
    await clinic.advance(minutes=9)
    before = await read(bob, alert_id)
    said = await done(bob, alert_id, "contacts", {"outcome": "not-reached"})
    assert (said["state"], said["nextStepAt"]) == ("acknowledged", before["nextStepAt"])
    assert "contactOutcome" not in said
    await clinic.advance(minutes=1)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    alert = await read(bob, alert_id)
    assert (alert["state"], acts_of(alert)) == ("open", [("Bob", "acknowledge"), ("Bob", "try")])


async def test_an_alert_is_put_away_with_what_became_of_it(clinic: Clinic) -> None:
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    away = await put_away(bob, alert_id, "admitted", note="Endoscopy this afternoon.")
    assert (away["state"], away["disposition"], away["resolvedBy"]) == ("resolved", "admitted", "Bob")
    left = away["eventCandidate"]
    assert (left["day"], left["signals"], left["alertId"]) == (3, ["confusion"], alert_id)
    assert (left["level"], left["participantId"]) == ("emergency", caregiver.participant_id)
    assert left["safetyWindow"] in {each.id for each in clinic.trial.protocol.calendar.safety_windows}
    rows = await clinic.everything()
    again = await act(bob, alert_id, "resolution", {"disposition": "admitted"})
    assert (again.status_code, again.json()) == (200, away)
    assert await clinic.everything() == rows
    other = {"disposition": "no-event"}
    refused(await act(bob, alert_id, "resolution", other), 409, "state.conflict")
    assert acts_of(await read(bob, alert_id)) == [
        ("Bob", "acknowledge"),
        ("Bob", "contact"),
        ("Bob", "resolve"),
    ]


@pytest.mark.parametrize("before", ["nothing", "acknowledgements"])
async def test_nothing_is_put_away_before_the_patient_was_reached(clinic: Clinic, before: str) -> None:
    _, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    if before != "nothing":
        await done(bob, alert_id, before)
    rows = await clinic.everything()
    refused(await act(bob, alert_id, "resolution", {"disposition": "advised"}), 409, "state.conflict")
    assert await clinic.everything() == rows


async def test_after_it_was_put_away_a_new_report_rings_a_new_bell(clinic: Clinic) -> None:
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await put_away(bob, alert_id)
    await clinic.advance(days=2)
    assert clinic.rung() == {"Bob": 1}
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 2}
    listed = (await bob.get("/v1/alerts")).json()["alerts"]
    assert [each["state"] for each in listed] == ["open", "resolved"]
    assert listed[1]["alertId"] == alert_id != listed[0]["alertId"]
    for state, ids in (("live", [listed[0]["alertId"]]), ("resolved", [alert_id])):
        found = (await bob.get(f"/v1/alerts?state={state}")).json()["alerts"]
        assert [each["alertId"] for each in found] == ids
    refused(await bob.get("/v1/alerts?state=open"), 400, "query.invalid")
    # The one that was put away can neither be taken nor be reached any more.
    for name, body in (("acknowledgements", None), ("contacts", {"outcome": "not-reached"})):
        refused(await act(bob, alert_id, name, body), 409, "state.conflict")


async def test_two_matters_of_one_alert_leave_one_candidate_with_the_signs_of_both(clinic: Clinic) -> None:
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await reached(bob, alert_id)
    await caregiver.report(URGENT)
    await clinic.settle()
    assert (await read(bob, alert_id))["signals"] == ["bleeding"]
    left = (await put_away(bob, alert_id, "seen-at-site"))["eventCandidate"]
    assert (left["signals"], left["level"]) == (["bleeding", "confusion"], "emergency")


async def test_investigators_monitors_and_data_managers_read_what_is_to_be_judged(clinic: Clinic) -> None:
    bob, site = await clinic.staff("Bob"), await home(clinic)
    made = []
    for _ in range(3):
        _, alert_id = await ringing(clinic)
        made.append((await put_away(bob, alert_id))["eventCandidate"])
    first = (await bob.get(f"/v1/event-candidates?siteId={site.id}&limit=2")).json()
    rest = (await bob.get(f"/v1/event-candidates?cursor={first['nextCursor']}")).json()
    assert [*first["eventCandidates"], *rest["eventCandidates"]] == made[::-1]
    for role in (Role.MONITOR, Role.DATA_MANAGER):
        reader = (await hire(clinic, f"R-{role}", role, site)).person
        assert len((await reader.get("/v1/event-candidates")).json()["eventCandidates"]) == 3
    refused(await (await clinic.staff("Alice")).get("/v1/event-candidates"), 403, "access.denied")
    zoe = (await hire(clinic, "Zoe", Role.INVESTIGATOR, await open_site(clinic, "Elsewhere"))).person
    assert (await zoe.get("/v1/event-candidates")).json() == {"eventCandidates": []}
    refused(await zoe.get(f"/v1/event-candidates?siteId={site.id}"), 404, "not-found")
    refused(await bob.get("/v1/event-candidates?siteId=here"), 400, "query.invalid")


async def test_after_an_acknowledgement_every_new_emergency_rings_and_what_is_milder_does_not(
    clinic: Clinic,
) -> None:
    caregiver, alert_id = await ringing(clinic)
    await done(await clinic.staff("Frank"), alert_id, "acknowledgements")
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 2}
    await done(await clinic.staff("Frank"), alert_id, "acknowledgements")
    await caregiver.report({"more-confused": "yes"})
    await clinic.settle()
    assert clinic.rung() == {"Bob": 2}


async def test_what_has_rung_everybody_is_taken_as_well_and_rings_nobody_any_more(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    await clinic.advance(minutes=40)
    rung = clinic.rung()
    await reached(await clinic.staff("Alice"), alert_id)
    await clinic.advance(hours=3)
    assert clinic.rung() == rung


ACTS = [
    ("acknowledgements", None),
    ("declines", None),
    ("contact-reveals", None),
    ("contacts", {"outcome": "in-care"}),
    ("contacts", {"outcome": "not-reached"}),
    ("resolution", {"disposition": "no-event"}),
]


async def _everybody_else(clinic: Clinic, lin: Person) -> list[tuple[Person, int, str]]:
    away = await open_site(clinic, "Elsewhere")
    zoe = (await hire(clinic, "Zoe", Role.INVESTIGATOR, away)).person
    mona = (await hire(clinic, "Mona", Role.MONITOR, await home(clinic))).person
    return [(zoe, 404, "not-found"), (mona, 403, "access.denied"), (lin, 401, "token.refused")]


@pytest.mark.parametrize("state", ["open", "acknowledged", "contacted", "resolved"])
async def test_an_alert_cannot_be_ended_by_anyone_outside_its_site(clinic: Clinic, state: str) -> None:
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    steps = {
        "acknowledged": [ACTS[0]],
        "contacted": [ACTS[0], ACTS[3]],
        "resolved": [ACTS[0], ACTS[3], ACTS[5]],
    }
    for name, body in steps.get(state, []):
        await done(bob, alert_id, name, body)
    others = await _everybody_else(clinic, caregiver)
    before, rows = await read(bob, alert_id), await clinic.everything()
    assert before["state"] == state
    for name, body in ACTS:
        for person, status, code in others:
            answer: httpx.Response = await act(person, alert_id, name, body)
            refused(answer, status, code)
    assert (await read(bob, alert_id), await clinic.everything()) == (before, rows)
