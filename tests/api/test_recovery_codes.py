"""Recovery codes, and what a member of staff is told by mail about her own account."""

from uuid import uuid4

from api.recruiting import SignIn
from tests.support.answering import elsewhere
from tests.support.clinic import Clinic, Person
from tests.support.invited import EMAIL, administrator, joined, sign_in
from tests.support.problems import refused
from tests.support.proof import another, digits, keys_of, proof
from tests.support.sites import sign_in_body


async def test_a_recovery_code_signs_in_once_and_its_owner_is_told(clinic: Clinic) -> None:
    grace, codes = await joined(clinic, await administrator(clinic))
    first = await sign_in(clinic, grace, codes[3].lower())
    assert first.status_code == 201
    refused(await sign_in(clinic, grace, codes[3]), 401, "sign-in.refused")
    refused(await sign_in(clinic, grace, "7777-7777-7777"), 401, "sign-in.refused")
    await clinic.settle()
    told = [each for each in clinic.emulator.mail_server.mails if each.to == EMAIL][-1]
    assert "you have 9 left" in told.body


async def test_a_recovery_code_without_the_password_is_nothing_and_is_not_used_up(clinic: Clinic) -> None:
    grace, codes = await joined(clinic, await administrator(clinic))
    guess = SignIn(email=EMAIL, password="guess", totp_secret=grace.totp_secret)
    refused(await sign_in(clinic, guess, codes[0]), 401, "sign-in.refused")
    somebody = keys_of("Bob")
    refused(await sign_in(clinic, somebody, codes[0]), 401, "sign-in.refused")
    assert (await sign_in(clinic, grace, codes[0])).status_code == 201


async def test_digits_and_a_recovery_code_at_once_or_neither_are_refused(clinic: Clinic) -> None:
    body = sign_in_body(keys_of("Bob"))
    for each in ({**body, "recoveryCode": "7777"}, {name: body[name] for name in body if name != "totp"}):
        refused(await clinic.http.post("/v1/staff/sessions", json=each), 422, "body.invalid")


async def test_new_recovery_codes_kill_the_old_and_need_a_proof(clinic: Clinic) -> None:
    grace, codes = await joined(clinic, await administrator(clinic))
    desk = Person(clinic, str(uuid4()), (await sign_in(clinic, grace)).json())
    path = "/v1/staff/me/recovery-codes"
    wrong = {**await proof(clinic, grace), "totp": another(digits(grace))}
    refused(await desk.post(path, {"proof": wrong}), 403, "proof.refused")
    fresh = (await desk.post(path, {"proof": await proof(clinic, grace)})).json()["codes"]
    assert not set(fresh) & set(codes)
    refused(await sign_in(clinic, grace, codes[0]), 401, "sign-in.refused")
    assert (await sign_in(clinic, grace, fresh[0])).status_code == 201
    assert (await desk.get("/v1/staff/me")).json()["recoveryCodesLeft"] == 9


async def test_bob_is_told_by_mail_that_somebody_tries_his_account_and_is_not_locked_out(
    clinic: Clinic,
) -> None:
    body = {**sign_in_body(keys_of("Bob")), "password": "guess"}
    for place in range(2, 9):
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            for _ in range(2):
                await http.post("/v1/staff/sessions", json=body)
    await clinic.settle()
    told = [mail for mail in clinic.mails("Bob") if "登录失败" in mail.subject]
    assert len(told) == 1
    assert (await sign_in(clinic, keys_of("Bob"))).status_code == 201
