"""The code of a text, typed at /a or in the work list: good for its own alert, person and round (cases.md 12)."""

import asyncio

import pytest

from domain.people import Role
from domain.records.rows import transaction
from tests.support.answering import (
    acts,
    asks_for_a_pin,
    code_in,
    entry,
    links_of,
    move_abroad,
    read,
    ring,
    standing,
    wait_out,
)
from tests.support.clinic import Clinic, Person, owner
from tests.support.drills import read as read_drill
from tests.support.drills import start
from tests.support.problems import refused
from tests.support.sites import hire, home
from tests.support.watch import alert_of, take

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def typed(name: str, code: str, action: str = "acknowledge", **more: str) -> dict[str, str]:
    return {**entry(name, action), "email": f"{name.lower()}@example.org", "code": code, **more}


async def type_in(clinic: Clinic, body: dict[str, str]) -> tuple[int, str]:
    page = await clinic.http.post("/a", data=body, headers=CHINESE)
    return page.status_code, read(page)


async def test_bob_types_his_code_and_has_it(clinic: Clinic) -> None:
    await ring(clinic)
    code = code_in(clinic.texts("Bob")[0])
    form = await clinic.http.get("/a")
    assert asks_for_a_pin(form)
    assert (await clinic.http.head("/a")).status_code == 200

    status, words = await type_in(clinic, typed("Bob", f" {code.lower()} "))

    assert (status, "您已接手" in words) == (200, True)
    for action in ("acknowledge", "decline"):
        status, words = await type_in(clinic, typed("Bob", code, action))
        assert (status, "您已接手" in words) == (200, True)
    assert await standing(clinic) == [("acknowledged", 1, "Bob")]
    assert await acts(clinic) == [("Bob", "acknowledge", "code")]


async def test_whatever_does_not_fit_is_told_in_the_same_words(clinic: Clinic) -> None:
    await ring(clinic, minutes=10)
    bobs, danas = code_in(clinic.texts("Bob")[0]), code_in(clinic.texts("Dana")[0])
    wrong = [
        typed("Bob", bobs, pin="999123"),
        typed("Bob", danas),
        typed("Alice", bobs),
        typed("Bob", "XXXX"),
        typed("Bob", bobs, email="nobody@example.org"),
    ]
    answers = [await type_in(clinic, body) for body in wrong[:4]]
    await wait_out(clinic, 60)
    answers.append(await type_in(clinic, wrong[4]))
    assert {status for status, _ in answers} == {422}
    assert len({words for _, words in answers}) == 1
    assert await standing(clinic) == [("open", 1, None)]


async def test_an_old_code_hits_neither_its_next_round_nor_another_alert(clinic: Clinic) -> None:
    await ring(clinic)
    old = code_in(clinic.texts("Bob")[0])
    bob = await clinic.staff("Bob")
    await take(bob)
    await clinic.advance(minutes=11)
    await ring(clinic)
    before = await standing(clinic)
    assert [state for state, _, _ in before] == ["open", "open"]

    status, words = await type_in(clinic, typed("Bob", old))
    wrong = await type_in(clinic, typed("Bob", old, pin="999123"))
    answer = await bob.post("/v1/acknowledgements", {"code": old})

    assert (status, words) == wrong
    assert status == 422
    refused(answer, 409, "state.conflict")
    assert await standing(clinic) == before


async def test_the_code_of_an_answered_alert_reopens_nothing_however_it_races(clinic: Clinic) -> None:
    await ring(clinic)
    code = code_in(clinic.texts("Bob")[0])
    bob = await clinic.staff("Bob")
    await take(bob)
    alert_id = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await asyncio.gather(
        bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "in-care"}),
        *(bob.post("/v1/acknowledgements", {"code": code}) for _ in range(10)),
    )
    refused(await bob.post("/v1/acknowledgements", {"code": code}), 409, "state.conflict")
    right, wrong = [await type_in(clinic, typed("Bob", code, **more)) for more in ({}, {"pin": "999123"})]
    assert right == wrong
    assert right[0] == 422
    assert await standing(clinic) == [("contacted", 1, "Bob")]
    assert [kind for _, kind, _ in await acts(clinic)] == ["acknowledge", "contact"]


async def test_signed_in_a_code_is_enough_and_the_second_is_told_who_was_first(clinic: Clinic) -> None:
    await ring(clinic, minutes=10)
    bobs, danas = code_in(clinic.texts("Bob")[0]), code_in(clinic.texts("Dana")[0])
    bob, dana = await clinic.staff("Bob"), await clinic.staff("Dana")

    refused(await dana.post("/v1/acknowledgements", {"code": "K7-Q4"}), 422, "body.invalid")
    refused(await dana.post("/v1/acknowledgements", {"code": bobs}), 404, "not-found")
    first = await dana.post("/v1/acknowledgements", {"code": danas.lower()})
    again = await dana.post("/v1/acknowledgements", {"code": danas})
    late = refused(await bob.post("/v1/acknowledgements", {"code": bobs}), 409, "alert.taken")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["acknowledgedBy"] == late["takenBy"] == "Dana"
    assert await acts(clinic) == [("Dana", "acknowledge", "code")]


async def test_the_page_speaks_the_language_of_whoever_reads(clinic: Clinic) -> None:
    english = await clinic.http.get("/a", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in english.text
    assert "I take it" in read(english)
    assert "我来处理" in read(await clinic.http.get("/a"))


async def by_another_code(clinic: Clinic, bob: Person, link: str) -> None:  # noqa: ARG001 - one shape for all ways
    await bob.post("/v1/acknowledgements", {"code": code_in(clinic.texts("Erin")[0])})
    await type_in(clinic, typed("Erin", code_in(clinic.texts("Erin")[0]), pin="999123"))


async def by_get(clinic: Clinic, bob: Person, link: str) -> None:
    pin = "pin=318264&action=acknowledge"
    alert_id = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    for path in (link, "/a", f"/v1/alerts/{alert_id}/acknowledgements", "/v1/acknowledgements"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            await clinic.http.request(method, f"{path}?{pin}")


async def by_somebody_of_another_site(clinic: Clinic, bob: Person, link: str) -> None:
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute(
            """
            insert into sites (id, name, time_zone) values ('00000000-0000-4000-8000-000000000001', 'B', 'UTC');
            """
        )
    url = clinic.settings.database_url
    await move_to_another_site(url, "Bob")
    await clinic.http.post(link, data=entry("Bob"))
    await bob.post("/v1/acknowledgements", {"code": code_in(read(await clinic.http.get(link)))})


async def move_to_another_site(url: str, name: str) -> None:
    connection = await owner(url)
    await connection.execute(
        """
        update staff_roles set site_id = '00000000-0000-4000-8000-000000000001'
        where staff_id = (select id from staff where name = $1)
        """,
        name,
    )
    await connection.close()


async def by_an_unsigned_callback(clinic: Clinic, bob: Person, link: str) -> None:  # noqa: ARG001 - as above
    await clinic.http.post("/webhooks/twilio/status", data={"Body": code_in(clinic.texts("Erin")[0])})


@pytest.mark.parametrize(
    "way", [by_another_code, by_get, by_somebody_of_another_site, by_an_unsigned_callback]
)
async def test_an_alert_cannot_be_taken_by_anyone_outside_its_site_a_foreign_code_a_get_or_an_unsigned_callback(
    clinic: Clinic, way: object
) -> None:
    await move_abroad(clinic, "Bob", "Dana")
    await ring(clinic, minutes=20)
    bob, (link, *_) = await clinic.staff("Bob"), links_of(clinic, "Bob")
    before = await standing(clinic)
    assert callable(way)
    await way(clinic, bob, link)
    assert await standing(clinic) == before
    assert await acts(clinic) == []


async def test_a_code_is_shown_to_whom_it_was_sent_and_to_nobody_else(clinic: Clinic) -> None:
    await ring(clinic, minutes=10)
    monitor = (await hire(clinic, "Mona", Role.MONITOR, await home(clinic))).person
    for name in ("Bob", "Dana"):
        shown = (await alert_of(await clinic.staff(name)))["messages"]
        assert {each["staff"] for each in shown} == {"Bob", "Dana"}
        codes = {each["staff"]: each["code"] for each in shown if "code" in each}
        assert codes == {name: code_in(clinic.texts(name)[0])}
    for person in (monitor, await clinic.staff("Alice"), await clinic.staff("Frank")):
        shown = (await alert_of(person))["messages"]
        assert [each for each in shown if "code" in each] == []
        assert len(shown) == 2


async def test_the_code_of_a_drill_is_shown_to_whom_it_was_sent_and_to_nobody_else(clinic: Clinic) -> None:
    bob, alice = await clinic.staff("Bob"), await clinic.staff("Alice")
    drill = await start(clinic, alice)
    (bobs,), (alices,) = [(await read_drill(each, drill))["messages"] for each in (bob, alice)]
    assert bobs.pop("code") == code_in(clinic.texts("Bob")[0])
    assert alices == bobs
