"""A complication is a fact of the site's: recorded once, on its day, by whoever works there."""

import asyncio
from datetime import date

import httpx
import pytest

from tests.support.clinic import Clinic, Person
from tests.support.desk import end, monitor, path_of, stranger, trail
from tests.support.problems import pointers, refused
from tests.support.year import days, today

ENCEPHALOPATHY = "hepatic-encephalopathy"
KINDS = ["variceal-bleeding", "sepsis", ENCEPHALOPATHY, "hepatorenal-syndrome"]


async def tell(staff: Person, lin: Person, day: date, kind: str = ENCEPHALOPATHY) -> httpx.Response:
    body = {"complication": kind, "occurredOn": day.isoformat()}
    return await staff.post(f"{path_of(lin)}/complications", body)


async def recorded(alice: Person, lin: Person) -> list[tuple[str, str]]:
    shown = (await alice.get(path_of(lin))).json()["complications"]
    return [(each["complication"], each["occurredOn"]) for each in shown]


@pytest.mark.parametrize("kind", KINDS)
async def test_each_of_the_four_is_recorded_on_its_day(ward: Clinic, alice: Person, kind: str) -> None:
    lin, _ = await ward.lin()
    yesterday = today(ward) - days(1)
    answer = await tell(alice, lin, yesterday, kind)
    assert answer.status_code == 201
    assert (await alice.get(path_of(lin))).json() == answer.json()
    assert await recorded(alice, lin) == [(kind, yesterday.isoformat())]
    line = (await trail(ward, lin))[-1]
    assert (line["action"], line["actor"]["role"]) == ("complication.record", "staff")
    assert line["changes"][0]["after"]["kind"] == kind


async def test_the_same_on_another_day_and_another_on_the_same_day_are_two(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    day = today(ward)
    for kind, on in ((ENCEPHALOPATHY, day), (ENCEPHALOPATHY, day - days(1)), ("sepsis", day)):
        assert (await tell(alice, lin, on, kind)).status_code == 201
    assert len(await recorded(alice, lin)) == 3


async def test_the_same_on_the_same_day_is_recorded_once_even_at_two_desks_at_once(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    answers = await asyncio.gather(*(tell(alice, lin, today(ward)) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    before = await trail(ward, lin)
    refused(await tell(alice, lin, today(ward)), 409, "complication.exists")
    assert await recorded(alice, lin) == [(ENCEPHALOPATHY, today(ward).isoformat())]
    assert await trail(ward, lin) == before


async def test_what_has_not_occurred_yet_is_refused(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    for day in (today(ward) + days(2), date(9999, 12, 31)):
        assert pointers(refused(await tell(alice, lin, day), 422, "body.invalid")) == ["/occurredOn"]
    assert await recorded(alice, lin) == []


async def test_what_is_none_of_the_four_is_refused_and_not_repeated(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    answer = await tell(alice, lin, today(ward), "zhangsan-has-a-cold")
    assert pointers(refused(answer, 422, "body.invalid")) == ["/complication"]
    assert "zhangsan" not in answer.text


async def test_what_occurred_can_be_recorded_after_the_end(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await end(alice, lin, today(ward), "died")
    assert (await tell(alice, lin, today(ward), "variceal-bleeding")).status_code == 201


async def test_only_those_who_work_at_her_site_record_one_and_her_phone_shows_none(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    refused(await tell(await monitor(ward), lin, today(ward)), 403, "access.denied")
    refused(await tell(await stranger(ward), lin, today(ward)), 404, "not-found")
    refused(await tell(lin, lin, today(ward)), 401, "token.refused")
    await tell(alice, lin, today(ward))
    for path in ("/v1/me", "/v1/me/schedule", "/v1/me/reminders"):
        assert ENCEPHALOPATHY not in (await lin.get(path)).text
