"""What site staff register, and what they are told when it cannot be."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from domain import local_time
from domain.people import Role
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import pointers, refused
from tests.support.sites import hire, home, open_site, register


async def registered(ward: Clinic, alice: Person, subject: str) -> Json:
    answer = await register(alice, (await home(ward)).id, subject)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def administer(alice: Person, participant: Json, given_on: str) -> Json:
    path = f"/v1/participants/{participant['participantId']}/administrations"
    return await alice.post(path, {"givenOn": given_on})


async def test_a_participant_is_a_subject_number_and_nothing_else_of_hers(
    ward: Clinic, alice: Person
) -> None:
    made = await registered(ward, alice, "ZN-0001")
    assert set(made) == {
        "participantId",
        "siteId",
        "subjectNumber",
        "phase",
        "state",
        "registeredAt",
        "administrations",
        "complications",
        "numbersOnFile",
    }
    assert (made["subjectNumber"], made["phase"], made["state"]) == ("ZN-0001", "phase-1", "enrolled")
    assert made["administrations"] == []


async def test_a_subject_number_is_registered_once_even_at_two_desks_at_once(
    ward: Clinic, alice: Person
) -> None:
    site = await home(ward)
    answers = await asyncio.gather(*(register(alice, site.id, "ZN-0002") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    problem = refused(await register(alice, site.id, "ZN-0002"), 409, "participant.exists")
    assert "ZN-0002" not in str(problem)


async def test_a_line_break_makes_no_second_participant_of_the_same_number(
    ward: Clinic, alice: Person
) -> None:
    refused(await register(alice, (await home(ward)).id, "ZN-0003\n"), 422, "body.invalid")


@pytest.mark.parametrize("subject", ["zn-3", "ZN 3", "-ZN3", "Z", "", "Z" * 33, "ZN-\uff13", "张三"])
async def test_what_is_no_subject_number_is_refused(ward: Clinic, alice: Person, subject: str) -> None:
    problem = refused(await register(alice, (await home(ward)).id, subject), 422, "body.invalid")
    assert pointers(problem) == ["/subjectNumber"]


async def test_an_unknown_phase_is_refused(ward: Clinic, alice: Person) -> None:
    answer = await register(alice, (await home(ward)).id, "ZN-0004", phase="phase-9")
    assert pointers(refused(answer, 422, "phase.unknown")) == ["/phase"]


async def test_a_site_that_is_not_live_takes_nobody(ward: Clinic) -> None:
    site = await open_site(ward, "Not yet", live=False)
    nurse = (await hire(ward, "Nora", Role.COORDINATOR, site)).person
    refused(await register(nurse, site.id, "ZN-0005"), 403, "site.not-live")
    assert (await nurse.get("/v1/participants")).json() == {"participants": []}


async def test_administrations_count_up_in_the_order_they_are_recorded(ward: Clinic, alice: Person) -> None:
    made = await registered(ward, alice, "ZN-0006")
    await administer(alice, made, "2026-02-02")
    answer = await administer(alice, made, "2026-01-05")
    assert answer.status_code == 201
    shown = [(each["number"], each["givenOn"]) for each in answer.json()["administrations"]]
    assert shown == [(1, "2026-02-02"), (2, "2026-01-05")]


async def test_a_date_is_recorded_once_even_at_two_desks_at_once(ward: Clinic, alice: Person) -> None:
    made = await registered(ward, alice, "ZN-0008")
    answers = await asyncio.gather(*(administer(alice, made, "2026-01-05") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused(await administer(alice, made, "2026-01-05"), 409, "administration.exists")
    seen = await alice.get(f"/v1/participants/{made['participantId']}")
    assert [each["number"] for each in seen.json()["administrations"]] == [1]


@pytest.mark.parametrize("given_on", ["9999-12-31", "2200-01-01"])
async def test_an_administration_that_has_not_happened_cannot_be_recorded(
    ward: Clinic, alice: Person, given_on: str
) -> None:
    made = await registered(ward, alice, f"ZN-{uuid4().hex[:8].upper()}")
    problem = refused(await administer(alice, made, given_on), 422, "body.invalid")
    assert pointers(problem) == ["/givenOn"]


async def test_an_administration_of_today_is_recorded_while_it_is_still_yesterday_in_utc(
    ward: Clinic, alice: Person
) -> None:
    made = await registered(ward, alice, "ZN-0010")
    today = local_time.local_date(ward.trial.now(), local_time.zone("Asia/Shanghai"))
    assert (await administer(alice, made, today.isoformat())).status_code == 201
    yesterday = today - timedelta(days=1)
    assert (await administer(alice, made, yesterday.isoformat())).status_code == 201


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Asia", "../etc/passwd", "a\x00b", "/etc/localtime"])
async def test_a_code_for_an_unknown_time_zone_is_not_issued(ward: Clinic, alice: Person, zone: str) -> None:
    made = await registered(ward, alice, f"ZN-{uuid4().hex[:8].upper()}")
    path = f"/v1/participants/{made['participantId']}/activation-codes"
    problem = refused(await alice.post(path, {"role": "participant", "timeZone": zone}), 422, "zone.unknown")
    assert [each["pointer"] for each in problem["errors"]] == ["/timeZone"]
