"""What a site should look at, and why; page by page, and of nobody else's."""

from datetime import date

import httpx
import pytest
from msgspec import Struct

from domain.people import Role, Site
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import end, enrolled, monitor
from tests.support.problems import pointers, refused
from tests.support.sites import hire, open_site
from tests.support.year import check_in, days, record_visit, today


class Ward(Struct, frozen=True):
    """A site of this test's own, and its coordinator."""

    site: Site
    nurse: Person

    @property
    def path(self) -> str:
        return f"/v1/sites/{self.site.id}"

    async def listed(self, query: str = "") -> list[Json]:
        answer = await self.nurse.get(f"{self.path}/schedule{query}")
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["occasions"]
        return found

    async def lin(self, subject: str, days_ago: int) -> Person:
        given_on = today(self.nurse.clinic) - days(days_ago)
        return await enrolled(self.nurse, self.site, subject, given_on)


async def a_ward(dawn: Clinic, name: str) -> Ward:
    site = await open_site(dawn, name)
    return Ward(site, (await hire(dawn, name, Role.COORDINATOR, site)).person)


@pytest.fixture(scope="module")
async def crowd(dawn: Clinic) -> Ward:
    """A site with four participants at four places of their year."""
    ward = await a_ward(dawn, "Wuhan")
    for subject, days_ago in (("ZN-0001", 0), ("ZN-0008", 8), ("ZN-0011", 11), ("ZN-0100", 100)):
        await ward.lin(subject, days_ago)
    return ward


def why(listed: list[Json]) -> dict[tuple[str, int], list[str]]:
    return {(each["kind"], each["week"]): each["why"] for each in listed}


async def test_what_is_due_overdue_about_to_close_or_missed_says_so(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Groups")
    await ward.lin("GR-0008", 8)
    # Day 8. The visit of day 7 can take place until day 10, its check-in until day 13.
    assert why(await ward.listed()) == {
        ("visit", 1): ["overdue", "closing"],
        ("check-in", 1): ["overdue"],
        ("visit", 2): ["due"],
        ("check-in", 2): ["due"],
    }
    assert why(await ward.listed("?days=1")) == {
        ("visit", 1): ["overdue", "closing"],
        ("check-in", 1): ["overdue"],
    }
    # Day 14 is within six days from day 9 on, and so it is the seventh from today.
    assert set(why(await ward.listed("?days=6"))) == {("visit", 1), ("check-in", 1)}
    month = why(await ward.listed("?days=28"))
    assert {week for kind, week in month if kind == "visit"} == {1, 2, 4}
    assert {week for kind, week in month if kind == "check-in"} == {1, 2, 3, 4, 5}


async def test_what_was_missed_is_listed_for_as_long_as_is_asked_for(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Missed")
    await ward.lin("MI-0015", 15)
    # Day 15. The window of the first visit ended with day 10, that of the first check-in with day 13.
    missed = {key for key, said in why(await ward.listed()).items() if said == ["missed"]}
    assert missed == {("visit", 1), ("check-in", 1)}
    assert ("visit", 1) not in why(await ward.listed("?days=4"))
    assert why(await ward.listed("?days=5"))["visit", 1] == ["missed"]
    assert why(await ward.listed("?days=2"))["check-in", 1] == ["missed"]
    assert ("check-in", 1) not in why(await ward.listed("?days=1"))


async def test_a_line_says_who_and_when_and_how_it_stands(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Lines")
    lin = await ward.lin("LI-0008", 8)
    target = today(dawn) - days(1)
    first = (await ward.listed())[0]
    assert first == {
        "participantId": lin.participant_id,
        "subjectNumber": "LI-0008",
        "kind": "visit",
        "week": 1,
        "targetDate": target.isoformat(),
        "opensOn": (target - days(3)).isoformat(),
        "closesOn": (target + days(3)).isoformat(),
        "state": "open",
        "why": ["overdue", "closing"],
        "onHoliday": False,
    }


async def test_what_is_done_called_off_or_not_planned_is_on_no_list(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Done")
    lin = await ward.lin("DO-0008", 8)
    await enrolled(ward.nurse, ward.site, "DO-NONE")
    await check_in(lin)
    await record_visit(ward.nurse, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    assert set(why(await ward.listed())) == {("visit", 2), ("check-in", 2)}
    await end(ward.nurse, lin, today(dawn))
    assert await ward.listed("?days=60") == []


async def test_a_visit_with_another_day_is_listed_on_that_day(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Moved")
    lin = await ward.lin("MO-0008", 8)
    later = (today(dawn) + days(20)).isoformat()
    await record_visit(ward.nurse, lin, 1, action="reschedule", targetDate=later, reason="snow")
    assert ("visit", 1) not in why(await ward.listed())
    moved = [each for each in await ward.listed("?days=21") if (each["kind"], each["week"]) == ("visit", 1)]
    assert [(each["targetDate"], each["why"]) for each in moved] == [(later, ["due"])]


async def test_the_list_goes_by_the_day_on_which_a_window_closes(crowd: Ward) -> None:
    listed = await crowd.listed("?days=60")
    closes = [each["closesOn"] for each in listed]
    assert closes == sorted(closes)
    assert len({each["subjectNumber"] for each in listed}) == 4


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_the_pages_are_the_whole_list_and_nothing_comes_twice(crowd: Ward, limit: int) -> None:
    whole = await crowd.listed("?days=60&limit=100")
    assert 30 < len(whole) < 100
    found: list[Json] = []
    query = f"?days=60&limit={limit}"
    while query:
        page = (await crowd.nurse.get(f"{crowd.path}/schedule{query}")).json()
        assert 0 < len(page["occasions"]) <= limit
        found += page["occasions"]
        assert len(found) <= len(whole)
        more = page.get("nextCursor")
        query = "" if more is None else f"?days=60&limit={limit}&cursor={more}"
    assert found == whole


async def test_a_page_goes_on_after_what_was_done_meanwhile(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Between")
    lin = await ward.lin("BE-0008", 8)
    whole = await ward.listed("?days=60")
    page = (await ward.nurse.get(f"{ward.path}/schedule?days=60&limit=1")).json()
    await record_visit(ward.nurse, lin, 1, action="complete", completedOn=today(dawn).isoformat())
    assert page["occasions"][0]["kind"] == "visit"
    assert await ward.listed(f"?days=60&cursor={page['nextCursor']}") == whole[1:]


@pytest.mark.parametrize("text", ["0", "61", "-1", "1.5", "x", "", "007", "\uff17", "9" * 5000, "%00"])
async def test_one_to_sixty_days_can_be_asked_for(crowd: Ward, text: str) -> None:
    answer = await crowd.nurse.get(f"{crowd.path}/schedule?days={text}")
    assert pointers(refused(answer, 400, "query.invalid")) == ["days"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("days=7&days=8", "days"),
        ("subject=ZN-0001", ""),
    ],
)
async def test_a_parameter_that_cannot_be_read_is_refused(crowd: Ward, query: str, pointer: str) -> None:
    answer = await crowd.nurse.get(f"{crowd.path}/schedule?{query}")
    assert pointers(refused(answer, 400, "query.invalid")) == [pointer]


async def test_nobody_of_another_site_sees_the_list_and_no_phone_does(dawn: Clinic, crowd: Ward) -> None:
    other = await a_ward(dawn, "Elsewhere")
    lin, _ = await dawn.lin()
    refused(await other.nurse.get(f"{crowd.path}/schedule"), 404, "not-found")
    refused(await lin.get(f"{crowd.path}/schedule"), 401, "token.refused")
    assert await other.listed("?days=60") == []
    nowhere = "/v1/sites/11111111-1111-4111-8111-111111111111/schedule"
    refused(await crowd.nurse.get(nowhere), 404, "not-found")


async def test_a_monitor_may_look(dawn: Clinic, early: Person) -> None:
    mona = await monitor(dawn)
    site = (await early.get("/v1/sites")).json()["sites"][0]["siteId"]
    assert (await mona.get(f"/v1/sites/{site}/schedule")).status_code == 200


async def test_whoever_holds_the_list_is_spared_it_until_something_changes(dawn: Clinic) -> None:
    ward = await a_ward(dawn, "Tagged")
    lin = await ward.lin("TA-0008", 8)

    async def asked(etag: str) -> httpx.Response:
        return await ward.nurse.get(f"{ward.path}/schedule", **{"If-None-Match": etag})

    held = (await asked("")).headers["etag"]
    assert (await asked(held)).status_code == 304
    await check_in(lin)
    assert (await asked(held)).status_code == 200


async def test_the_days_of_a_site_in_another_zone_are_its_own(clinic: Clinic) -> None:
    # At 08:00 UTC it is 22:00 of that day in Kiritimati (UTC+14), and of the day before in Honolulu (UTC-10).
    eight = (clinic.trial.now() + days(1)).replace(hour=8, minute=0, second=0, microsecond=0)
    given_on: date = eight.date() - days(8)
    listed: dict[str, list[str]] = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
        name = zone.rpartition("/")[2]
        site = await open_site(clinic, name, zone=zone)
        ward = Ward(site, (await hire(clinic, name, Role.COORDINATOR, site)).person)
        await enrolled(ward.nurse, site, name.upper(), given_on)
        listed[name] = []
        await clinic.demo.sandbox.clock.move_to(eight)
        for each in await ward.listed():
            if (each["kind"], each["week"]) == ("visit", 1):
                listed[name] = each["why"]
    assert listed == {"Kiritimati": ["overdue", "closing"], "Honolulu": ["due"]}
