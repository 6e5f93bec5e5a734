"""A consent that is taken back counts before the next text goes out; of SMS: `test_reminder_stories`."""

from uuid import uuid4

from tests.stories.test_reminder_stories import given_today
from tests.support.clinic import Clinic, Person
from tests.support.desk import agree, invite, path_of
from tests.support.watch import EMERGENCY
from tests.support.year import CAREGIVERS_PHONE, arrived, days, receipts, reminders, today, until_clock


async def with_a_text_waiting(clinic: Clinic) -> tuple[Person, Person, Person]:
    """Five days in, at ten past nine: both phones have set their alarm, so both texts wait until a quarter to ten."""
    alice, lin, caregiver = await given_today(clinic)
    given = today(clinic)
    for person in (lin, caregiver):
        listed = (await reminders(person))["reminders"]
        await receipts(person, "scheduled", *(each["reminderId"] for each in listed))
    await until_clock(clinic, given + days(5), 9, 10)
    return alice, lin, caregiver


async def stale(clinic: Clinic) -> int:
    return await clinic.rows("messages where state = 'stale'")


async def made(clinic: Clinic, role: str) -> int:
    return await clinic.rows(f"reminders join accounts on accounts.id = account_id and role = '{role}'")


async def test_without_consent_to_data_nobody_is_asked_and_whoever_rings_is_heard(clinic: Clinic) -> None:
    alice, lin, caregiver = await with_a_text_waiting(clinic)
    given = today(clinic) - days(5)
    before = arrived(clinic), arrived(clinic, CAREGIVERS_PHONE)
    counts = await clinic.rows("reminders"), await clinic.rows("tasks"), await clinic.rows("alerts")
    assert (await alice.call("DELETE", f"{path_of(lin)}/consents/data")).status_code == 204
    assert await stale(clinic) == 2
    # Past the windows of the first visit and of the first check-in, and past every silence.
    await until_clock(clinic, given + days(17), 12)
    assert (arrived(clinic), arrived(clinic, CAREGIVERS_PHONE)) == before
    assert (await clinic.rows("reminders"), await clinic.rows("tasks"), await clinic.rows("alerts")) == counts
    body = clinic.submission("caregiver", EMERGENCY)
    path = f"/v1/me/reports/{uuid4()}"
    assert (await caregiver.call("PUT", path, body, token="submissionToken")).status_code == 201
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_caregiver_without_consent_is_told_nothing_more_and_lin_is(clinic: Clinic) -> None:
    alice, lin, _ = await with_a_text_waiting(clinic)
    given = today(clinic) - days(5)
    hers, lins = arrived(clinic, CAREGIVERS_PHONE), arrived(clinic)
    calls = await made(clinic, "caregiver"), await made(clinic, "participant")
    assert (await alice.call("DELETE", f"{path_of(lin)}/consents/caregiver-access")).status_code == 204
    assert await stale(clinic) == 1
    await until_clock(clinic, given + days(7), 12)
    assert arrived(clinic, CAREGIVERS_PHONE) == hers
    assert await made(clinic, "caregiver") == calls[0]
    assert len(arrived(clinic)) > len(lins)
    assert await made(clinic, "participant") > calls[1]


async def test_who_agrees_again_is_asked_again(clinic: Clinic) -> None:
    alice, lin, _ = await with_a_text_waiting(clinic)
    given = today(clinic) - days(5)
    await alice.call("DELETE", f"{path_of(lin)}/consents/data")
    await clinic.settle()
    await agree(alice, lin, "data", "v2")
    before = await made(clinic, "participant")
    again = await clinic.activate(await invite(alice, lin))
    await until_clock(clinic, given + days(7), 12)
    assert (await reminders(again))["reminders"]
    assert await made(clinic, "participant") > before
