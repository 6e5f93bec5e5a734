"""Where staff are signed in, what ends it, and that no clock ends it in the middle of an alert."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from domain import staff_sessions
from domain.people import Role, Session
from domain.records.rows import transaction
from domain.staff_sessions import IDLE_LIFE, LIFE, NEEDED_LONGER
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.problems import refused, without_id
from tests.support.sites import hire, home, open_site
from tests.support.watch import EMERGENCY


async def staff_id(person: Person) -> str:
    return str((await person.get("/v1/staff/me")).json()["staffId"])


async def signed_in(person: Person) -> list[Json]:
    found: list[Json] = (await person.get("/v1/staff/me/sessions")).json()["sessions"]
    return found


async def rotate(person: Person) -> httpx.Response:
    """Rotate, and hold on to what was given, as a desk does."""
    body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
    answer = await person.clinic.http.post("/v1/staff/tokens", json=body)
    if answer.status_code == 201:
        person.tokens.update(answer.json())
    return answer


async def age(clinic: Clinic, person: Person, *, idle: timedelta, old: timedelta) -> None:
    """Make the session of a person so old, and unused for so long."""
    session = clinic.demo.edge.mint.read(person.tokens["accessToken"]).session_id
    connection = await owner(clinic.settings.database_url)
    await connection.execute(
        "update sessions set created_at = $2, rotated_at = $3 where id = $1",
        session,
        machine_now() - old,
        machine_now() - idle,
    )
    await connection.close()


async def ends(clinic: Clinic) -> list[tuple[str, str]]:
    """Every session that was ended: by which act, and why."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select revoked_because from sessions where revoked_at is not null order by revoked_at"
        )
        acts = await connection.fetch(
            "select action from audit_entries where action like '%session.end' order by at"
        )
    return list(zip([row["action"] for row in acts], [row["revoked_because"] for row in found], strict=True))


async def test_bob_sees_where_he_is_signed_in_and_signs_his_lost_phone_out(clinic: Clinic) -> None:
    phone, desk = await clinic.staff("Bob"), await clinic.staff("Bob")
    newest, oldest = await signed_in(desk)
    assert (newest["deviceId"], newest["isThisOne"]) == (desk.device_id, True)
    assert (oldest["deviceId"], oldest["isThisOne"]) == (phone.device_id, False)

    for _ in range(2):
        ended = await desk.call("DELETE", f"/v1/staff/me/sessions/{oldest['sessionId']}")
        assert ended.status_code == 204

    refused(await phone.get("/v1/tasks"), 401, "token.refused")
    refused(await rotate(phone), 401, "token.refused")
    assert (await desk.get("/v1/tasks")).status_code == 200
    assert [each["deviceId"] for each in await signed_in(desk)] == [desk.device_id]
    assert await ends(clinic) == [("staff-session.end", "signed-out")]


async def test_of_a_colleagues_session_nothing_is_known(clinic: Clinic) -> None:
    bob, dana = await clinic.staff("Bob"), await clinic.staff("Dana")
    (danas,) = await signed_in(dana)
    nobodys = "11111111-1111-4111-8111-111111111111"
    problems = [
        without_id(refused(await bob.call("DELETE", f"/v1/staff/me/sessions/{each}"), 404, "not-found"))
        for each in (danas["sessionId"], nobodys)
    ]
    assert problems[0] == problems[1]
    assert (await dana.get("/v1/tasks")).status_code == 200


async def test_nobody_ends_a_phone_of_a_participant_as_a_session_of_her_own(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    lin, _ = await clinic.lin()
    lins = clinic.demo.edge.mint.read(lin.tokens["accessToken"]).session_id
    refused(await bob.call("DELETE", f"/v1/staff/me/sessions/{lins}"), 404, "not-found")
    refused(await lin.get("/v1/staff/me/sessions"), 401, "token.refused")
    assert (await lin.get("/v1/me")).status_code == 200


async def test_an_administrator_signs_a_colleague_out_and_she_signs_in_again(clinic: Clinic) -> None:
    site = await home(clinic)
    ada = (await hire(clinic, "Ada", Role.ADMINISTRATOR, site)).person
    bob = await clinic.staff("Bob")
    path = f"/v1/sites/{site.id}/staff/{await staff_id(bob)}/sessions"
    assert (await ada.call("DELETE", path)).status_code == 204
    refused(await bob.get("/v1/tasks"), 401, "token.refused")
    refused(await rotate(bob), 401, "token.refused")
    assert (await (await clinic.staff("Bob")).get("/v1/tasks")).status_code == 200
    assert await ends(clinic) == [("staff-session.end", "administrator")]


@pytest.mark.parametrize("role", [each for each in Role if each not in {Role.PARTICIPANT, Role.CAREGIVER}])
async def test_only_an_administrator_of_the_site_signs_colleagues_out(ward: Clinic, role: Role) -> None:
    site = await home(ward)
    person = (await hire(ward, f"A{role.name}", role, site)).person
    bob = await ward.staff("Bob")
    answer = await person.call("DELETE", f"/v1/sites/{site.id}/staff/{await staff_id(bob)}/sessions")
    if role is Role.ADMINISTRATOR:
        assert answer.status_code == 204
    else:
        refused(answer, 403, "access.denied")
        assert (await bob.get("/v1/tasks")).status_code == 200


async def test_an_administrator_knows_nothing_of_another_sites_people(ward: Clinic) -> None:
    other = await open_site(ward, "Tongji")
    ada = (await hire(ward, "Adele", Role.ADMINISTRATOR, other)).person
    bob = await ward.staff("Bob")
    bobs = await staff_id(bob)
    for site_id in (other.id, (await home(ward)).id):
        answer = await ada.call("DELETE", f"/v1/sites/{site_id}/staff/{bobs}/sessions")
        refused(answer, 404, "not-found")
    assert (await bob.get("/v1/tasks")).status_code == 200


@pytest.mark.parametrize(
    ("idle", "old"),
    [(IDLE_LIFE, IDLE_LIFE), (timedelta(), LIFE)],
    ids=["nobody has used it", "it was used all the time"],
)
async def test_a_session_ends_by_its_age(clinic: Clinic, idle: timedelta, old: timedelta) -> None:
    bob = await clinic.staff("Bob")
    minute = timedelta(minutes=1)
    await age(clinic, bob, idle=max(idle - minute, timedelta()), old=old - minute)
    assert (await rotate(bob)).status_code == 201
    await age(clinic, bob, idle=idle + minute, old=old + minute)
    refused(await rotate(bob), 401, "token.refused")


async def test_who_is_paged_and_who_holds_the_alert_are_not_signed_out_by_a_clock(clinic: Clinic) -> None:
    bob, alice = await clinic.staff("Bob"), await clinic.staff("Alice")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    for each in (bob, alice):
        await age(clinic, each, idle=IDLE_LIFE + timedelta(hours=1), old=LIFE + timedelta(hours=1))

    assert (await rotate(bob)).status_code == 201
    refused(await rotate(alice), 401, "token.refused")

    (alert,) = (await bob.get("/v1/alerts")).json()["alerts"]
    taken = await bob.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    assert taken.status_code == 201
    await age(clinic, bob, idle=timedelta(), old=LIFE + NEEDED_LONGER - timedelta(minutes=1))
    assert (await rotate(bob)).status_code == 201
    await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "in-care"})
    refused(await rotate(bob), 401, "token.refused")


async def test_erin_on_call_who_is_not_rung_yet_is_not_signed_out_while_an_alert_is_live(
    clinic: Clinic,
) -> None:
    erin = await clinic.staff("Erin")
    await age(clinic, erin, idle=timedelta(), old=LIFE)
    refused(await rotate(erin), 401, "token.refused")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    assert (await rotate(erin)).status_code == 201


async def test_even_an_alert_keeps_no_session_for_longer_than_a_day_more(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    await age(clinic, bob, idle=timedelta(), old=LIFE + NEEDED_LONGER)
    refused(await rotate(bob), 401, "token.refused")


async def test_an_alert_gives_nobody_back_what_was_ended_by_somebody(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    (bobs,) = await signed_in(bob)
    await bob.call("DELETE", f"/v1/staff/me/sessions/{bobs['sessionId']}")
    refused(await rotate(bob), 401, "token.refused")


def test_a_session_that_was_ended_goes_on_for_nobody() -> None:
    now = machine_now()
    session = Session(
        id=UUID(int=1),
        device_id=UUID(int=2),
        created_at=now,
        generation=1,
        rotated_at=now,
        staff_id=UUID(int=3),
        revoked_at=now,
    )
    assert staff_sessions.goes_on(session, now, is_needed=True) is False
