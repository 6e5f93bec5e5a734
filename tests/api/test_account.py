"""What somebody chooses for herself: language, zone and hour; each phone against what it has read."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import choose, second_phone, trail
from tests.support.problems import pointers, refused
from tests.support.year import reminders

LONDON = ZoneInfo("Europe/London")


async def patch(person: Person, body: Json, if_match: str | None = None) -> Json:
    headers = {} if if_match is None else {"If-Match": if_match}
    return await person.call("PATCH", "/v1/me", body, headers=headers)


async def etag_of(person: Person) -> str:
    return (await person.get("/v1/me")).headers["etag"]


async def account_actions(ward: Clinic, lin: Person) -> list[str]:
    return [each["action"] for each in await trail(ward, lin) if each["action"] == "account.update"]


async def test_what_lin_chooses_is_answered_and_read_again_under_the_same_tag(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    answer = await choose(lin, language="en", timeZone="Europe/London", reminderHour=10)
    assert answer.status_code == 200
    chosen = answer.json()
    assert (chosen["language"], chosen["timeZone"], chosen["reminderHour"]) == ("en", "Europe/London", 10)
    assert chosen["emergencyText"].isascii()
    again = await lin.get("/v1/me")
    assert (again.json(), again.headers["etag"]) == (chosen, answer.headers["etag"])


async def test_whoever_has_not_read_what_there_is_changes_nothing(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    refused(await patch(lin, {"reminderHour": 10}), 428, "precondition.missing")
    assert (await lin.get("/v1/me")).json()["reminderHour"] == 9


async def test_whoever_has_read_something_older_changes_nothing(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    held = await etag_of(lin)
    assert (await choose(lin, reminderHour=10)).status_code == 200
    for stale in (held, '"other"', f"W/{await etag_of(lin)}", (await etag_of(lin)).strip('"'), ""):
        refused(await patch(lin, {"reminderHour": 11}, stale), 412, "precondition.failed")
    assert (await lin.get("/v1/me")).json()["reminderHour"] == 10


async def test_a_tag_among_others_and_a_star_are_good_too(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    assert (await patch(lin, {"reminderHour": 10}, f'"other", {await etag_of(lin)}')).status_code == 200
    assert (await patch(lin, {"reminderHour": 11}, "*")).status_code == 200


async def test_of_two_phones_at_once_one_wins_and_the_other_reads_again(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    other = await second_phone(alice, lin)
    held = await etag_of(lin)
    hours = (10, 11)
    answers = await asyncio.gather(
        *(patch(phone, {"reminderHour": hour}, held) for phone, hour in zip((lin, other), hours, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (won,) = (hour for hour, answer in zip(hours, answers, strict=True) if answer.status_code == 200)
    assert (await other.get("/v1/me")).json()["reminderHour"] == won
    assert len(await account_actions(ward, lin)) == 1


async def test_what_is_not_named_stays_as_it_is(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    await choose(lin, timeZone="Asia/Kathmandu", reminderHour=8)
    answer = await choose(lin, language="en")
    kept = answer.json()
    assert (kept["timeZone"], kept["reminderHour"]) == ("Asia/Kathmandu", 8)


@pytest.mark.parametrize(
    "body", [{}, {"reminderHour": 9}, {"language": "zh-CN", "timeZone": "Asia/Shanghai"}]
)
async def test_to_change_nothing_is_fine_and_leaves_no_trace(ward: Clinic, body: Json) -> None:
    lin, _ = await ward.lin()
    before, held = await ward.everything(), await etag_of(lin)
    answer = await patch(lin, body, held)
    assert (answer.status_code, answer.headers["etag"]) == (200, held)
    assert await ward.everything() == before


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Asia", "../etc/passwd", "a\x00b", "asia/shanghai"])
async def test_a_zone_that_is_none_is_refused(ward: Clinic, zone: str) -> None:
    lin, _ = await ward.lin()
    refused(await choose(lin, timeZone=zone), 422, "zone.unknown")
    assert (await lin.get("/v1/me")).json()["timeZone"] == "Asia/Shanghai"


@pytest.mark.parametrize("hour", [0, 7, 20, 23])
async def test_nobody_is_reminded_at_night(ward: Clinic, hour: int) -> None:
    lin, _ = await ward.lin()
    problem = refused(await choose(lin, reminderHour=hour), 422, "body.invalid")
    assert pointers(problem) == ["/reminderHour"]


@pytest.mark.parametrize("hour", [8, 19])
async def test_the_first_and_the_last_hour_of_the_day_can_be_chosen(ward: Clinic, hour: int) -> None:
    lin, _ = await ward.lin()
    assert (await choose(lin, reminderHour=hour)).json()["reminderHour"] == hour


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reminderHour": 24}, "/reminderHour"),
        ({"reminderHour": -1}, "/reminderHour"),
        ({"reminderHour": "9"}, "/reminderHour"),
        ({"reminderHour": None}, "/reminderHour"),
        ({"language": "fr"}, "/language"),
        ({"timeZone": ""}, "/timeZone"),
        ({"timeZone": "A" * 65}, "/timeZone"),
        ({"role": "caregiver"}, ""),
        ({"subjectNumber": "ZN-0001"}, ""),
    ],
)
async def test_what_cannot_be_chosen_is_refused_with_a_pointer(
    ward: Clinic, body: Json, pointer: str
) -> None:
    lin, _ = await ward.lin()
    problem = refused(await patch(lin, body, await etag_of(lin)), 422, "body.invalid")
    assert pointers(problem) == [pointer]


async def test_the_audit_trail_has_what_was_chosen_before_and_after_and_by_whom(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    await choose(lin, reminderHour=12)
    line = (await trail(ward, lin))[-1]
    assert (line["action"], line["actor"]["role"]) == ("account.update", "participant")
    (change,) = line["changes"]
    assert (change["before"]["reminder_hour"], change["after"]["reminder_hour"]) == (9, 12)


async def test_reminders_follow_zone_and_hour_and_none_is_doubled_or_lost(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    before = await reminders(lin)
    await choose(lin, timeZone="Europe/London", reminderHour=14)
    after = await reminders(lin)
    assert (before["timeZone"], after["timeZone"]) == ("Asia/Shanghai", "Europe/London")
    assert after["planVersion"] == before["planVersion"]
    assert [each["reminderId"] for each in after["reminders"]] == [
        each["reminderId"] for each in before["reminders"]
    ]
    clocks = {datetime.fromisoformat(each["at"]).astimezone(LONDON).hour for each in after["reminders"]}
    # The evening before a visit is the evening, whatever hour she likes.
    assert clocks == {14, 18}


async def test_what_a_caregiver_chooses_does_not_touch_the_participants(dawn: Clinic) -> None:
    lin, caregiver = await dawn.lin(days=0)
    mine, hers = await reminders(lin), await reminders(caregiver)
    chosen = await choose(caregiver, language="en", timeZone="Europe/London", reminderHour=14)
    assert chosen.json()["role"] == "caregiver"
    assert await reminders(lin) == mine
    assert (await lin.get("/v1/me")).json()["timeZone"] == "Asia/Shanghai"
    assert await reminders(caregiver) != hers


async def test_site_staff_have_no_such_thing_as_a_phone(ward: Clinic, alice: Person) -> None:
    assert alice.clinic is ward
    refused(await patch(alice, {"reminderHour": 10}, "*"), 401, "token.refused")
