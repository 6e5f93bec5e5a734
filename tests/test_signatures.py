"""`nightbell signatures verify`: whatever a superuser changes by hand behind a signature is named."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from domain.records import signatures, signed
from domain.records.rows import APP_ROLE, WORKER_ROLE, Connection, connect, prepare
from domain.signature import hash_of
from tests.support.clinic import Clinic, open_clinic, owner
from tests.support.database import fresh_database
from tests.support.life import put_away, ringing

NOTE = "Her son is with her."


async def two_alerts(clinic: Clinic) -> None:
    """Bob has put two alerts away."""
    bob = await clinic.staff("Bob")
    for note in (NOTE, ""):
        _, alert_id = await ringing(clinic)
        await put_away(bob, alert_id, "admitted", note=note)


@pytest.fixture(scope="module")
async def signed_url(cluster_url: str, seeded_template: str) -> AsyncIterator[str]:
    """A database with two signatures; nobody changes it, tests that do take a copy."""
    async with fresh_database(cluster_url, template=seeded_template) as url:
        async with open_clinic(url) as clinic:
            await two_alerts(clinic)
        yield url


@pytest.fixture
async def behind_the_back(cluster_url: str, signed_url: str) -> AsyncIterator[Connection]:
    """A superuser who has switched all guards off, on a copy."""
    async with fresh_database(cluster_url, template=signed_url.rsplit("/", 1)[1]) as url:
        connection = await owner(url)
        await prepare(connection)
        await connection.execute("set session_replication_role = replica")
        yield connection
        await connection.close()


async def broken(connection: Connection) -> list[tuple[str, str]]:
    """What is wrong with which record: its kind and id, and the first words of the fault."""
    _, faults = await signed.verify(connection)
    return [(each.pointer, each.message) for each in faults]


async def one(connection: Connection) -> tuple[str, str]:
    """The alert that was signed with a note, and its signature."""
    row = await connection.fetchrow(
        """
        select alert_id, signatures.id from alert_acts join signatures on record_id = alert_id::text
        where note <> ''
        """
    )
    assert row is not None
    return str(row["alert_id"]), str(row["id"])


async def seal_again(connection: Connection) -> None:
    """Give every signature the hash of what it says now, as whoever knows how it is made could."""
    for each in await signatures.after(connection, UUID(int=0), 10):
        await connection.execute("update signatures set hash = $2 where id = $1", each.id, hash_of(each))


async def test_what_nobody_has_touched_verifies(signed_url: str) -> None:
    connection = await owner(signed_url)
    await prepare(connection)
    assert await signed.verify(connection) == (2, ())
    await connection.close()


@pytest.mark.parametrize(
    "edit",
    [
        "update alerts set disposition = 'no-event' where id = $1",
        "update alerts set level = 'urgent' where id = $1",
        "update alerts set round = 2 where id = $1",
        "update alerts set signals = array['bleeding'] where id = $1",
        "update alerts set resolved_at = resolved_at - interval '1 second' where id = $1",
        "update alerts set resolved_by = (select id from staff where name = 'Dana') where id = $1",
        "update alerts set contact_outcome = 'in-care' where id = $1",
        "update alert_acts set note = 'Nobody was with her.' where alert_id = $1 and kind = 'resolve'",
        "update reports set original = original || ' '::bytea where alert_id = $1",
        "update reports set submission = jsonb_set(submission, '{answers}', '[]') where alert_id = $1",
        "update reports set triage = jsonb_set(triage, '{level}', '\"urgent\"') where alert_id = $1",
        "delete from reports where alert_id = $1",
        "update reports set id = gen_random_uuid() where alert_id = $1",
    ],
)
async def test_a_change_of_what_was_signed_is_named_with_both_hashes(
    behind_the_back: Connection, edit: str
) -> None:
    alert_id, signature_id = await one(behind_the_back)
    kept = await behind_the_back.fetchval(
        "select record_hash from signatures where id = $1::text::uuid", signature_id
    )
    assert (await behind_the_back.execute(edit, alert_id)).endswith(" 1")
    ((named, fault),) = await broken(behind_the_back)
    assert signature_id in named
    assert f"resolution of alert {alert_id} by Bob" in named
    assert "does not fit its record" in fault
    assert kept in fault


async def test_an_alert_that_is_gone_is_named_by_its_signature(behind_the_back: Connection) -> None:
    alert_id, signature_id = await one(behind_the_back)
    await behind_the_back.execute("delete from alerts where id = $1", alert_id)
    ((named, fault),) = await broken(behind_the_back)
    assert signature_id in named
    assert "lost its record" in fault


@pytest.mark.parametrize(
    "edit",
    [
        "name = 'Dana'",
        "signed_at = signed_at - interval '1 day'",
        "statement = 'I have seen nothing.'",
        "role = 'coordinator'",
        "record_version = repeat('0', 64)",
        "record_hash = repeat('0', 64)",
        "staff_id = (select id from staff where name = 'Dana')",
        "hash = repeat('0', 64)",
    ],
)
async def test_a_changed_signature_is_named(behind_the_back: Connection, edit: str) -> None:
    _, signature_id = await one(behind_the_back)
    await behind_the_back.execute(
        f"update signatures set {edit} where id = $1",  # noqa: S608 - a test's own words
        signature_id,
    )
    found = await broken(behind_the_back)
    assert {signature_id in named for named, _ in found} == {True}
    assert "is not as it was given" in found[0][1]


async def test_a_signature_changed_together_with_its_hash_is_not_the_one_of_the_trail(
    behind_the_back: Connection,
) -> None:
    _, signature_id = await one(behind_the_back)
    await behind_the_back.execute("update signatures set name = 'Dana' where id = $1", signature_id)
    await seal_again(behind_the_back)
    ((named, fault),) = await broken(behind_the_back)
    assert signature_id in named
    assert "is not the one of the audit trail" in fault


async def test_a_removed_signature_is_named_and_so_is_its_alert(behind_the_back: Connection) -> None:
    alert_id, signature_id = await one(behind_the_back)
    await behind_the_back.execute("delete from signatures where id = $1", signature_id)
    (trail, gone), (alert, unsigned) = await broken(behind_the_back)
    assert signature_id in trail
    assert "is gone" in gone
    assert (alert, unsigned) == (f"alert/{alert_id}", "was put away, and no signature is under it")


@pytest.mark.parametrize(
    "body", ["", "{", "null", '{"changes":[{"record":"Signature","after":{"id":7}}]}', "{\\377}"]
)
async def test_an_entry_that_tells_nothing_any_more_is_named_and_does_not_end_the_check(
    behind_the_back: Connection, body: str
) -> None:
    await behind_the_back.execute(
        "update audit_entries set body = $1::text::bytea where action = 'alert.resolve'", body
    )
    faults = await broken(behind_the_back)
    assert len([place for place, fault in faults if "cannot be read" in fault]) == 2
    assert len([place for place, fault in faults if fault == "is not in the audit trail"]) == 2


async def test_a_signature_whose_record_has_no_id_any_more_is_named(behind_the_back: Connection) -> None:
    _, signature_id = await one(behind_the_back)
    await behind_the_back.execute(
        "update signatures set record_id = 'none' where id = $1::text::uuid", signature_id
    )
    await seal_again(behind_the_back)
    assert "has lost its record: what was signed is gone" in {
        fault for _, fault in await broken(behind_the_back)
    }


async def test_a_signature_made_by_hand_is_named(behind_the_back: Connection) -> None:
    """Dana's name, with a right hash, under what is stored: only the trail does not know it."""
    alert_id, signature_id = await one(behind_the_back)
    await behind_the_back.execute("update signatures set id = gen_random_uuid() where id = $1", signature_id)
    await seal_again(behind_the_back)
    faults = await broken(behind_the_back)
    assert [fault for named, fault in faults if alert_id in named] == [
        "is not in the audit trail",
        "was given, says the audit trail, and is gone",
    ]


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
@pytest.mark.parametrize(
    "statement",
    ["update signatures set name = 'x'", "delete from signatures", "truncate signatures"],
    ids=["update", "delete", "truncate"],
)
async def test_no_role_of_the_program_may_change_a_signature(
    signed_url: str, role: str, statement: str
) -> None:
    connection = await connect(signed_url, role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await connection.execute(statement)
    await connection.close()


async def test_not_even_the_owner_changes_a_signature_by_mistake(signed_url: str) -> None:
    connection = await connect(signed_url)
    for statement in ("update signatures set name = 'x'", "delete from signatures", "truncate signatures"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never changed"):
            await connection.execute(statement)
    await connection.close()
