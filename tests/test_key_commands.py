"""`nightbell keys`: everything is sealed anew beside whoever serves and works, and no key is called spare too early."""

import argparse
import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from api import key_commands, keyring
from domain.people import Contact
from domain.records import sealed_rows
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import APP_ROLE, Connection, open_pool, transaction
from domain.records.sealed_rows import SEALED_COLUMNS, lock_contacts
from domain.refusals import SettingsRefused
from tests.support.clinic import SECRETS, Clinic, Json, open_clinic, owner
from tests.support.year import consent

OLD = SECRETS["NIGHTBELL_CONTACT_KEYS"]
NEW = f"next:{base64.b64encode(secrets.token_bytes(32)).decode()}"
BOTH = f"{NEW},{OLD}"
ROTATE, REINDEX = argparse.Namespace(reindex=False), argparse.Namespace(reindex=True)

Shown = pytest.CaptureFixture[str]


def operator(clinic: Clinic, keys: str = BOTH, **more: str) -> dict[str, str]:
    """What an operator's shell says, with these contact keys."""
    return {
        **SECRETS,
        "NIGHTBELL_MODE": "sandbox",
        "NIGHTBELL_CONTACT_KEYS": keys,
        "DATABASE_URL": clinic.settings.database_url,
        "NIGHTBELL_PUBLIC_URL": clinic.settings.public_url,
        "TWILIO_ACCOUNT_SID": clinic.settings.twilio_account_sid,
        "TWILIO_SENDER": clinic.settings.twilio_sender,
        "TWILIO_API_BASE_URL": str(clinic.settings.twilio_api_base_url),
        **more,
    }


@pytest.fixture
async def ready(clinic_url: str) -> AsyncIterator[Clinic]:
    """A clinic whose nodes know both keys and still seal with the old one: the first step of a rotation."""
    async with open_clinic(clinic_url, NIGHTBELL_CONTACT_KEYS=f"{OLD},{NEW}") as running:
        yield running


async def keys_of(clinic: Clinic) -> dict[str, int]:
    connection = await owner(clinic.settings.database_url)
    found = await connection.fetch(
        """
        select key, count(*) from (
            select key_id as key from contacts where sealed <> '' union all select totp_key_id from credentials
        ) as rows group by key
        """
    )
    await connection.close()
    return {row["key"]: row["count"] for row in found}


async def entries(clinic: Clinic) -> list[Json]:
    """What the trail of the system says of rotations."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select body from audit_entries where action = 'key.rotate' and chain = 'system' order by position"
        )
    return [msgspec.json.decode(row["body"]) for row in found]


async def test_every_row_is_sealed_anew_while_the_clinic_works_and_the_old_key_may_go(
    ready: Clinic, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "PAGE", 3)
    lin, caregiver = await ready.lin()
    await consent(await ready.staff("Alice"), lin)
    await caregiver.report({"cannot-be-woken": "yes"})
    before = await keys_of(ready)
    assert set(before) == {"demo"}
    assert await key_commands.rotate(operator(ready), ROTATE) == 0
    assert await keys_of(ready) == {"next": before["demo"]}
    assert "demo may be removed" in capsys.readouterr().out
    # Whoever was loaded before is rung, signs in and is found as ever.
    await ready.settle()
    assert ready.rung() == {"Bob": 1}
    await ready.staff("Dana")


async def test_after_the_old_key_is_gone_everybody_is_found_and_rung(ready: Clinic, clinic_url: str) -> None:
    lin, _ = await ready.lin()
    await consent(await ready.staff("Alice"), lin)
    await key_commands.rotate(operator(ready), ROTATE)
    async with open_clinic(clinic_url, NIGHTBELL_CONTACT_KEYS=NEW) as later:
        bob = await later.staff("Bob")
        _, caregiver = await later.lin()
        await caregiver.report({"cannot-be-woken": "yes"})
        await later.settle()
        assert later.rung() == {"Bob": 1}
        assert (await bob.get("/v1/alerts")).status_code == 200


async def test_a_run_is_one_entry_that_counts_by_key_and_names_nobody(ready: Clinic) -> None:
    before = await keys_of(ready)
    for _ in range(2):
        await key_commands.rotate(operator(ready), ROTATE)
    (entry,) = await entries(ready)
    (change,) = entry["changes"]
    assert (change["record"], change["after"]["sealed"]) == ("KeyRotation", before)
    assert change["after"]["current_key"] == "next"
    assert not [each for each in ("participantId", "siteId") if each in entry]
    assert await ready.rows("key_rotations") == 1


async def test_no_key_is_spare_while_one_row_is_left_under_it(ready: Clinic, capsys: Shown) -> None:
    assert await key_commands.check(operator(ready)) == 1
    assert "No key may be removed" in capsys.readouterr().out
    assert await key_commands.rotate(operator(ready), ROTATE) == 0
    assert await key_commands.check(operator(ready)) == 0
    assert "demo may be removed" in capsys.readouterr().out
    # A node that nobody has restarted seals with the key before.
    lin, _ = await ready.lin()
    await consent(await ready.staff("Alice"), lin)
    assert await key_commands.check(operator(ready)) == 1
    shown = capsys.readouterr().out
    assert "demo  seals 1 rows" in shown
    assert "may be removed," not in shown
    assert await key_commands.rotate(operator(ready), ROTATE) == 0


async def test_a_run_that_is_cut_off_is_taken_up_again(
    ready: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await keys_of(ready)
    pages = iter(range(9))

    async def cut_off(connection: Connection, ids: list[UUID]) -> tuple[Contact, ...]:
        if next(pages) == 1:
            raise ConnectionResetError
        return await lock_contacts(connection, ids)

    with monkeypatch.context() as broken:
        broken.setattr(keyring, "PAGE", 4)
        broken.setattr(sealed_rows, "lock_contacts", cut_off)
        with pytest.raises(ConnectionResetError):
            await key_commands.rotate(operator(ready), ROTATE)
    assert await keys_of(ready) == {"next": 4, "demo": whole["demo"] - 4}
    assert await key_commands.rotate(operator(ready), ROTATE) == 0
    assert await keys_of(ready) == {"next": whole["demo"]}
    begun = [each["changes"][0]["after"]["sealed"] for each in await entries(ready)]
    assert begun == [whole, {"demo": whole["demo"] - 4, "next": 4}]


async def test_a_row_that_somebody_holds_is_not_waited_for_and_not_forgotten(
    ready: Clinic, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "PASSES", 2)
    whole = await keys_of(ready)
    connection = await owner(ready.settings.database_url)
    holding = connection.transaction()
    await holding.start()
    await connection.execute("select from contacts order by id limit 1 for update")
    assert await key_commands.rotate(operator(ready), ROTATE) == 1
    await holding.rollback()
    await connection.close()
    assert "No key may be removed" in capsys.readouterr().out
    assert await keys_of(ready) == {"next": whole["demo"] - 1, "demo": 1}
    assert await key_commands.rotate(operator(ready), ROTATE) == 0


async def test_a_row_that_does_not_open_is_named_and_holds_nobody_up(ready: Clinic, capsys: Shown) -> None:
    connection = await owner(ready.settings.database_url)
    broken = await connection.fetchval(
        "update contacts set sealed = sealed || '\\x00' where id = (select id from contacts limit 1) returning id"
    )
    await connection.close()
    assert await key_commands.rotate(operator(ready), ROTATE) == 1
    shown = capsys.readouterr().out
    assert f"BROKEN contacts {broken} does not open" in shown
    assert "No key may be removed" in shown
    assert (await keys_of(ready))["demo"] == 1


async def test_a_row_under_a_key_that_nobody_has_is_said_to_be_lost(ready: Clinic, capsys: Shown) -> None:
    assert await key_commands.check(operator(ready, keys=NEW)) == 1
    shown = capsys.readouterr().out
    assert "is not in NIGHTBELL_CONTACT_KEYS" in shown
    assert shown.count("BROKEN") == sum((await keys_of(ready)).values())


async def test_a_wrong_secret_changes_nothing_unless_it_is_meant(ready: Clinic, clinic_url: str) -> None:
    other = {"NIGHTBELL_SECRET": base64.b64encode(secrets.token_bytes(32)).decode()}
    before = await keys_of(ready)
    with pytest.raises(SettingsRefused) as refusal:
        await key_commands.rotate(operator(ready, **other), ROTATE)
    assert [each.pointer for each in refusal.value.faults] == ["NIGHTBELL_SECRET"]
    assert await keys_of(ready) == before
    await ready.staff("Dana")
    assert await key_commands.rotate(operator(ready, **other), REINDEX) == 0
    async with open_clinic(clinic_url, NIGHTBELL_CONTACT_KEYS=NEW, **other) as later:
        assert (await (await later.staff("Dana")).get("/v1/staff/me")).status_code == 200


async def test_nobody_stays_in_a_transaction_while_a_page_is_sealed(
    ready: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends one that is idle for ten seconds; one connection is enough, so there is no such reader."""
    monkeypatch.setattr(keyring, "PAGE", 3)
    with acting_as(THE_SYSTEM):
        async with await open_pool(ready.settings.database_url, APP_ROLE, size=1) as pool:
            await keyring.seal_anew(pool, replace(ready.trial.vault, current="next"))
    assert set(await keys_of(ready)) == {"next"}


async def test_two_runs_at_once_leave_everything_sealed_once_and_readable(ready: Clinic) -> None:
    whole = await keys_of(ready)
    values = operator(ready)
    await asyncio.gather(*(key_commands.rotate(values, ROTATE) for _ in range(2)))
    assert await keys_of(ready) == {"next": whole["demo"]}
    assert await key_commands.check(values) == 0


async def test_whatever_the_schema_seals_is_known_to_the_rotation(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch(
        """
        select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'public' and data_type = 'bytea' and column_name like '%sealed%'
        """
    )
    await connection.close()
    assert {row["name"] for row in found} == SEALED_COLUMNS
