"""Staff: one answer to every wrong sign-in, and nothing known of another site."""

import pytest

from domain.people import Role
from domain.records.rows import transaction
from tests.support.answering import wait_out
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused, without_id
from tests.support.proof import another, keys_of
from tests.support.sites import Hired, hire, home, open_site, register, sign_in_body


@pytest.fixture(scope="module")
async def monitor(ward: Clinic) -> Person:
    return (await hire(ward, "Mona", Role.MONITOR, await home(ward))).person


@pytest.fixture(scope="module")
async def stranger(ward: Clinic) -> Hired:
    """An investigator of another site."""
    return await hire(ward, "Xenia", Role.INVESTIGATOR, await open_site(ward, "Tongji Hospital"))


async def test_wrong_password_wrong_digits_and_unknown_email_are_one_and_the_same_answer(
    ward: Clinic,
) -> None:
    good = sign_in_body(keys_of("Bob"))
    bad = [
        {**good, "password": "wrong"},
        {**good, "totp": another(good["totp"])},
        {**good, "email": "nobody@example.org"},
        {**good, "email": "a\x00b", "password": "\x00"},
    ]

    answers = [await ward.http.post("/v1/staff/sessions", json=body) for body in bad]
    await wait_out(ward, seconds=60)

    problems = [without_id(refused(answer, 401, "sign-in.refused")) for answer in answers]
    assert all(problem == problems[0] for problem in problems)
    assert {
        answer.headers["www-authenticate"] for answer in answers if "www-authenticate" in answer.headers
    } <= {'Bearer realm="nightbell"'}


async def test_an_email_is_known_however_its_letters_are_written(ward: Clinic) -> None:
    body = {**sign_in_body(keys_of("Bob")), "email": " BOB@Example.ORG "}
    assert (await ward.http.post("/v1/staff/sessions", json=body)).status_code == 201


async def test_a_closed_account_ends_at_the_next_request_and_cannot_sign_in(ward: Clinic) -> None:
    gone = await hire(ward, "Gina", Role.COORDINATOR, await home(ward))
    assert (await gone.person.get("/v1/participants")).status_code == 200
    async with transaction(ward.trial.pool) as connection:
        await connection.execute("update staff set disabled_at = now() where name = 'Gina'")
    refused(await gone.person.get("/v1/participants"), 401, "token.refused")
    answer = await ward.http.post("/v1/staff/sessions", json=sign_in_body(gone.sign_in))
    refused(answer, 401, "sign-in.refused")
    await wait_out(ward, seconds=60)


async def test_a_monitor_reads_and_changes_nothing(ward: Clinic, alice: Person, monitor: Person) -> None:
    site = await home(ward)
    registered = (await register(alice, site.id, "ZN-1001")).json()
    path = f"/v1/participants/{registered['participantId']}"

    assert (await monitor.get(path)).json() == registered
    refused(await register(monitor, site.id, "ZN-1002"), 403, "access.denied")
    refused(await monitor.post(f"{path}/administrations", {"givenOn": "2026-01-05"}), 403, "access.denied")
    refused(await monitor.post(f"{path}/activation-codes", {"role": "participant"}), 403, "access.denied")
    assert (await monitor.get(path)).json() == registered


async def test_a_monitor_sees_an_alert_and_cannot_take_it(ward: Clinic, monitor: Person) -> None:
    _, caregiver = await ward.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    alert = (await monitor.get("/v1/alerts")).json()["alerts"][0]
    refused(await monitor.post(f"/v1/alerts/{alert['alertId']}/acknowledgements"), 403, "access.denied")
    assert (await monitor.get(f"/v1/alerts/{alert['alertId']}")).json()["state"] == "open"


async def test_of_another_sites_participant_nothing_is_known(
    ward: Clinic, alice: Person, stranger: Hired
) -> None:
    theirs = (await register(alice, (await home(ward)).id, "ZN-1003")).json()["participantId"]
    path, xenia = f"/v1/participants/{theirs}", stranger.person
    nobodys = "/v1/participants/11111111-1111-4111-8111-111111111111"
    for place in (path, nobodys):
        answers = (
            await xenia.get(place),
            await xenia.post(f"{place}/administrations", {"givenOn": "2026-01-05"}),
            await xenia.post(f"{place}/activation-codes", {"role": "participant"}),
        )
        problems = [without_id(refused(answer, 404, "not-found")) for answer in answers]
        assert all(problem == problems[0] for problem in problems)
    assert (await xenia.get("/v1/participants")).json() == {"participants": []}


async def test_of_another_sites_alert_nothing_is_known(
    ward: Clinic, stranger: Hired, monitor: Person
) -> None:
    _, caregiver = await ward.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    alert = (await monitor.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    xenia, contact = stranger.person, {"outcome": "in-care"}
    refused(await xenia.get(f"/v1/alerts/{alert}"), 404, "not-found")
    refused(await xenia.post(f"/v1/alerts/{alert}/acknowledgements"), 404, "not-found")
    refused(await xenia.post(f"/v1/alerts/{alert}/contacts", contact), 404, "not-found")
    assert (await xenia.get("/v1/alerts")).json() == {"alerts": []}


async def test_nobody_registers_at_another_site(ward: Clinic, stranger: Hired) -> None:
    site = await home(ward)
    refused(await register(stranger.person, site.id, "ZN-1004"), 404, "not-found")


async def test_pages_of_participants_lose_and_repeat_nobody(ward: Clinic, stranger: Hired) -> None:
    site = await open_site(ward, "Union Hospital")
    nurse = (await hire(ward, "Nurse", Role.COORDINATOR, site)).person
    wanted = {f"S-{number}" for number in ("9", "10", "A", "A-1", "1", "AA")}
    for subject in wanted:
        assert (await register(nurse, site.id, subject)).status_code == 201

    for limit in (1, 2, 4, 6, 100):
        seen = await all_pages(nurse, "/v1/participants", "participants", limit)
        assert len(seen) == 6
        assert {each["subjectNumber"] for each in seen} == wanted
    assert (await stranger.person.get("/v1/participants")).json() == {"participants": []}


async def test_pages_of_alerts_and_reports_lose_and_repeat_nothing_and_go_back_in_time(
    clinic: Clinic,
) -> None:
    bob = await clinic.staff("Bob")
    lins = [await clinic.lin() for _ in range(5)]
    for lin, _ in lins:
        await lin.report({"vomited-blood": "yes"})
    first = lins[0][0]
    for _ in range(4):
        await first.report({"fainted": "no"})

    alerts = await all_pages(bob, "/v1/alerts", "alerts", 2)
    reports = await all_pages(first, "/v1/me/reports", "reports", 2)

    assert len({each["alertId"] for each in alerts}) == len(alerts) == 5
    assert len({each["reportId"] for each in reports}) == len(reports) == 5
    opened = [each["openedAt"] for each in alerts]
    assert opened == sorted(opened, reverse=True)
    received = [each["receivedAt"] for each in reports]
    assert received == sorted(received, reverse=True)


async def all_pages(person: Person, path: str, name: str, limit: int) -> list[dict[str, str]]:
    """Follow the cursors to the end."""
    found: list[dict[str, str]] = []
    query = f"?limit={limit}"
    while True:
        page = (await person.get(path + query)).json()
        assert len(page[name]) <= limit
        found += page[name]
        if "nextCursor" not in page:
            return found
        query = f"?limit={limit}&cursor={page['nextCursor']}"
