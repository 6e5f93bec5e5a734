"""The plan of the year, as the app reads it."""

from datetime import date, timedelta

import httpx
import pytest

from domain.people import Role, Site
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused
from tests.support.sites import hire, home, open_site, register

TARGETS = {1: 7, 2: 14, 4: 28, 8: 56, 12: 84, 24: 168, 36: 252, 52: 364}
"""trial.md §1: the target day of each visit's week."""


async def administered(nurse: Person, site: Site, subject: str, *dates: str, language: str = "en") -> Person:
    """A new participant of a site, signed in."""
    made = (await register(nurse, site.id, subject)).json()
    path = f"/v1/participants/{made['participantId']}"
    for given_on in dates:
        assert (await nurse.post(f"{path}/administrations", {"givenOn": given_on})).status_code == 201
    code = (
        await nurse.post(f"{path}/activation-codes", {"role": "participant", "language": language})
    ).json()
    return await nurse.clinic.activate(code["code"])


async def far_away(clinic: Clinic, zone: str, given_on: date) -> Person:
    """A participant of a site in another zone, administered on a day of that zone."""
    name = zone.rpartition("/")[2]
    site = await open_site(clinic, name, zone=zone)
    nurse = (await hire(clinic, name, Role.COORDINATOR, site)).person
    return await administered(nurse, site, name.upper(), given_on.isoformat())


def occasions(answer: httpx.Response, kind: str) -> list[Json]:
    return [each for each in answer.json()["occasions"] if each["kind"] == kind]


async def test_the_year_has_eight_visits_and_52_check_ins_on_the_days_of_the_protocol(
    ward: Clinic, alice: Person
) -> None:
    lin = await administered(alice, await home(ward), "DAYS", "2026-01-05")
    answer = await lin.get("/v1/me/schedule")
    anchor = date(2026, 1, 5)
    visits = {each["week"]: date.fromisoformat(each["targetDate"]) for each in occasions(answer, "visit")}
    assert visits == {week: anchor + timedelta(days=days) for week, days in TARGETS.items()}
    check_ins = {
        each["week"]: date.fromisoformat(each["targetDate"]) for each in occasions(answer, "check-in")
    }
    assert check_ins == {week: anchor + timedelta(weeks=week) for week in range(1, 53)}
    assert answer.json()["timeZone"] == "Asia/Shanghai"
    assert sum(len(each["assessments"]) for each in occasions(answer, "visit")) == 58


async def test_before_the_administration_there_is_no_plan_and_each_date_moves_its_version(
    ward: Clinic, alice: Person
) -> None:
    lin = await administered(alice, await home(ward), "EMPTY")
    assert (await lin.get("/v1/me/schedule")).json() == {
        "version": 0,
        "timeZone": "Asia/Shanghai",
        "administrationDates": [],
        "occasions": [],
    }
    twice = await administered(alice, await home(ward), "TWICE", "2026-01-05", "2026-02-02")
    plan = await twice.get("/v1/me/schedule")
    assert plan.json()["version"] == 2
    # Phase I counts from the first administration (calendar.toml).
    assert occasions(plan, "visit")[0]["targetDate"] == "2026-01-12"


@pytest.mark.parametrize(
    ("language", "meld", "card"), [("en", "MELD score", "Please bring"), ("zh-CN", "MELD评分", "请")]
)
async def test_assessments_and_preparation_are_in_the_readers_language(
    ward: Clinic, alice: Person, language: str, meld: str, card: str
) -> None:
    lin = await administered(alice, await home(ward), language.upper(), "2026-01-05", language=language)
    first = occasions(await lin.get("/v1/me/schedule"), "visit")[0]
    assert first["assessments"][0]["id"] == "meld"
    assert first["assessments"][0]["text"].startswith(meld)
    assert first["preparation"][0]["text"].startswith(card)


async def test_a_day_begins_and_ends_at_the_site_and_not_in_greenwich(clinic: Clinic) -> None:
    # At 08:00 UTC it is 22:00 of that day in Kiritimati (UTC+14), and of the day before in Honolulu (UTC-10).
    eight = (clinic.trial.now() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    given_on = eight.date() - timedelta(days=7)
    early = await far_away(clinic, "Pacific/Kiritimati", given_on)
    late = await far_away(clinic, "Pacific/Honolulu", given_on)
    await clinic.demo.sandbox.clock.move_to(eight)
    for lin, first_week in ((early, "open"), (late, "upcoming")):
        check_in = occasions(await lin.get("/v1/me/schedule"), "check-in")[0]
        assert (check_in["week"], check_in["state"]) == (1, first_week)


async def test_what_was_let_pass_is_missed_and_what_is_to_come_is_upcoming(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin(days=30)
    states = {each["week"]: each["state"] for each in occasions(await lin.get("/v1/me/schedule"), "visit")}
    assert (states[1], states[4], states[8]) == ("missed", "open", "upcoming")
    assert (await caregiver.get("/v1/me/schedule")).json()["version"] == 1


async def test_forms_are_each_readers_own_and_in_her_language(ward: Clinic, alice: Person) -> None:
    lin = await administered(alice, await home(ward), "FORMS")
    _, caregiver = await ward.lin()
    assert (await lin.get("/v1/me/forms")).json()["forms"] == [
        {"formId": "check-in", "version": 2, "title": "Weekly check-in"},
        {"formId": "on-demand", "version": 2, "title": "Report how you feel"},
    ]
    weekly = (await lin.get("/v1/forms/check-in/versions/1")).json()
    assert weekly["recall"] == "Since your last check-in"
    form = (await lin.get("/v1/forms/on-demand/versions/1")).json()
    assert form["items"][0]["text"] == "Do you feel this is an emergency?"
    assert "120" in form["emergencyText"]
    theirs = (await caregiver.get("/v1/me/forms")).json()["forms"]
    assert [each["formId"] for each in theirs] == ["caregiver"]
    shown = (await caregiver.get("/v1/forms/caregiver/versions/1")).json()
    assert shown["language"] == "zh-CN"
    for path in (
        "/v1/forms/on-demand/versions/1",
        "/v1/forms/check-in/versions/1",
        "/v1/forms/caregiver/versions/99",
        "/v1/forms/x/versions/1",
    ):
        refused(await caregiver.get(path), 404, "not-found")
