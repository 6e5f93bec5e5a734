"""Passwords that staff choose, and accounts that an administrator closes."""

from collections.abc import Mapping

import httpx
import pytest
from msgspec.structs import replace

from api.recruiting import SignIn
from domain.people import Role, Site
from tests.support.clinic import Clinic, Person, owner
from tests.support.problems import pointers, refused
from tests.support.proof import keys_of, proof
from tests.support.sites import Hired, hire, home, open_site, sign_in_body

GEESE = "seven geese over the river"


async def ids(person: Person, site: Site) -> dict[str, str]:
    """Who works at a site, by name."""
    listed = (await person.get(f"/v1/sites/{site.id}/staff")).json()["staff"]
    return {each["name"]: each["staffId"] for each in listed}


async def signs_in(clinic: Clinic, keys: SignIn) -> bool:
    await clinic.forget_digits()
    answer = await clinic.http.post("/v1/staff/sessions", json=sign_in_body(keys))
    assert answer.status_code in {201, 401}
    return answer.status_code == 201


async def choose(person: Person, keys: SignIn, password: str) -> httpx.Response:
    body = {"password": password, "proof": await proof(person.clinic, keys)}
    return await person.put("/v1/staff/me/password", body)


async def close(
    ada: Hired, site_id: object, staff_id: str, proven: Mapping[str, str] | None = None
) -> httpx.Response:
    body = {
        "reason": "left the hospital",
        "proof": proven or await proof(ada.person.clinic, ada.sign_in),
    }
    return await ada.person.post(f"/v1/sites/{site_id}/staff/{staff_id}/closing", body)


async def test_bob_chooses_another_password_and_his_other_devices_are_signed_out(clinic: Clinic) -> None:
    phone, desk = await clinic.staff("Bob"), await clinic.staff("Bob")
    bob = keys_of("Bob")
    assert (await choose(desk, bob, GEESE)).status_code == 204
    refused(await phone.get("/v1/tasks"), 401, "token.refused")
    assert (await desk.get("/v1/tasks")).status_code == 200
    assert await signs_in(clinic, bob) is False
    assert await signs_in(clinic, replace(bob, password=GEESE)) is True


async def test_without_a_proof_or_with_a_weak_one_the_password_stays(clinic: Clinic) -> None:
    desk, bob = await clinic.staff("Bob"), keys_of("Bob")
    wrong = await choose(desk, replace(bob, password="guess"), GEESE)
    refused(wrong, 403, "proof.refused")
    weak = refused(await choose(desk, bob, "Password2026!"), 422, "password.weak")
    assert pointers(weak) == ["/password"]
    assert await signs_in(clinic, bob) is True


async def test_a_password_typed_in_wide_letters_is_the_same(clinic: Clinic) -> None:
    desk, bob = await clinic.staff("Bob"), keys_of("Bob")
    assert (await choose(desk, bob, "kestrel ９０ over mud")).status_code == 204  # noqa: RUF001 - a Chinese keyboard
    for typed in ("kestrel 90 over mud", "kestrel ９０ over mud"):  # noqa: RUF001 - as above
        assert await signs_in(clinic, replace(bob, password=typed)) is True


async def test_who_has_left_is_signed_out_rung_no_more_and_her_hours_are_a_gap_that_is_told(
    clinic: Clinic,
) -> None:
    site, alice, bob = await home(clinic), await clinic.staff("Alice"), await clinic.staff("Bob")
    ada = await hire(clinic, "Ada", Role.ADMINISTRATOR, site)
    bobs = (await ids(alice, site))["Bob"]
    await clinic.settle()
    assert (await alice.get(f"/v1/sites/{site.id}/coverage")).json()["isCovered"] is True

    for _ in range(2):
        assert (await close(ada, site.id, bobs)).status_code == 204

    refused(await bob.get("/v1/tasks"), 401, "token.refused")
    assert await signs_in(clinic, keys_of("Bob")) is False
    findings = (await alice.get(f"/v1/sites/{site.id}/coverage")).json()["findings"]
    assert [(each["kind"], each["tier"]) for each in findings] == [("account-closed", 1)]
    await clinic.settle()
    assert "coverage" in [each["kind"] for each in (await alice.get("/v1/tasks")).json()["tasks"]]
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    assert clinic.rung() == {"Dana": 1}


async def test_a_desk_left_open_closes_no_account(clinic: Clinic) -> None:
    site, alice = await home(clinic), await clinic.staff("Alice")
    ada = await hire(clinic, "Ada", Role.ADMINISTRATOR, site)
    bobs = (await ids(alice, site))["Bob"]
    guess = {**await proof(clinic, ada.sign_in), "password": "guess"}
    refused(await close(ada, site.id, bobs, guess), 403, "proof.refused")
    assert await signs_in(clinic, keys_of("Bob")) is True


async def test_the_trail_says_who_closed_an_account_and_why(clinic: Clinic) -> None:
    site, alice = await home(clinic), await clinic.staff("Alice")
    ada = await hire(clinic, "Ada", Role.ADMINISTRATOR, site)
    await close(ada, site.id, (await ids(alice, site))["Bob"])
    connection = await owner(clinic.settings.database_url)
    body = await connection.fetchval("select body from audit_entries where action = 'staff.close'")
    await connection.close()
    assert b"left the hospital" in body


async def test_nobody_closes_her_own_account(clinic: Clinic) -> None:
    site = await home(clinic)
    ada = await hire(clinic, "Ada", Role.ADMINISTRATOR, site)
    own = (await ada.person.get("/v1/staff/me")).json()["staffId"]
    refused(await close(ada, site.id, own), 409, "state.conflict")
    assert (await ada.person.get("/v1/staff/me")).status_code == 200


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER])
async def test_nobody_but_an_administrator_closes_an_account(ward: Clinic, role: Role) -> None:
    site, alice = await home(ward), await ward.staff("Alice")
    person = await hire(ward, f"C{role.name}", role, site)
    refused(await close(person, site.id, (await ids(alice, site))["Erin"]), 403, "access.denied")


async def test_an_administrator_of_one_site_closes_no_account_that_is_also_of_another(clinic: Clinic) -> None:
    site, other, alice = await home(clinic), await open_site(clinic, "Tongji"), await clinic.staff("Alice")
    ada = await hire(clinic, "Ada", Role.ADMINISTRATOR, site)
    bobs = (await ids(alice, site))["Bob"]
    connection = await owner(clinic.settings.database_url)
    await connection.execute("insert into staff_roles values ($1, $2, 'investigator')", bobs, other.id)
    await connection.close()
    refused(await close(ada, site.id, bobs), 403, "access.denied")
    refused(await close(ada, other.id, bobs), 404, "not-found")
    assert await signs_in(clinic, keys_of("Bob")) is True
