"""The calendar: a file of RFC 5545 behind a secret address, neutral, stable, and told of every change."""

from datetime import time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.support.calendars import FEED, address, cancelled, changed, events, events_at, read, uids, unfolded
from tests.support.clinic import Clinic, Person
from tests.support.desk import all_text, choose, correct, end, enrolled, visit
from tests.support.logs import line_of
from tests.support.neutral import telling
from tests.support.problems import refused
from tests.support.sites import home
from tests.support.year import SHANGHAI, days, record_visit, today

WORDS = {"en": ("Appointment", "Weekly entry"), "zh-CN": ("预约", "每周填写")}


async def test_the_year_is_sixty_entries_on_the_days_of_the_plan(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    found = await events_at(dawn, await address(lin))
    listed = (await lin.get("/v1/me/schedule")).json()["occasions"]
    assert len(found) == len(set(uids(found).values())) == len(listed) == 60
    for each in listed:
        event = found[each["kind"], each["week"]]
        assert event.day.isoformat() == each["targetDate"]
        # A visit takes its day; a check-in begins at her hour.
        length = timedelta(days=1) if each["kind"] == "visit" else timedelta(minutes=15)
        assert event.duration == length
    assert cancelled(found) == set()


async def test_the_file_defines_the_zone_of_its_check_ins(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    calendar = await read(dawn, await address(lin))
    assert [str(each["TZID"]) for each in calendar.timezones] == ["Asia/Shanghai"]
    check_in = events(calendar)["check-in", 1]
    assert (check_in.zone, check_in.at.time()) == ("Asia/Shanghai", time(9))
    assert (str(calendar["VERSION"]), str(calendar["METHOD"])) == ("2.0", "PUBLISH")


async def test_each_language_has_its_words_and_none_tells_a_passer_by_anything(dawn: Clinic) -> None:
    for person in await dawn.lin(days=0):
        url = await address(person)
        subject = (await person.get("/v1/me")).json()["subjectNumber"]
        for language, (visit_word, check_in_word) in WORDS.items():
            await choose(person, language=language)
            found = await events_at(dawn, url)
            assert found["visit", 1].summary == visit_word
            assert found["check-in", 1].summary == check_in_word
            text = await unfolded(dawn, url)
            assert telling(text) == []
            for private in (subject, person.participant_id, "Zhongnan"):
                assert private not in text


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
async def test_the_local_hour_stays_the_same_on_both_sides_of_a_change_of_the_clocks(
    dawn: Clinic, zone: str
) -> None:
    lin, _ = await dawn.lin(days=0)
    await choose(lin, timeZone=zone, reminderHour=10)
    calendar = await read(dawn, await address(lin))
    starts = [each.at for key, each in events(calendar).items() if key[0] == "check-in"]
    assert {each.time() for each in starts} == {time(10)}
    assert len({each.utcoffset() for each in starts}) == 2
    # As a calendar reads it: by the rules of the file itself, not by those of the reader's own zones.
    (defined,) = calendar.timezones
    by_the_file = defined.to_tz(lookup_tzid=False)
    for each in starts:
        naive = each.replace(tzinfo=None)
        assert by_the_file.utcoffset(naive) == naive.replace(tzinfo=ZoneInfo(zone)).utcoffset()


async def test_a_correction_moves_each_entry_and_makes_none_anew(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=0)
    url = await address(lin)
    before = await events_at(dawn, url)
    assert (await correct(early, lin, today(dawn) - days(2))).status_code == 200
    after = await events_at(dawn, url)
    assert uids(after) == uids(before)
    assert changed(before, after) == set(before)
    for key, each in after.items():
        assert before[key].day - each.day == timedelta(days=2)
        assert each.modified >= before[key].modified


async def test_a_visit_that_is_given_another_day_moves_alone(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=0)
    url = await address(lin)
    before = await events_at(dawn, url)
    moved_to = today(dawn) + days(30)
    await record_visit(early, lin, 4, action="reschedule", targetDate=moved_to.isoformat(), reason="snow")
    after = await events_at(dawn, url)
    assert after["visit", 4].day == moved_to
    assert uids(after) == uids(before)
    assert changed(before, after) == {("visit", 4)}


async def test_a_visit_that_will_not_take_place_is_cancelled_and_what_was_let_pass_is_not(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=13)
    url = await address(lin)
    before = await events_at(dawn, url)
    # The window of week 1 had closed before the plan was made; that does no harm in a calendar.
    assert cancelled(before) == set()
    await record_visit(early, lin, 2, action="miss", reason="snow")
    after = await events_at(dawn, url)
    assert cancelled(after) == {("visit", 2)}
    assert changed(before, after) == {("visit", 2)}
    assert uids(after) == uids(before)


async def test_after_the_end_all_that_lay_ahead_is_cancelled_and_what_was_done_stays(
    dawn: Clinic, early: Person
) -> None:
    lin, caregiver = await dawn.lin(days=8)
    urls = [await address(person) for person in (lin, caregiver)]
    await record_visit(early, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    before = [await events_at(dawn, url) for url in urls]
    assert (await end(early, lin, today(dawn))).status_code == 200
    for url, known in zip(urls, before, strict=True):
        after = await events_at(dawn, url)
        assert cancelled(after) == set(after) - {("visit", 1)}
        assert uids(after) == uids(known)
        assert cancelled(after) <= changed(known, after)
        assert telling(await unfolded(dawn, url)) == []


async def test_a_visit_that_is_recorded_after_the_end_comes_back_under_a_newer_number(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=8)
    url = await address(lin)
    await end(early, lin, today(dawn))
    before = await events_at(dawn, url)
    await record_visit(early, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    after = await events_at(dawn, url)
    assert cancelled(before) - cancelled(after) == {("visit", 1)}
    assert changed(before, after) == {("visit", 1)}


async def test_a_second_address_kills_the_first_and_keeps_the_entries(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    first = await address(lin)
    known = uids(await events_at(dawn, first))
    second = await address(lin)
    assert second != first
    refused(await dawn.http.get(first), 404, "not-found")
    assert uids(await events_at(dawn, second)) == known


async def test_an_address_that_was_revoked_leads_nowhere_and_revoking_again_is_fine(dawn: Clinic) -> None:
    lin, caregiver = await dawn.lin(days=0)
    mine, hers = await address(lin), await address(caregiver)
    for _ in range(2):
        assert (await lin.call("DELETE", FEED)).status_code == 204
    refused(await dawn.http.get(mine), 404, "not-found")
    assert (await dawn.http.get(hers)).status_code == 200


async def test_a_caregivers_entries_are_others_than_the_participants(dawn: Clinic) -> None:
    lin, caregiver = await dawn.lin(days=0)
    mine = uids(await events_at(dawn, await address(lin)))
    hers = uids(await events_at(dawn, await address(caregiver)))
    assert len(hers) == 60
    assert set(mine.values()).isdisjoint(hers.values())


async def test_before_the_administration_the_calendar_is_empty_and_whole(dawn: Clinic, early: Person) -> None:
    lin = await enrolled(early, await home(dawn), "ZN-UNPLANNED")
    calendar = await read(dawn, await address(lin))
    assert (calendar.events, calendar.timezones) == ([], [])


@pytest.mark.parametrize(
    "name", ["x.ics", ".ics", "x", "%00.ics", "%FF.ics", "中.ics", "a" * 5000 + ".ics", "..%2Fme.ics"]
)
async def test_an_address_that_is_none_is_not_found(dawn: Clinic, name: str) -> None:
    refused(await dawn.http.get(f"/v1/calendars/{name}"), 404, "not-found")


async def test_the_secret_without_its_ending_is_no_address(dawn: Clinic) -> None:
    lin, _ = await dawn.lin(days=0)
    url = await address(lin)
    for wrong in (url.removesuffix(".ics"), url.upper(), f"{url}.ics"):
        assert (await dawn.http.get(wrong)).status_code == 404


async def test_a_calendar_that_holds_it_already_is_spared_it(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    url = await address(lin)
    first = await dawn.http.get(url)
    held = {"If-None-Match": first.headers["etag"]}
    assert "private" in first.headers["cache-control"]
    again = await dawn.http.get(url, headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert (await visit(early, lin, 1, action="miss", reason="snow")).status_code == 200
    assert (await dawn.http.get(url, headers=held)).status_code == 200


async def test_the_secret_is_in_no_line_of_the_log_and_nowhere_in_the_database(
    ward: Clinic, log: StringIO
) -> None:
    lin, _ = await ward.lin()
    first, second = await address(lin), await address(lin)
    answers: list[httpx.Response] = [await ward.http.get(url) for url in (first, second)]
    answers += [await ward.http.post(second), await lin.call("DELETE", FEED), await ward.http.get(second)]
    assert [each.status_code for each in answers] == [404, 200, 405, 204, 404]
    for answer in answers:
        await line_of(log, answer)
    stored = await all_text(ward)
    assert lin.participant_id in stored
    for url in (first, second):
        secret = url.rsplit("/", 1)[1].removesuffix(".ics")
        assert len(secret) > 40
        for form in (secret, secret.encode().hex()):
            assert form not in stored
            assert form not in log.getvalue()
    written = {each["operation"] for each in [await line_of(log, answer) for answer in answers]}
    assert {"calendar.read", "calendar-feed.revoke"} <= written


async def test_whoever_is_signed_out_or_works_at_a_site_makes_no_calendar(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    for person in (lin, alice):
        refused(await person.post(FEED), 401, "token.refused")
        refused(await person.call("DELETE", FEED), 401, "token.refused")


async def test_the_hour_and_zone_of_a_calendar_are_the_readers(dawn: Clinic) -> None:
    lin, caregiver = await dawn.lin(days=0)
    await choose(caregiver, timeZone="Asia/Kathmandu", reminderHour=15)
    hers = (await events_at(dawn, await address(caregiver)))["check-in", 1]
    mine = (await events_at(dawn, await address(lin)))["check-in", 1]
    assert hers.at.time() == time(15)
    assert hers.at.utcoffset() == timedelta(hours=5, minutes=45)
    assert mine.at.astimezone(SHANGHAI).time() == time(9)
