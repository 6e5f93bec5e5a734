"""Failures slow what one address tries; whoever is on call is never locked out by somebody else's (contract.md)."""

import asyncio
import contextlib
from collections.abc import Mapping

import httpx
import pytest

from api.proving import SIGN_INS, Try, proves
from api.recruiting import SignIn
from domain.errors import SignInSlowed
from domain.records.rows import transaction
from tests.support.answering import (
    code_in,
    elsewhere,
    entry,
    links_of,
    move_abroad,
    read,
    ring,
    standing,
    wait_out,
)
from tests.support.clinic import Clinic
from tests.support.problems import refused
from tests.support.proof import keys_of
from tests.support.sites import sign_in_body
from tests.support.watch import tasks_about


def bobs() -> SignIn:
    return keys_of("Bob")


async def fail(
    http: httpx.AsyncClient, times: int = 1, headers: Mapping[str, str] = {}, email: str = ""
) -> list[httpx.Response]:
    """Mallory tries passwords on Bob's account, or on another."""
    body = {**sign_in_body(bobs()), "password": "guess", "email": email or bobs().email}
    return [await http.post("/v1/staff/sessions", json=body, headers=headers) for _ in range(times)]


async def sign_in(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/v1/staff/sessions", json=sign_in_body(bobs()))


async def test_mallory_fails_fifty_times_and_bob_signs_in_at_once_from_elsewhere(clinic: Clinic) -> None:
    tried = await fail(clinic.http, 50)
    assert [each.status_code for each in tried[:4]] == [401] * 4
    assert tried[-1].status_code == 429
    async with elsewhere(clinic) as ward:
        assert (await sign_in(ward)).status_code == 201


async def test_behind_the_hospitals_one_address_others_fail_on_their_accounts_and_bob_signs_in(
    clinic: Clinic,
) -> None:
    for colleague in ("alice", "nobody"):
        await fail(clinic.http, 12, email=f"{colleague}@example.org")
    assert (await sign_in(clinic.http)).status_code == 201


async def test_an_address_that_fails_thirty_times_waits_whatever_it_tries_and_no_success_clears_it(
    clinic: Clinic,
) -> None:
    for place in range(16):
        tried = await fail(clinic.http, 2 if place < 15 else 1, email=f"{place}@example.org")
        assert {each.status_code for each in tried} == {401}
    refused((await fail(clinic.http, email="other@example.org"))[0], 429, "sign-in.slowed")
    await wait_out(clinic, 1)
    assert (await sign_in(clinic.http)).status_code == 201
    (again,) = await fail(clinic.http, email="other@example.org")
    assert again.status_code == 401
    refused((await fail(clinic.http, email="third@example.org"))[0], 429, "sign-in.slowed")


async def test_from_mallorys_own_address_bob_waits_a_minute_at_most(clinic: Clinic) -> None:
    for _ in range(20):
        await fail(clinic.http)
        await wait_out(clinic, 60)
    (last,) = await fail(clinic.http)
    assert last.status_code == 401

    problem = await sign_in(clinic.http)
    refused(problem, 429, "sign-in.slowed")
    seconds = int(problem.headers["retry-after"])

    assert 0 < seconds <= 60
    await wait_out(clinic, seconds)
    assert (await sign_in(clinic.http)).status_code == 201
    assert {each.status_code for each in await fail(clinic.http, 3)} == {401}
    await clinic.forget_digits()
    assert (await sign_in(clinic.http)).status_code == 201


async def test_a_forged_header_makes_nobody_another_source(clinic: Clinic) -> None:
    forged = [
        (await fail(clinic.http, headers={"X-Forwarded-For": f"198.51.100.{place}"}))[0]
        for place in range(10)
    ]
    assert [each.status_code for each in forged] == [401] * 4 + [429] * 6


async def test_tries_at_once_are_counted_one_by_one(clinic: Clinic) -> None:
    answers = [
        each for batch in await asyncio.gather(*(fail(clinic.http) for _ in range(20))) for each in batch
    ]
    assert sorted(each.status_code for each in answers) == [401] * 4 + [429] * 16


async def test_many_failures_on_one_account_are_one_task_for_its_site(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    bob = (await (await clinic.staff("Bob")).get("/v1/staff/me")).json()["staffId"]
    for place in range(2, 10):
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            await fail(http, 2)
    assert await tasks_about(clinic, bob) == ["sign-in-failures"]
    (task,) = (await alice.get("/v1/tasks")).json()["tasks"]
    assert (task["kind"], task["aboutId"]) == ("sign-in-failures", bob)

    await alice.post(f"/v1/tasks/{task['taskId']}/resolution")
    async with elsewhere(clinic, "127.0.0.77") as http:
        await fail(http)
    assert await tasks_about(clinic, bob) == ["sign-in-failures"] * 2


async def test_wrong_pins_on_one_link_from_one_address_do_not_hold_its_owner_out(clinic: Clinic) -> None:
    await move_abroad(clinic, "Bob")
    await ring(clinic)
    (link,) = links_of(clinic, "Bob")
    async with elsewhere(clinic) as cafe:
        codes = [(await cafe.post(link, data=entry("Dana"))).status_code for _ in range(12)]
    assert codes == [422] * 4 + [429] * 8

    assert (await clinic.http.post(link, data=entry("Bob"))).status_code == 200
    assert await standing(clinic) == [("acknowledged", 1, "Bob")]


async def test_ten_wrong_pins_on_one_link_slow_it_from_wherever_they_come_for_half_a_minute(
    clinic: Clinic,
) -> None:
    await move_abroad(clinic, "Bob")
    await ring(clinic)
    (link,) = links_of(clinic, "Bob")
    codes = []
    for place in range(2, 14):
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            codes.append((await http.post(link, data=entry("Dana"))).status_code)
    assert codes == [422] * 10 + [429] * 2

    slowed = await clinic.http.post(link, data=entry("Bob"))
    seconds = int(slowed.headers["retry-after"])
    assert slowed.status_code == 429
    assert 0 < seconds <= 30
    assert f"请等待{seconds}秒" in read(slowed)
    assert await standing(clinic) == [("open", 1, None)]

    await wait_out(clinic, 30)
    assert (await clinic.http.post(link, data=entry("Bob"))).status_code == 200
    assert await standing(clinic) == [("acknowledged", 1, "Bob")]


async def type_in(http: httpx.AsyncClient, code: str, **more: str) -> int:
    """Somebody types Bob's e-mail and a code, with Bob's PIN or another."""
    page = await http.post("/a", data={**entry("Bob"), "email": bobs().email, "code": code, **more})
    return page.status_code


async def test_all_codes_of_one_person_are_slowed_as_one(clinic: Clinic) -> None:
    await ring(clinic)
    await ring(clinic)
    live = [code_in(text) for text in clinic.texts("Bob")]
    assert len(set(live)) > 1
    for place in range(2, 12):
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            assert await type_in(http, live[place % 2], pin="999123") == 422
    assert [await type_in(clinic.http, code) for code in live[:2]] == [429] * 2
    await wait_out(clinic, 30)
    assert await type_in(clinic.http, live[0]) == 200


async def test_whoever_knows_bobs_email_but_no_code_of_his_does_not_hold_him_out(clinic: Clinic) -> None:
    await ring(clinic)
    for place in range(2, 14):
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            assert [await type_in(http, f"XXX{letter}") for letter in "XY"] == [422] * 2
    assert await type_in(clinic.http, code_in(clinic.texts("Bob")[0])) == 200


ASKED = ("slow_downs", "contacts", "from staff", "credentials", "from tasks", "from messages")
"""What the tables are called that a try asks for; not what a connection asks once for itself."""


async def asked(clinic: Clinic, path: str, bodies: tuple[Mapping[str, str], ...]) -> list[list[str]]:
    """What the database is asked while each of these fails, from an address of its own."""
    pool, found = clinic.trial.pool, []
    async with contextlib.AsyncExitStack() as stack:
        every = [await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
        heard: list[str] = []
        for connection in every:
            connection.add_query_logger(lambda query: heard.append(query.query))
    for place, body in enumerate(bodies, start=2):
        heard.clear()
        async with elsewhere(clinic, f"127.0.0.{place}") as http:
            form = path == "/a"
            answer = await http.post(path, data=body if form else None, json=None if form else body)
            assert answer.status_code in {401, 422}
        found.append([query for query in heard if any(table in query for table in ASKED)])
    return found


async def test_the_database_is_asked_the_same_for_an_email_that_nobody_has(clinic: Clinic) -> None:
    for path, body in (
        ("/v1/staff/sessions", {**sign_in_body(bobs()), "password": "guess"}),
        ("/a", {**entry("Dana"), "code": "XXXX"}),
    ):
        bob, nobody = await asked(
            clinic, path, ({**body, "email": bobs().email}, {**body, "email": "nobody@example.org"})
        )
        assert len(bob) > 5
        assert bob == nobody


async def test_nothing_that_is_kept_of_failures_names_anybody(clinic: Clinic) -> None:
    await fail(clinic.http, 3)
    async with transaction(clinic.trial.pool) as connection:
        kept = await connection.fetch("select * from slow_downs")
        audited = await connection.fetchval("select count(*) from audit_entries where action like '%slow%'")
    assert {name for row in kept for name in dict(row)} == {"place", "failures", "since", "wait_until"}
    assert all(0 <= row["place"] < 1 << 20 for row in kept)
    assert len(kept) == 3
    assert audited == 0


async def test_however_many_sign_ins_are_checked_bobs_link_and_code_are_answered(clinic: Clinic) -> None:
    await move_abroad(clinic, "Dana")
    await ring(clinic, minutes=10)
    (link, *_), code = links_of(clinic, "Dana"), code_in(clinic.texts("Bob")[0])
    async with SIGN_INS.one(), SIGN_INS.one():
        busy = await sign_in(clinic.http)
        guess, by_code = await type_in(clinic.http, "XXXX"), await type_in(clinic.http, code)
        by_link = await clinic.http.post(link, data=entry("Dana"))
    refused(busy, 503, "sign-in.busy")
    assert int(busy.headers["retry-after"]) > 0
    assert (guess, by_code, by_link.status_code) == (503, 200, 409)
    assert (await sign_in(clinic.http)).status_code == 201


async def test_whoever_must_wait_takes_no_slot(clinic: Clinic) -> None:
    await fail(clinic.http, 4)
    async with SIGN_INS.one(), SIGN_INS.one():
        (tried,) = await fail(clinic.http)
    refused(tried, 429, "sign-in.slowed")


async def test_a_refused_try_is_not_even_looked_at(clinic: Clinic) -> None:
    looked: list[str] = []

    def wrong() -> bool:
        looked.append("x")
        return False

    attempt = Try(source="here", account="nobody", staff=None)
    for _ in range(4):
        await proves(clinic.trial, attempt, wrong)
    with pytest.raises(SignInSlowed):
        await proves(clinic.trial, attempt, wrong)
    assert len(looked) == 4
