"""GET /v1/audit: a monitor sees who did what at her sites, and nobody's answers."""

from typing import Any

import pytest
from msgspec import Struct

from domain.people import Role
from domain.records import trail
from domain.records.rows import APP_ROLE, reading, transaction
from tests.support.clinic import Clinic, Person
from tests.support.explained import explain, overheard
from tests.support.sites import hire, home, open_site


class Watched(Struct, frozen=True):
    """A clinic in which lin was answered, and mona, its monitor."""

    clinic: Clinic
    mona: Person
    lin: Person
    site_id: str


@pytest.fixture
async def watched(clinic: Clinic) -> Watched:
    lin, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes", "free-text": "Her name is Lin Wang."})
    await clinic.settle()
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert}/acknowledgements")
    await bob.post(f"/v1/alerts/{alert}/contacts", {"outcome": "spoke-with-caregiver"})
    site = await home(clinic)
    mona = await hire(clinic, "Mona", Role.MONITOR, site)
    return Watched(clinic, mona.person, lin, str(site.id))


async def listed(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await person.get(f"/v1/audit{query}")
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def test_mona_sees_who_took_the_alert_as_what_and_what_it_changed(watched: Watched) -> None:
    (taken,) = await listed(watched.mona, "?action=alert.acknowledge")
    assert (taken["actorRole"], taken["siteRole"]) == ("staff", "investigator")
    assert {"actorId", "deviceId", "requestId", "at", "chain", "position"} <= taken.keys()
    alert = next(each for each in taken["changes"] if each["record"] == "Alert")
    assert not alert["isNew"]
    state = next(each for each in alert["fields"] if each["name"] == "state")
    assert state == {"name": "state", "before": "open", "after": "acknowledged"}


async def test_no_answer_word_number_or_code_is_in_it(watched: Watched) -> None:
    page = (await watched.mona.get("/v1/audit?limit=100")).text
    async with transaction(watched.clinic.trial.pool) as connection:
        codes = [
            row["code"] for row in await connection.fetch("select code from messages where code is not null")
        ]
    assert codes
    secrets = ("cannot-be-woken", "Lin Wang", "sha256", "+86", "signals", *(f'"{code}"' for code in codes))
    assert "report.submit" in page
    assert [each for each in secrets if each in page.replace('"name":"signals"', "")] == []


async def test_pages_follow_one_another_and_leave_nothing_out(watched: Watched) -> None:
    whole = await listed(watched.mona, "?limit=100")
    found, cursor = [], ""
    while True:
        answer = (await watched.mona.get(f"/v1/audit?limit=3{cursor}")).json()
        found += answer["entries"]
        if "nextCursor" not in answer:
            break
        cursor = f"&cursor={answer['nextCursor']}"
    # Mona's own first look is the one entry that came since.
    assert [each for each in found if each["action"] != "audit.list"] == [
        each for each in whole if each["action"] != "audit.list"
    ]
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert {each["siteId"] for each in found} == {watched.site_id}


async def test_a_participant_an_action_and_hours_can_be_asked_for(watched: Watched) -> None:
    lins = await listed(watched.mona, f"?participantId={watched.lin.participant_id}&limit=100")
    assert {each["participantId"] for each in lins} == {watched.lin.participant_id}
    assert {"participant.register", "report.submit", "alert.contact"} <= {each["action"] for each in lins}
    await watched.clinic.advance(days=1)
    now = watched.clinic.trial.now().isoformat().replace("+", "%2B")
    assert await listed(watched.mona, f"?from={now}") == []
    assert len(await listed(watched.mona, f"?to={now}&action=report.submit")) == 1


async def test_reading_the_trail_is_in_the_trail(watched: Watched) -> None:
    await listed(watched.mona)
    await listed(watched.mona, f"?participantId={watched.lin.participant_id}")
    seen = await listed(watched.mona, "?action=audit.list")
    assert len(seen) == 2
    assert sum(each.get("participantId") == watched.lin.participant_id for each in seen) == 1


async def test_only_monitors_and_data_managers_read_it_and_of_their_own_sites(watched: Watched) -> None:
    elsewhere = await open_site(watched.clinic, "Elsewhere")
    zoe = (await hire(watched.clinic, "Zoe", Role.DATA_MANAGER, elsewhere)).person
    assert {each["siteId"] for each in await listed(zoe)} == {str(elsewhere.id)}
    for path in (f"?siteId={watched.site_id}", f"?participantId={watched.lin.participant_id}"):
        assert (await zoe.get(f"/v1/audit{path}")).status_code == 404
    for name in ("Alice", "Bob", "Frank"):
        person = await watched.clinic.staff(name)
        assert (await person.get("/v1/audit")).json()["code"] == "access.denied"
    assert (await watched.lin.get("/v1/audit")).status_code == 401


UNREADABLE = (
    *("?from=yesterday", "?to=9999-12-31T23:59:59-12:00", "?action=drop", "?siteId=x"),
    *("?participantId=1", "?cursor=e30", "?who=me"),
)


@pytest.mark.parametrize("query", UNREADABLE)
async def test_what_cannot_be_read_is_named(watched: Watched, query: str) -> None:
    answer = await watched.mona.get(f"/v1/audit{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "query.invalid"


@pytest.mark.parametrize(
    ("action", "index"),
    [(None, "audit_entries_site_id_at_idx"), ("key.rotate", "audit_entries_action")],
    ids=["whatever was done", "a rare action"],
)
async def test_a_page_costs_the_page_and_not_the_trail(
    watched: Watched, action: str | None, index: str
) -> None:
    clinic, url = watched.clinic, watched.clinic.settings.database_url
    async with overheard(url, APP_ROLE) as (pool, said), reading(pool) as connection:
        wanted = trail.Wanted(
            site_ids=((await home(clinic)).id,),
            since=clinic.trial.now().replace(year=2000),
            until=clinic.trial.now(),
            before=(clinic.trial.now(), "", 0),
            action=action,
        )
        await trail.read(connection, wanted, 50)
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute("set enable_seqscan = off")
        (explained,) = await explain(connection, said)
        await connection.execute("reset enable_seqscan")
    for plan in (explained.first, explained.kept):
        assert index in plan
        assert action is None or "(action = " in plan.partition("Index Cond")[2].partition("\n")[0]
