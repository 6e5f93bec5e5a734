"""Proving again who one is, and digits that are good once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest

from api.staff_sign_in import step_of
from domain.records import staff
from domain.records.rows import transaction
from tests.support.answering import elsewhere, wait_out
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused, without_id
from tests.support.proof import another, digits, keys_of, proof
from tests.support.sites import sign_in_body
from tests.support.watch import tasks_about


async def choose(bob: Person, proven: dict[str, str], pin: str = "902714") -> httpx.Response:
    """Bob's desk chooses a PIN."""
    return await bob.put("/v1/staff/me/pin", {"pin": pin, "proof": proven})


async def is_chosen(clinic: Clinic) -> bool:
    """Whether anybody has chosen a PIN since the cast came."""
    async with transaction(clinic.trial.pool) as connection:
        changed = await connection.fetchval("select count(*) from audit_entries where action = 'pin.set'")
    return bool(changed)


def sign_in_with(totp: str) -> Json:
    return {**sign_in_body(keys_of("Bob")), "totp": totp}


async def test_a_desk_left_open_chooses_no_pin_whatever_was_wrong_is_one_answer(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    good = await proof(clinic, keys_of("Bob"))
    bad = [
        {**good, "password": "guess"},
        {**good, "totp": another(good["totp"])},
        {"password": "guess", "totp": another(good["totp"])},
    ]

    problems = [without_id(refused(await choose(bob, each), 403, "proof.refused")) for each in bad]

    assert problems == [problems[0]] * 3
    assert await is_chosen(clinic) is False
    assert (await choose(bob, good)).status_code == 204
    assert await is_chosen(clinic) is True


async def test_failed_proofs_slow_their_source_as_failed_sign_ins_do_and_the_session_goes_on(
    clinic: Clinic,
) -> None:
    bob = await clinic.staff("Bob")
    bad = {**await proof(clinic, keys_of("Bob")), "password": "guess"}
    assert [(await choose(bob, bad)).status_code for _ in range(5)] == [403] * 4 + [429]
    refused(
        await clinic.http.post("/v1/staff/sessions", json=sign_in_body(keys_of("Bob"))), 429, "sign-in.slowed"
    )
    assert (await bob.get("/v1/staff/me")).status_code == 200
    async with elsewhere(clinic) as http:
        signed_in = await http.post("/v1/staff/sessions", json=sign_in_body(keys_of("Bob")))
    assert signed_in.status_code == 201
    await wait_out(clinic, 60)
    assert (await choose(bob, await proof(clinic, keys_of("Bob")))).status_code == 204


async def test_who_tries_proofs_on_a_stolen_session_is_told_to_the_site(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    staff_id = (await bob.get("/v1/staff/me")).json()["staffId"]
    bad = {**await proof(clinic, keys_of("Bob")), "password": "guess"}
    for _ in range(10):
        await choose(bob, bad)
        await wait_out(clinic, 60)
    assert await tasks_about(clinic, staff_id) == ["sign-in-failures"]


async def test_digits_that_were_seen_over_a_shoulder_sign_nobody_in_again(clinic: Clinic) -> None:
    shown = digits(keys_of("Bob"))
    first, again = [await clinic.http.post("/v1/staff/sessions", json=sign_in_with(shown)) for _ in range(2)]
    assert first.status_code == 201
    refused(again, 401, "sign-in.refused")


async def test_digits_of_a_sign_in_prove_nothing_and_those_of_a_proof_sign_nobody_in(clinic: Clinic) -> None:
    used = digits(keys_of("Bob"))
    body = sign_in_with(used)
    bob = Person(clinic, body["deviceId"], (await clinic.http.post("/v1/staff/sessions", json=body)).json())
    problem = refused(
        await choose(bob, {"password": keys_of("Bob").password, "totp": used}), 403, "proof.refused"
    )
    assert "used before" in problem["detail"]
    proven = await proof(clinic, keys_of("Bob"))
    assert (await choose(bob, proven)).status_code == 204
    refused(
        await clinic.http.post("/v1/staff/sessions", json=sign_in_with(proven["totp"])),
        401,
        "sign-in.refused",
    )


async def test_the_same_digits_sent_twenty_times_at_once_sign_in_once(clinic: Clinic) -> None:
    body = sign_in_with(digits(keys_of("Bob")))
    addresses = [f"127.0.0.{place}" for place in range(2, 22)]

    async def send(address: str) -> int:
        async with elsewhere(clinic, address) as http:
            return (
                await http.post("/v1/staff/sessions", json={**body, "deviceId": str(uuid4())})
            ).status_code

    assert sorted(await asyncio.gather(*map(send, addresses))) == [201] + [401] * 19


@pytest.mark.parametrize(("steps", "fit"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step_and_no_more(steps: int, *, fit: bool) -> None:
    secret, now = keys_of("Bob").totp_secret, datetime(2026, 3, 2, 8, 0, 29, tzinfo=UTC)
    totp = pyotp.TOTP(secret)
    shown = totp.at(now + steps * timedelta(seconds=30))
    assert step_of(secret, shown, now) == (totp.timecode(now) + steps if fit else None)


async def test_digits_are_spent_with_all_before_them(clinic: Clinic) -> None:
    staff_id = UUID((await (await clinic.staff("Bob")).get("/v1/staff/me")).json()["staffId"])
    await clinic.forget_digits()
    async with transaction(clinic.trial.pool) as connection:
        spent = [await staff.spend_step(connection, staff_id, step) for step in (7, 7, 6, 8)]
    assert spent == [True, False, False, True]


async def test_a_wrong_password_spends_no_digits(clinic: Clinic) -> None:
    body = sign_in_with(digits(keys_of("Bob")))
    mistyped = await clinic.http.post("/v1/staff/sessions", json={**body, "password": "guess"})
    assert mistyped.status_code == 401
    assert (await clinic.http.post("/v1/staff/sessions", json=body)).status_code == 201


async def failures(clinic: Clinic) -> int:
    """How many failed tries are counted anywhere."""
    async with transaction(clinic.trial.pool) as connection:
        return int(await connection.fetchval("select coalesce(sum(failures), 0) from slow_downs"))


async def test_digits_that_were_used_before_wait_for_the_next_and_are_no_failed_try(clinic: Clinic) -> None:
    """Whoever resolves several alerts within half a minute is not slowed, nor told of as somebody who guesses."""
    bob = await clinic.staff("Bob")
    proven = await proof(clinic, keys_of("Bob"))
    assert (await choose(bob, proven)).status_code == 204
    for _ in range(12):
        problem = refused(await choose(bob, proven, "135792"), 403, "proof.refused")
        assert "wait for the next" in problem["detail"]
        signing_in = await clinic.http.post("/v1/staff/sessions", json=sign_in_with(proven["totp"]))
        assert "wait for the next" in refused(signing_in, 401, "sign-in.refused")["detail"]
    assert await failures(clinic) == 0
    await clinic.forget_digits()
    assert (
        await clinic.http.post("/v1/staff/sessions", json=sign_in_body(keys_of("Bob")))
    ).status_code == 201


async def test_who_guesses_with_digits_that_were_used_before_learns_nothing_and_is_counted(
    clinic: Clinic,
) -> None:
    bob = await clinic.staff("Bob")
    proven = await proof(clinic, keys_of("Bob"))
    assert (await choose(bob, proven)).status_code == 204
    used, unknown = [
        refused(await choose(bob, {"password": "guess", "totp": totp}), 403, "proof.refused")
        for totp in (proven["totp"], another(proven["totp"]))
    ]
    assert without_id(used) == without_id(unknown)
    # By the pair, the source and the account.
    assert await failures(clinic) == 2 * 3
