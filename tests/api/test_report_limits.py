"""How often reports may ring, and how many one phone may hand in (contract.md, limits on submissions)."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from domain.limits import MOST_A_DAY
from domain.records.rows import APP_ROLE, open_pool, transaction
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.nodes import at_another_node
from tests.support.problems import refused
from tests.support.watch import alert_of, page_of, take

CONFUSED: dict[str, str | float] = {"cannot-be-woken": "yes"}
BLEEDING: dict[str, str | float] = {"black-stool": "yes"}


async def rounds(bob: Person) -> int:
    return int((await alert_of(bob))["round"])


async def contacted(bob: Person) -> None:
    """Bob takes the alert and reaches her."""
    await take(bob)
    alert_id = (await alert_of(bob))["alertId"]
    answer = await bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "spoke-with-caregiver"})
    assert answer.status_code == 201


async def test_a_fourth_round_within_the_hour_waits_for_its_end(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    bob = await clinic.staff("Bob")
    await caregiver.report(CONFUSED)
    for _ in range(2):
        await clinic.advance(minutes=16)
        await caregiver.report(CONFUSED)
    assert await rounds(bob) == 3
    await clinic.advance(minutes=16)
    await caregiver.report(CONFUSED)
    assert await rounds(bob) == 3
    await clinic.advance(minutes=13)
    await caregiver.report(CONFUSED)
    assert await rounds(bob) == 4


async def test_a_new_signal_is_heard_however_often_it_rang(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    bob = await clinic.staff("Bob")
    for _ in range(3):
        await caregiver.report(CONFUSED)
        await clinic.advance(minutes=16)
    await caregiver.report(BLEEDING)
    assert await rounds(bob) == 4


async def test_after_three_rounds_and_a_contact_an_emergency_rings_as_soon_as_it_may(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    bob = await clinic.staff("Bob")
    for _ in range(3):
        await caregiver.report(CONFUSED)
        await clinic.settle()
        await contacted(bob)
        await clinic.advance(minutes=5)
    before = clinic.rung()
    await caregiver.report(CONFUSED)
    await clinic.settle()
    assert clinic.rung() == before
    page = await page_of(caregiver)
    assert (page["status"], page["goNow"]) == ("not-told", True)
    assert (await alert_of(bob))["state"] == "open"
    await clinic.advance(minutes=44)
    assert clinic.rung() == before
    await clinic.advance(minutes=2)
    assert clinic.rung()["Bob"] == before["Bob"] + 1
    assert (await page_of(caregiver))["status"] == "not-yet-seen"


async def has_handed_in(clinic: Clinic, count: int) -> None:
    """Copy the newest report until its phone has handed in so many."""
    async with transaction(clinic.trial.pool) as connection:
        columns = await connection.fetchval(
            """
            select string_agg(quote_ident(column_name), ', ') from information_schema.columns
            where table_name = 'reports' and column_name not in ('id', 'position')
            """
        )
        await connection.execute(
            f"""
            insert into reports (id, {columns})
            select gen_random_uuid(), {columns}
            from (select * from reports order by position desc limit 1) as newest, generate_series(2, $1)
            """,  # noqa: S608 - columns of our own table
            count,
        )


@pytest.fixture
async def busy(clinic: Clinic) -> Person:
    """A caregiver whose phone has handed in all that it may in a day."""
    _, caregiver = await clinic.lin()
    assert (await caregiver.report({"vomited-blood": "no"})).status_code == 201
    await has_handed_in(clinic, MOST_A_DAY)
    return caregiver


async def floods(clinic: Clinic) -> list[Json]:
    alice = await clinic.staff("Alice")
    tasks = (await alice.get("/v1/tasks")).json()["tasks"]
    return [each for each in tasks if each["kind"] == "report-flood"]


async def test_the_report_after_five_hundred_is_answered_429_and_the_site_hears_of_it_once(
    clinic: Clinic, busy: Person
) -> None:
    before = await clinic.rows("reports")
    for _ in range(2):
        problem = refused(await busy.report(CONFUSED), 429, "report.too-many")
        assert problem["whatToDo"]["page"]["status"] == "not-told"
        assert problem["whatToDo"]["page"]["goNow"]
    assert await clinic.rows("reports") == before
    assert await clinic.rows("alerts") == 0
    assert len(await floods(clinic)) == 1


async def test_of_a_flooding_phone_a_stored_report_is_still_answered(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    report_id, body = str(uuid4()), clinic.submission("caregiver", CONFUSED)
    await caregiver.put(f"/v1/me/reports/{report_id}", body)
    await has_handed_in(clinic, MOST_A_DAY)
    assert (await caregiver.put(f"/v1/me/reports/{report_id}", body)).status_code == 200
    other = clinic.submission("caregiver", BLEEDING)
    refused(await caregiver.put(f"/v1/me/reports/{report_id}", other), 429, "report.too-many")


async def test_a_day_later_the_phone_is_heard_again_and_another_phone_always_was(
    clinic: Clinic, busy: Person
) -> None:
    lin, _ = await clinic.lin()
    assert (await lin.report({"fainted": "no"})).status_code == 201
    connection = await owner(clinic.settings.database_url)
    await connection.execute("update reports set arrived_at = arrived_at - $1::interval", timedelta(days=1))
    await connection.close()
    assert (await busy.report({"vomited-blood": "no"})).status_code == 201


async def test_a_report_is_taken_while_reads_hold_every_other_connection(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    pool = clinic.trial.pool
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        answer = await asyncio.wait_for(lin.report(BLEEDING), 10)
        assert (answer.status_code, answer.json()["level"]) == (201, "emergency")
    finally:
        for each in held:
            await pool.release(each)


async def test_with_the_database_away_advice_comes_from_the_answers_alone(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    async with at_another_node(lin, intake=await closed_pool(clinic)) as away:
        body = {**clinic.submission("participant", BLEEDING), "language": "en"}
        answer = await away.put(f"/v1/me/reports/{uuid4()}", body)
    problem = refused(answer, 503, "database.unavailable")
    told = problem["whatToDo"]
    assert (problem["retrySafe"], told["level"]) == (True, "emergency")
    assert told["advice"]["headline"] == "This may be an emergency: call 120 now."
    assert told["page"]["text"] == "The clinic has NOT been told. Go now, call 120."
    assert int(answer.headers["retry-after"]) > 0


async def closed_pool(clinic: Clinic) -> "asyncpg.Pool[asyncpg.Record]":
    pool = await open_pool(clinic.settings.database_url, APP_ROLE, size=1)
    await pool.close()
    return pool


async def test_whoever_has_no_token_of_ours_is_told_what_to_do_and_pages_nobody(clinic: Clinic) -> None:
    body = clinic.submission("participant", BLEEDING)
    answer = await clinic.http.put(f"/v1/me/reports/{uuid4()}", json=body)
    told = refused(answer, 401, "token.refused")["whatToDo"]
    assert (told["level"], told["page"]["status"]) == ("emergency", "not-told")
    assert await clinic.rows("reports") == 0


@pytest.mark.parametrize(
    ("answers", "language", "headline"),
    [
        ({"fainted": "no"}, "en", "Your report has NOT reached the clinic."),
        ({"fainted": "no"}, "zh-CN", "您的报告还没有送达研究中心。"),
        ({"temperature": 37.9}, "en", "Your report has NOT reached the clinic."),
    ],
)
async def test_nobody_is_told_that_a_report_is_kept_or_will_be_read_that_is_not(
    clinic: Clinic, answers: dict[str, str | float], language: str, headline: str
) -> None:
    body = {**clinic.submission("participant", answers), "language": language}
    answer = await clinic.http.put(f"/v1/me/reports/{uuid4()}", json=body)
    told = refused(answer, 401, "token.refused")["whatToDo"]
    assert told["level"] in {"none", "routine"}
    assert told["advice"]["headline"] == headline
    assert "120" in told["advice"]["text"]
    assert told["page"]["status"] == "not-told"
