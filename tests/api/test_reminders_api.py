"""What a phone is told to show and when: a year ahead, neutral to a passer-by, and never what is done."""

from datetime import datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import choose, correct, end, enrolled
from tests.support.neutral import telling
from tests.support.problems import pointers, refused
from tests.support.sites import close_on, home
from tests.support.year import SHANGHAI, check_in, days, record_visit, reminders, today

VISIT_WEEKS = (1, 2, 4, 8, 12, 24, 36, 52)


def clocks(listed: Json, zone: ZoneInfo = SHANGHAI) -> list[datetime]:
    """When each reminder comes, by a clock of the zone."""
    return [datetime.fromisoformat(each["at"]).astimezone(zone) for each in listed["reminders"]]


def about(reminder: Json) -> list[tuple[str, int]]:
    return [(each["kind"], each["week"]) for each in reminder["about"]]


def everything(listed: Json) -> set[tuple[str, int]]:
    return {each for reminder in listed["reminders"] for each in about(reminder)}


async def test_lin_is_reminded_of_every_check_in_and_visit_of_52_weeks(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    listed = await reminders(lin)
    assert (listed["planVersion"], listed["timeZone"]) == (1, "Asia/Shanghai")
    day = {each.date() - today(dawn): each.time() for each in clocks(listed)}
    nine, six = time(9), time(18)
    # Each check-in on its day and the day after; each visit a week, two days and an evening before, and a day after.
    wanted = {timedelta(days=7 * week + late): nine for week in range(1, 53) for late in (0, 1)}
    wanted |= {timedelta(days=7 * week - ahead): nine for week in VISIT_WEEKS for ahead in (7, 2)}
    wanted |= {timedelta(days=7 * week - 1): six for week in VISIT_WEEKS}
    assert day == wanted
    assert len(listed["reminders"]) == len(wanted) == 121


async def test_the_caregiver_is_told_of_visits_and_of_a_check_in_that_has_not_come(dawn: Clinic) -> None:
    lin, caregiver = await dawn.lin(days=0)
    listed = await reminders(caregiver)
    assert len(listed["reminders"]) == 8 * 4 + 52
    of_check_ins = [
        each for each in listed["reminders"] if ("visit" not in {kind for kind, _ in about(each)})
    ]
    assert len(of_check_ins) == 52
    for week, each in enumerate(of_check_ins, 1):
        assert about(each) == [("check-in", week)]
        assert each["askFirst"]
        asked = datetime.fromisoformat(each["at"]).astimezone(SHANGHAI)
        assert (asked.date() - today(dawn), asked.time()) == (timedelta(days=7 * week + 1), time(18))
    hers = {each["reminderId"] for each in listed["reminders"]}
    assert hers.isdisjoint(each["reminderId"] for each in (await reminders(lin))["reminders"])


@pytest.mark.parametrize("hour", [8, 9, 17, 18, 19])
@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"]
)
async def test_reminders_come_by_day_each_at_an_instant_of_its_own(
    dawn: Clinic, zone: str, hour: int
) -> None:
    for person in await dawn.lin(days=0):
        await choose(person, timeZone=zone, reminderHour=hour)
        listed = await reminders(person)
        at = clocks(listed, ZoneInfo(zone))
        assert at == sorted(set(at))
        assert all(time(8) <= each.time() < time(20) for each in at)
        ids = {each["reminderId"] for each in listed["reminders"]}
        assert len(ids) == len(at)
        assert len(everything(listed)) == 60
        for each in listed["reminders"]:
            assert datetime.fromisoformat(each["validUntil"]) > datetime.fromisoformat(each["at"])


async def test_a_visit_and_a_check_in_at_one_instant_are_one_reminder_that_names_both(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    await choose(lin, language="en")
    by_day = {
        datetime.fromisoformat(each["at"]).astimezone(SHANGHAI).date() - today(dawn): each
        for each in (await reminders(lin))["reminders"]
    }
    # Week 1 has a visit and a check-in on its day; the visit of week 2 is a week ahead.
    its_day = by_day[timedelta(days=7)]
    assert about(its_day) == [("visit", 1), ("check-in", 1), ("visit", 2)]
    assert "is today" in its_day["about"][0]["text"]
    assert its_day["askFirst"]
    day_after = by_day[timedelta(days=8)]
    assert about(day_after) == [("visit", 1), ("check-in", 1)]
    assert day_after["askFirst"]
    no_visit = by_day[timedelta(days=21)]
    assert about(no_visit) == [("check-in", 3), ("visit", 4)]
    assert about(by_day[timedelta(days=35)]) == [("check-in", 5)]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_lock_screen_tells_a_passer_by_nothing(dawn: Clinic, language: str) -> None:
    for person in await dawn.lin(days=0):
        await choose(person, language=language)
        shown = {
            (each["lockScreenTitle"], each["lockScreenText"])
            for each in (await reminders(person))["reminders"]
        }
        # One for a visit, one for a check-in, whichever week it is.
        assert len(shown) == 2
        for title, text in shown:
            assert title.isascii() == text.isascii() == (language == "en")
            assert telling(title) == telling(text) == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_app_names_that_visits_preparation_and_nothing_else(dawn: Clinic, language: str) -> None:
    lin, _ = await dawn.lin(days=0)
    await choose(lin, language=language)
    schedule = (await lin.get("/v1/me/schedule")).json()["occasions"]
    prepared = {(each["kind"], each["week"]): each["preparation"] for each in schedule}
    assessed = {named["text"] for each in schedule for named in each["assessments"]}
    parts = [part for each in (await reminders(lin))["reminders"] for part in each["about"]]
    assert prepared["visit", 1] != prepared["check-in", 1] == []
    for part in parts:
        assert part["preparation"] == prepared[part["kind"], part["week"]]
        assert str(part["week"]) in part["text"]
        assert not [each for each in assessed if each in part["text"]]


async def test_before_the_administration_there_is_nothing_to_show(dawn: Clinic, early: Person) -> None:
    lin = await enrolled(early, await home(dawn), "ZN-NOTYET")
    assert await reminders(lin) == {"planVersion": 0, "timeZone": "Asia/Shanghai", "reminders": []}


async def test_what_is_done_is_not_spoken_of_again(dawn: Clinic, early: Person) -> None:
    lin, caregiver = await dawn.lin(days=7)
    assert {("check-in", 1), ("visit", 1)} <= everything(await reminders(lin))
    await check_in(lin)
    assert ("check-in", 1) not in everything(await reminders(lin))
    assert ("check-in", 1) not in everything(await reminders(caregiver))
    assert ("visit", 1) in everything(await reminders(lin))
    await record_visit(early, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    for person in (lin, caregiver):
        left = everything(await reminders(person))
        assert not left & {("visit", 1), ("check-in", 1)}
        assert {("visit", 2), ("check-in", 2)} <= left


async def test_a_correction_moves_every_reminder_and_the_version(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=0)
    before = await reminders(lin)
    assert (await correct(early, lin, today(dawn) - days(3))).status_code == 200
    after = await reminders(lin)
    assert (before["planVersion"], after["planVersion"]) == (1, 2)
    last_before, last_after = clocks(before)[-1], clocks(after)[-1]
    assert last_before - last_after == days(3)


async def test_a_day_on_which_the_site_is_closed_is_no_day_to_speak_of_a_visit(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=0)
    site = (await home(dawn)).id
    # Two days before the visit of week 4, on which no check-in falls.
    closed = today(dawn) + days(26)
    before = {each.date() for each in clocks(await reminders(lin))}
    assert closed in before
    answer = await close_on(early, site, closed)
    assert answer.status_code == 200
    after = {each.date() for each in clocks(await reminders(lin))}
    assert before - after == {closed}
    assert after - before == {closed - days(1)}
    await close_on(early, site)


async def test_from_and_to_cut_the_year_and_what_is_at_from_counts(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    whole = (await reminders(lin))["reminders"]
    since, until = whole[10]["at"], whole[20]["at"]
    for query in (f"from={since}&to={until}", f"to={until}&from={since}"):
        cut = (await lin.get(f"/v1/me/reminders?{query}")).json()
        assert cut["reminders"] == whole[10:20]
        assert cut["planVersion"] == 1
    assert (await lin.get(f"/v1/me/reminders?from={since}")).json()["reminders"] == whole[10:]
    assert (await lin.get(f"/v1/me/reminders?to={since}")).json()["reminders"] == whole[:10]
    assert (await lin.get(f"/v1/me/reminders?from={until}&to={since}")).json()["reminders"] == []
    assert (await lin.get("/v1/me/reminders?from=2001-01-01T00:00:00Z")).json()["reminders"] == whole


async def test_what_has_rung_is_told_until_it_is_over_and_not_again_even_to_whoever_asks_from_before(
    clinic: Clinic,
) -> None:
    """A phone asks whether it still holds at the moment when it rings, and one that was off asks later."""
    lin, _ = await clinic.lin(days=0)
    whole = (await reminders(lin))["reminders"]
    rang, over = (datetime.fromisoformat(whole[5][name]) for name in ("at", "validUntil"))
    for now in (rang, rang + timedelta(minutes=1), over - timedelta(seconds=1), over):
        await clinic.demo.sandbox.clock.move_to(now)
        holds = [each["reminderId"] for each in whole if datetime.fromisoformat(each["validUntil"]) > now]
        assert (whole[5]["reminderId"] in holds) is (now < over)
        for query in ("", "?from=2001-01-01T00:00:00Z", f"?from={whole[0]['at']}"):
            listed = (await lin.get(f"/v1/me/reminders{query}")).json()["reminders"]
            assert [each["reminderId"] for each in listed] == holds


async def test_an_offset_is_read_with_its_plus_sign_escaped_or_not(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    whole = (await reminders(lin))["reminders"]
    here = datetime.fromisoformat(whole[10]["at"]).astimezone(SHANGHAI).isoformat()
    assert here.endswith("+08:00")
    west = datetime.fromisoformat(whole[10]["at"]).astimezone(ZoneInfo("America/Caracas")).isoformat()
    assert west.endswith("-04:00")
    for text in (here, quote(here), west):
        assert (await lin.get(f"/v1/me/reminders?from={text}")).json()["reminders"] == whole[10:]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-02-30T09:00:00Z",
        "2026-03-02T09:00:00Zhangsan",
        "1700000000",
        "%00",
        "%FF",
        "0001-01-01T00:00:00%2B23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
async def test_what_is_no_instant_is_refused_and_not_repeated(ward: Clinic, name: str, text: str) -> None:
    lin, _ = await ward.lin()
    answer = await lin.get(f"/v1/me/reminders?{name}={text}")
    assert pointers(refused(answer, 400, "query.invalid")) == [name]
    assert "hangsan" not in answer.text


async def test_a_phone_that_holds_them_already_is_spared_them(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=0)
    held = (await lin.get("/v1/me/reminders")).headers["etag"]
    again = await lin.get("/v1/me/reminders", **{"If-None-Match": held})
    assert (again.status_code, again.content) == (304, b"")
    await record_visit(early, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    moved_on = await lin.get("/v1/me/reminders", **{"If-None-Match": held})
    assert moved_on.status_code == 200
    assert moved_on.headers["etag"] != held


async def test_nobody_is_told_anything_after_the_end(dawn: Clinic, early: Person) -> None:
    lin, caregiver = await dawn.lin(days=0)
    assert (await end(early, lin, today(dawn))).status_code == 200
    for person in (lin, caregiver, early):
        refused(await person.get("/v1/me/reminders"), 401, "token.refused")
