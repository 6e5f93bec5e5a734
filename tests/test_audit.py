"""The audit trail: a line for every write, nothing secret in it, and no way to change it unseen."""

from collections.abc import AsyncIterator
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest

from api import seed
from domain.decision import Row
from domain.errors import Fault
from domain.records import audit
from domain.records.rows import Connection
from tests.support.clinic import Clinic, Person, open_clinic, owner
from tests.support.database import fresh_database
from tests.support.drills import start
from tests.support.invited import GEESE, administrator, joined
from tests.support.life import done
from tests.support.year import consent, days, receipts, record_visit, reminders, today


async def walk_the_road(clinic: Clinic) -> None:
    """Every kind of write once: registered, activated, rotated, reported, rung, failed, taken, reached, signed out."""
    lin, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    clinic.fault("refuse", "Bob", code=21610)
    await clinic.settle()
    await clinic.advance(minutes=10)
    dana = await clinic.staff("Dana")
    alert = (await dana.get("/v1/alerts")).json()["alerts"][0]
    await dana.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    await dana.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "spoke-with-caregiver"})
    await done(dana, alert["alertId"], "resolution", {"disposition": "advised"})
    await prefer_another_order(dana)
    await lin.report({"free-text": "I slept badly."})
    await rotate(clinic, lin)
    await live_a_year(clinic, lin)
    await joined(clinic, await administrator(clinic))
    await lin.call("DELETE", "/v1/tokens/current")


async def prefer_another_order(person: Person) -> None:
    """Let the site have a policy of its own."""
    site = (await person.get("/v1/sites")).json()["sites"][0]["siteId"]
    known = await person.get(f"/v1/sites/{site}/escalation-policy")
    body = {name: known.json()[name] for name in ("emergency", "urgent")} | {"providers": {"+86": ["twilio"]}}
    tag = {"If-Match": known.headers["etag"]}
    changed = await person.call("PUT", f"/v1/sites/{site}/escalation-policy", body, headers=tag)
    assert changed.status_code == 200, changed.text


async def live_a_year(clinic: Clinic, lin: Person) -> None:
    """A week of the plan: a consent, a complication, a calendar, a moved visit, a reminder, a receipt, a drill."""
    alice = await clinic.staff("Alice")
    await consent(alice, lin)
    path = f"/v1/participants/{lin.participant_id}"
    sepsis = {"complication": "sepsis", "occurredOn": today(clinic).isoformat()}
    assert (await alice.post(f"{path}/complications", sepsis)).status_code == 201
    assert (await lin.post("/v1/me/calendar-feed")).status_code == 201
    first = (await reminders(lin))["reminders"][0]
    await receipts(lin, "scheduled", first["reminderId"])
    later = (today(clinic) + days(6)).isoformat()
    await record_visit(alice, lin, 1, action="reschedule", targetDate=later, reason="snow")
    await clinic.advance(days=5)
    await start(clinic, alice)


async def rotate(clinic: Clinic, person: Person) -> None:
    body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
    answer = await clinic.http.post("/v1/tokens", json=body)
    person.tokens |= answer.json()


@pytest.fixture(scope="module")
async def walked(cluster_url: str, seeded_template: str) -> AsyncIterator[str]:
    """The URL of a database on which the road was walked; nobody changes it, tests that do take a copy."""
    async with fresh_database(cluster_url, template=seeded_template) as url:
        async with open_clinic(url) as clinic:
            await walk_the_road(clinic)
        yield url


@pytest.fixture(scope="module")
async def trail(walked: str) -> list[dict[str, Any]]:
    """Every entry's body."""
    connection = await owner(walked)
    rows = await connection.fetch("select body from audit_entries order by chain, position")
    await connection.close()
    return [msgspec.json.decode(row["body"]) for row in rows]


@pytest.fixture
async def behind_the_back(cluster_url: str, walked: str) -> AsyncIterator[Connection]:
    """A superuser who has switched the guard off, on a copy."""
    async with fresh_database(cluster_url, template=walked.rsplit("/", 1)[1]) as url:
        connection = await owner(url)
        await connection.execute("set session_replication_role = replica")
        yield connection
        await connection.close()


async def broken(connection: Connection) -> tuple[Fault, ...]:
    return (await audit.verify(connection))[1]


LONGEST = "(select chain from audit_entries group by chain order by count(*) desc, chain limit 1)"


async def place(connection: Connection, position: int) -> str:
    return f"{await connection.fetchval(f'select {LONGEST}')} #{position}"


def test_every_write_of_the_road_has_its_line(trail: list[dict[str, Any]]) -> None:
    assert {
        "site.add",
        "staff.add",
        "shift.add",
        "site.go-live",
        "participant.register",
        "administration.record",
        "activation-code.issue",
        "device.activate",
        "report.submit",
        "message.attempt",
        "message.give-up",
        "message.accept",
        "message.deliver",
        "alert.step",
        "staff.sign-in",
        "alert.acknowledge",
        "alert.contact",
        "token.rotate",
        "token.revoke",
        "sms-consent.record",
        "complication.record",
        "calendar-feed.make",
        "reminder-receipt.record",
        "visit.record",
        "reminder.make",
        "drill.start",
    } <= {each["action"] for each in trail}


def test_every_kind_of_row_is_written_on_the_road_and_shown_in_the_trail(trail: list[dict[str, Any]]) -> None:
    shown = {change["record"] for each in trail for change in each["changes"]}
    # An operator's alone: see test_protocol_commands.py and test_key_commands.py.
    assert shown == {kind.__name__ for kind in get_args(Row)} - {"ProtocolApproval", "KeyRotation"}


def test_a_change_shows_who_and_the_row_before_and_after(trail: list[dict[str, Any]]) -> None:
    taken = next(each for each in trail if each["action"] == "alert.acknowledge")
    change, act = taken["changes"]
    assert (act["record"], "before" in act, act["after"]["kind"]) == ("AlertAct", False, "acknowledge")
    assert (change["before"]["state"], change["after"]["state"]) == ("open", "acknowledged")
    assert taken["actor"]["role"] == "staff"
    assert taken["requestId"]


def test_no_phone_password_or_sealed_byte_is_in_the_trail(trail: list[dict[str, Any]]) -> None:
    text = msgspec.json.encode(trail).decode()
    secrets: tuple[str, ...] = (
        "+86199",
        "19900000002",
        "example.org",
        "argon2",
        # The word alone is in the texts of the protocol, which the trail has whole.
        "password_hash",
        seed.PASSWORD,
        GEESE,
        "sealed",
        "original",
    )
    secrets += ("code_hash", "secret_hash", "blind_index")
    assert [secret for secret in secrets if secret in text] == []


async def test_a_refused_request_leaves_no_line(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    before = await clinic.rows("audit_entries")
    assert (await caregiver.get("/v1/alerts")).status_code == 401
    assert await clinic.rows("audit_entries") == before


async def test_a_replay_leaves_no_second_line(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    body, path = clinic.submission("caregiver", {"cannot-be-woken": "yes"}), f"/v1/me/reports/{uuid4()}"
    assert (await caregiver.put(path, body)).status_code == 201
    before = await clinic.rows("audit_entries")
    assert (await caregiver.put(path, body)).status_code == 200
    assert await clinic.rows("audit_entries") == before


async def test_an_untouched_trail_verifies_with_all_its_chains(walked: str) -> None:
    connection = await owner(walked)
    # The site's, lin's, and the system's with the sign-ins.
    assert await audit.verify(connection) == (3, ())
    await connection.close()


async def test_a_changed_entry_is_named(behind_the_back: Connection) -> None:
    await behind_the_back.execute(
        f"update audit_entries set body = body || ' '::bytea where chain = {LONGEST} and position = 3"  # noqa: S608 - a test's own words
    )
    assert await place(behind_the_back, 3) in {fault.pointer for fault in await broken(behind_the_back)}


async def test_an_entry_changed_together_with_its_hash_breaks_the_next_one(
    behind_the_back: Connection,
) -> None:
    await behind_the_back.execute(
        f"""
        update audit_entries as entry
        set body = '{{}}'::bytea, hash = sha256(known.hash || '{{}}'::bytea)
        from audit_entries as known
        where entry.chain = {LONGEST} and entry.position = 3 and known.chain = entry.chain and known.position = 2
        """  # noqa: S608 - a test's own words
    )
    named = {fault.pointer for fault in await broken(behind_the_back)}
    # By its columns, which say more than its body, and by the entry after it.
    assert named == {await place(behind_the_back, 3), await place(behind_the_back, 4)}


async def test_a_removed_entry_is_named_by_the_one_after_it(behind_the_back: Connection) -> None:
    await behind_the_back.execute(f"delete from audit_entries where chain = {LONGEST} and position = 3")  # noqa: S608 - a test's own words
    assert await place(behind_the_back, 4) in {fault.pointer for fault in await broken(behind_the_back)}


async def test_a_trail_cut_short_does_not_reach_its_head(behind_the_back: Connection) -> None:
    last = await behind_the_back.fetchval(f"select max(position) from audit_entries where chain = {LONGEST}")  # noqa: S608 - a test's own words
    await behind_the_back.execute(
        f"delete from audit_entries where chain = {LONGEST} and position = $1",  # noqa: S608 - a test's own words
        last,
    )
    assert [fault.pointer for fault in await broken(behind_the_back)] == [await place(behind_the_back, last)]


async def test_an_inserted_entry_is_named(behind_the_back: Connection) -> None:
    last = await behind_the_back.fetchval(f"select max(position) from audit_entries where chain = {LONGEST}")  # noqa: S608 - a test's own words
    await behind_the_back.execute(
        f"""
        insert into audit_entries (chain, position, body, hash, action, at)
        select chain, position + 1, body, hash, action, at
        from audit_entries where chain = {LONGEST} and position = $1
        """,  # noqa: S608 - a test's own words
        last,
    )
    assert await place(behind_the_back, last + 1) in {
        fault.pointer for fault in await broken(behind_the_back)
    }


async def test_two_entries_that_changed_places_are_named(behind_the_back: Connection) -> None:
    for before, after in ((2, -1), (3, 2), (-1, 3)):
        await behind_the_back.execute(
            f"update audit_entries set position = $2 where chain = {LONGEST} and position = $1",  # noqa: S608 - a test's own words
            before,
            after,
        )
    found = {fault.pointer for fault in await broken(behind_the_back)}
    assert {await place(behind_the_back, 2), await place(behind_the_back, 3)} <= found


async def test_a_chain_without_a_head_is_named(behind_the_back: Connection) -> None:
    await behind_the_back.execute("delete from audit_heads where chain = 'system'")
    assert [fault.pointer for fault in await broken(behind_the_back)] == ["system"]
