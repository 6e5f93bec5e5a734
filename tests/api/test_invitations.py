"""Accounts of staff by invitation."""

from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest

from api.recruiting import SignIn
from domain.people import Role
from domain.records.rows import transaction
from notifications.trial import machine_now
from tests.support.answering import elsewhere, wait_out
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.invited import (
    EMAIL,
    GEESE,
    PHONE,
    accept,
    administrator,
    again,
    code_mailed,
    invite,
    invited,
    read,
    sign_in,
)
from tests.support.problems import pointers, refused, without_id
from tests.support.proof import another, keys_of, proof
from tests.support.sites import hire, home, open_site, sign_in_body


async def kept(clinic: Clinic) -> str:
    """All that the database has of messages, of the trail and of invitations, as text."""
    connection = await owner(clinic.settings.database_url)
    rows = [
        *await connection.fetch("select parameters::text as kept from messages"),
        *await connection.fetch("select convert_from(body, 'UTF8') as kept from audit_entries"),
        *await connection.fetch("select staff_invitations::text as kept from staff_invitations"),
        *await connection.fetch("select recovery_codes::text as kept from recovery_codes"),
    ]
    await connection.close()
    return "\n".join(row["kept"] for row in rows)


async def test_grace_is_invited_by_mail_chooses_her_keys_and_works(clinic: Clinic) -> None:
    ada, site = await administrator(clinic), await home(clinic)
    answer = await invite(ada, site)
    assert answer.json()["isMailed"] is True
    assert "code" not in answer.json()
    await clinic.settle()
    code = code_mailed(clinic)

    shown = (await read(clinic, code.lower().replace("-", " "))).json()
    assert (shown["name"], shown["email"], shown["siteName"]) == ("Grace", EMAIL, site.name)
    assert shown["authenticator"].startswith("otpauth://totp/")
    assert shown == (await read(clinic, code)).json()

    accepted = await accept(clinic, code)
    assert accepted.status_code == 201
    assert len(set(accepted.json()["codes"])) == 10
    signed_in = await sign_in(clinic, SignIn(email=EMAIL, password=GEESE, totp_secret=shown["totpSecret"]))
    grace = Person(clinic, str(uuid4()), signed_in.json())
    me = (await grace.get("/v1/staff/me")).json()
    assert me["roles"] == [{"siteId": str(site.id), "role": "investigator"}]
    assert (me["hasPhone"], me["hasPin"], me["recoveryCodesLeft"]) == (True, False, 10)
    assert (await grace.get("/v1/tasks")).status_code == 200


async def test_before_she_accepts_nobody_signs_in_and_nobody_is_rung_by_it(clinic: Clinic) -> None:
    await invited(clinic, await administrator(clinic))
    listed = await (await clinic.staff("Alice")).get(f"/v1/sites/{(await home(clinic)).id}/staff")
    assert [each["reachable"] for each in listed.json()["staff"] if each["name"] == "Grace"] == [False]
    nobody = SignIn(email=EMAIL, password="", totp_secret=keys_of("Bob").totp_secret)
    for password in (GEESE, "x"):
        answer = await sign_in(clinic, SignIn(email=EMAIL, password=password, totp_secret=nobody.totp_secret))
        refused(answer, 401, "sign-in.refused")


async def test_neither_code_nor_password_nor_secret_is_kept_anywhere(clinic: Clinic) -> None:
    code = await invited(clinic, await administrator(clinic))
    secret = (await read(clinic, code)).json()["totpSecret"]
    codes = (await accept(clinic, code)).json()["codes"]
    everything = await kept(clinic)
    assert "staff_invitations" not in everything
    for each in (code, code.replace("-", ""), secret, GEESE, EMAIL, PHONE, *codes):
        assert each not in everything


async def test_wrong_used_expired_replaced_and_closed_are_one_answer(clinic: Clinic) -> None:
    ada, site = await administrator(clinic), await home(clinic)
    first = await invited(clinic, ada)
    staff_id = (await invite_id(clinic))[0]
    assert (await again(ada, site, staff_id)).status_code == 201
    await clinic.settle()
    second = code_mailed(clinic)
    assert second != first
    connection = await owner(clinic.settings.database_url)

    problems = [await refusal(clinic, first), await refusal(clinic, "7777-7777-7777-7777")]
    old = timedelta(hours=73)
    await connection.execute("update staff_invitations set expires_at = expires_at - $1::interval", old)
    problems.append(await refusal(clinic, second))
    await connection.execute("update staff_invitations set expires_at = expires_at + $1::interval", old)
    await connection.execute("update staff set disabled_at = now() where id = $1", staff_id)
    problems.append(await refusal(clinic, second))
    await connection.execute("update staff set disabled_at = null where id = $1", staff_id)
    assert (await accept(clinic, second)).status_code == 201
    problems.append(await refusal(clinic, second))
    await connection.close()

    assert problems == [problems[0]] * 5


async def invite_id(clinic: Clinic) -> list[str]:
    async with transaction(clinic.trial.pool) as connection:
        return [
            str(row["staff_id"]) for row in await connection.fetch("select staff_id from staff_invitations")
        ]


async def refusal(clinic: Clinic, code: str) -> Json:
    await wait_out(clinic, 1000)
    looked = without_id(refused(await read(clinic, code), 403, "activation.refused"))
    tried = without_id(refused(await accept(clinic, code), 403, "activation.refused"))
    assert looked == tried
    return looked


async def test_whoever_guesses_codes_is_slowed(clinic: Clinic) -> None:
    code = await invited(clinic, await administrator(clinic))
    guesses = [f"7777-7777-7777-77{place}" for place in range(10, 42)]
    answers = [(await read(clinic, each)).status_code for each in guesses]
    assert answers == [403] * 31 + [429]
    async with elsewhere(clinic) as http:
        assert (await http.post("/v1/staff/invitations", json={"code": code})).status_code == 200


async def test_a_weak_password_or_an_authenticator_that_is_not_set_up_leaves_the_code_good(
    clinic: Clinic,
) -> None:
    code = await invited(clinic, await administrator(clinic))
    secret = (await read(clinic, code)).json()["totpSecret"]
    wrong = another(pyotp.TOTP(secret).at(machine_now()))
    weak = refused(await accept(clinic, code, password="Grace-2026-Grace"), 422, "password.weak")
    assert pointers(weak) == ["/password"]
    refused(await accept(clinic, code, totp=wrong), 403, "proof.refused")
    assert (await accept(clinic, code)).status_code == 201


async def test_the_digits_that_set_an_authenticator_up_sign_nobody_in(clinic: Clinic) -> None:
    code = await invited(clinic, await administrator(clinic))
    secret = (await read(clinic, code)).json()["totpSecret"]
    shown = pyotp.TOTP(secret).at(machine_now())
    assert (await accept(clinic, code, totp=shown)).status_code == 201
    body = {**sign_in_body(SignIn(email=EMAIL, password=GEESE, totp_secret=secret)), "totp": shown}
    refused(await clinic.http.post("/v1/staff/sessions", json=body), 401, "sign-in.refused")


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER])
async def test_nobody_but_an_administrator_invites(ward: Clinic, role: Role) -> None:
    site = await home(ward)
    person = await hire(ward, f"I{role.name}", role, site)
    refused(await invite(person, site), 403, "access.denied")
    bobs = (await (await ward.staff("Bob")).get("/v1/staff/me")).json()["staffId"]
    refused(await again(person, site, bobs), 403, "access.denied")


async def test_an_administrator_invites_to_no_other_site_and_takes_no_account_of_two_sites_over(
    clinic: Clinic,
) -> None:
    ada, site, other = await administrator(clinic), await home(clinic), await open_site(clinic, "Tongji")
    refused(await invite(ada, other), 404, "not-found")
    bobs = (await (await clinic.staff("Bob")).get("/v1/staff/me")).json()["staffId"]
    refused(await again(ada, other, bobs), 404, "not-found")
    connection = await owner(clinic.settings.database_url)
    await connection.execute("insert into staff_roles values ($1, $2, 'investigator')", bobs, other.id)
    await connection.close()
    refused(await again(ada, site, bobs), 403, "access.denied")


async def test_a_desk_left_open_invites_nobody(clinic: Clinic) -> None:
    ada = await administrator(clinic)
    guess = {**await proof(clinic, ada.sign_in), "password": "guess"}
    refused(await invite(ada, await home(clinic), proof=guess), 403, "proof.refused")
    assert await invite_id(clinic) == []


async def test_who_has_an_account_is_not_invited_as_somebody_new(clinic: Clinic) -> None:
    answer = await invite(await administrator(clinic), await home(clinic), email=" BOB@example.org")
    refused(answer, 422, "body.invalid")
    answer = await invite(await administrator(clinic, "Adele"), await home(clinic), email="BOB@example.org")
    refused(answer, 409, "staff.exists")


async def test_bob_who_has_lost_everything_comes_back_by_an_invitation_with_his_pin(clinic: Clinic) -> None:
    ada, site = await administrator(clinic), await home(clinic)
    thief = await clinic.staff("Bob")
    bobs = (await thief.get("/v1/staff/me")).json()["staffId"]
    assert (await again(ada, site, bobs)).status_code == 201
    await clinic.settle()
    assert (await sign_in(clinic, keys_of("Bob"))).status_code == 201
    code = code_mailed(clinic, keys_of("Bob").email)
    assert (await accept(clinic, code)).status_code == 201

    refused(await thief.get("/v1/tasks"), 401, "token.refused")
    refused(await sign_in(clinic, keys_of("Bob")), 401, "sign-in.refused")
    connection = await owner(clinic.settings.database_url)
    has_pin = await connection.fetchval(
        "select pin_hash is not null from credentials where staff_id = $1", bobs
    )
    await connection.close()
    assert has_pin is True
