"""What phones say back: each thing once, and which version of the plan each of them holds."""

from uuid import uuid4

import httpx
import pytest

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import correct, end, reach_of, second_phone, trail
from tests.support.problems import pointers, refused
from tests.support.year import days, receipts, reminders, today

PATH = "/v1/me/reminder-receipts"
NOON = "2026-03-02T12:00:00+08:00"


def entry(event: str = "shown", at: str = NOON, reminder_id: str | None = None) -> dict[str, str]:
    return {"reminderId": reminder_id or str(uuid4()), "event": event, "at": at}


async def tell(person: Person, *entries: Json, version: Json = 1) -> httpx.Response:
    return await person.post(PATH, {"planVersion": version, "receipts": list(entries)})


async def told(ward: Clinic, lin: Person) -> list[str]:
    """What is kept of what phones said, in the order of a phone's alarms."""
    async with transaction(ward.trial.pool) as connection:
        found = await connection.fetch(
            """
            select kind from reminder_receipts where participant_id = $1::uuid
            order by array_position(array['scheduled', 'shown', 'opened'], kind)
            """,
            lin.participant_id,
        )
    return [row["kind"] for row in found]


async def test_what_a_phone_says_counts_once_however_often_it_says_it(ward: Clinic) -> None:
    lin, _ = await ward.lin(days=0)
    first = (await reminders(lin))["reminders"][0]["reminderId"]
    for event in ("scheduled", "shown", "opened"):
        await receipts(lin, event, first)
    assert await told(ward, lin) == ["scheduled", "shown", "opened"]
    before = await ward.everything()
    for event in ("scheduled", "shown", "opened"):
        await receipts(lin, event, first)
    await receipts(lin, "shown", first, first)
    assert await ward.everything() == before


async def test_the_same_thing_twice_in_one_breath_counts_once_and_the_first_time_stands(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    reminder_id = str(uuid4())
    twice = (entry(at="2026-03-02T09:00:00+08:00", reminder_id=reminder_id), entry(reminder_id=reminder_id))
    assert (await tell(lin, *twice)).status_code == 204
    (line,) = [each for each in await trail(ward, lin) if each["action"] == "reminder-receipt.record"]
    (receipt,) = [each["after"] for each in line["changes"] if each["record"] == "PhoneReceipt"]
    assert receipt["device_time"] == "2026-03-02T09:00:00+08:00"


async def test_two_phones_of_one_account_each_say_their_own(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    other = await second_phone(alice, lin)
    reminder_id = str(uuid4())
    for phone in (lin, other):
        await receipts(phone, "shown", reminder_id)
    assert await told(ward, lin) == ["shown", "shown"]


async def test_the_site_sees_which_version_of_the_plan_a_phone_holds(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    assert await reach_of(alice, lin) == {"role": "participant", "sms": False, "phones": 1}
    await receipts(lin, "scheduled", str(uuid4()))
    assert (await reach_of(alice, lin))["planVersionHeld"] == 1
    await correct(alice, lin, today(ward) - days(4))
    assert (await reach_of(alice, lin))["planVersionHeld"] == 1
    assert (await tell(lin, version=2)).status_code == 204
    assert (await reach_of(alice, lin))["planVersionHeld"] == 2
    assert "planVersionHeld" not in await reach_of(alice, lin, "caregiver")


async def test_of_two_phones_the_newest_version_is_shown_while_its_phone_is_signed_in(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    other = await second_phone(alice, lin)
    await tell(lin, version=1)
    await tell(other, version=2)
    assert await reach_of(alice, lin) == {
        "role": "participant",
        "sms": False,
        "phones": 2,
        "planVersionHeld": 2,
    }
    assert (await other.call("DELETE", "/v1/tokens/current")).status_code == 204
    assert await reach_of(alice, lin) == {
        "role": "participant",
        "sms": False,
        "phones": 1,
        "planVersionHeld": 1,
    }


async def test_a_year_of_alarms_can_be_told_at_once_and_no_more(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    year = [entry("scheduled") for _ in range(400)]
    assert (await tell(lin, *year)).status_code == 204
    assert await told(ward, lin) == ["scheduled"] * 400
    problem = refused(await tell(lin, *year, entry("scheduled")), 422, "body.invalid")
    assert pointers(problem) == ["/receipts"]
    assert len(await told(ward, lin)) == 400


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (entry(at="2026-03-02T12:00:00"), "/receipts/0/at"),
        (entry(at="soon"), "/receipts/0/at"),
        # In UTC they lie outside the years that there are.
        (entry(at="9999-12-31T23:59:59-23:59"), "/receipts/0"),
        (entry(at="0001-01-01T00:00:00+23:59"), "/receipts/0"),
        (entry(event="dismissed"), "/receipts/0/event"),
        (entry(reminder_id="first"), "/receipts/0/reminderId"),
        ({**entry(), "text": "zhangsan"}, "/receipts/0"),
        ({"reminderId": str(uuid4()), "event": "shown"}, "/receipts/0/at"),
    ],
)
async def test_what_is_no_receipt_is_refused_with_a_pointer_and_none_of_the_others_is_kept(
    ward: Clinic, wrong: Json, pointer: str
) -> None:
    lin, _ = await ward.lin()
    problem = refused(await tell(lin, wrong, entry()), 422, "body.invalid")
    assert pointers(problem) == [pointer]
    assert "zhangsan" not in str(problem)
    assert await told(ward, lin) == []


@pytest.mark.parametrize("version", [-1, 1.5, "1", None, 1_000_001])
async def test_what_is_no_version_is_refused(ward: Clinic, version: Json) -> None:
    lin, _ = await ward.lin()
    assert pointers(refused(await tell(lin, version=version), 422, "body.invalid")) == ["/planVersion"]


async def test_a_phone_that_is_signed_out_or_whose_holder_has_ended_says_nothing_any_more(
    ward: Clinic, alice: Person
) -> None:
    lin, caregiver = await ward.lin()
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    refused(await tell(lin, entry()), 401, "token.refused")
    await end(alice, lin, today(ward))
    refused(await tell(caregiver, entry()), 401, "token.refused")
    refused(await tell(alice, entry()), 401, "token.refused")
    assert await told(ward, lin) == []
