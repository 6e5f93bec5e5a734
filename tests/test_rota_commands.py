"""The rota from the command line, as an operator sets a site up and looks after it."""

import argparse
import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from api import commands, rota_commands
from api.exchange import BODY_LIMIT
from api.rota_file import RotaFile
from api.site_rota import read_rota_file
from api.wiring import prepare_database
from domain.errors import BodyInvalid
from domain.people import Site
from domain.refusals import SettingsRefused
from notifications.trial import machine_now
from tests.support.operator import as_superuser, chosen, environment
from tests.support.patience import PATIENCE_SECONDS

FRANK = {
    "name": "Frank",
    "site": "Zhongnan",
    "email": "frank@example.org",
    "phone": "+8613912345678",
    "language": "en",
    "role": "investigator",
}


@pytest.fixture
async def production(database_url: str) -> dict[str, str]:
    await prepare_database(database_url, "production")
    values = environment(database_url)
    await commands.add_site(values, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await commands.add_staff(values, chosen(**FRANK))
    return values


def nights(folder: Path, *emails: str, size: int = 0) -> argparse.Namespace:
    """A calendar in which each of these is on call in a tier of her own for twenty days; at least so many bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for tier, email in enumerate(emails, 1):
        lines += [
            *(
                "BEGIN:VEVENT",
                f"UID:tier-{tier}",
                f"DTSTART:{machine_now() - timedelta(hours=1):%Y%m%dT%H%M%SZ}",
            ),
            *("DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=20", f"CATEGORIES:on-call-{tier}"),
            *(f"ATTENDEE:mailto:{email}", "END:VEVENT"),
        ]
    file = folder / "rota.ics"
    file.write_bytes("\r\n".join([*lines, "END:VCALENDAR", ""]).encode().ljust(size, b"\n"))
    return chosen(file=str(file), site="Zhongnan")


async def uncovered(values: Mapping[str, str], days: int = 14) -> int:
    return await rota_commands.report_coverage(values, argparse.Namespace(site="Zhongnan", days=days))


async def test_a_calendar_is_imported_and_imported_again(
    production: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calendar = nights(tmp_path, *["frank@example.org"] * 3)
    assert await rota_commands.import_shifts(production, calendar) == 0
    assert await rota_commands.import_shifts(production, calendar) == 0
    said = capsys.readouterr().out
    assert "60 shifts added, 0 taken out, 0 as they were" in said
    assert "0 shifts added, 0 taken out, 60 as they were" in said
    with pytest.raises(BodyInvalid):
        await rota_commands.import_shifts(production, nights(tmp_path, "nobody@example.org"))
    assert (
        await as_superuser(production, "select count(*) from on_call_shifts where removed_at is null") == 60
    )


async def test_a_calendar_is_read_while_the_site_is_free(
    production: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(content: bytes, site: Site, now: datetime) -> RotaFile:
        await as_superuser(production, "select id from sites for update nowait")
        return await read_rota_file(content, site, now)

    monkeypatch.setattr(rota_commands, "read_rota_file", read)
    assert await rota_commands.import_shifts(production, nights(tmp_path, "frank@example.org")) == 0


async def test_a_calendar_larger_than_over_http_is_refused(
    production: dict[str, str], tmp_path: Path
) -> None:
    large = nights(tmp_path, "frank@example.org", size=BODY_LIMIT + 1)
    with pytest.raises(SettingsRefused) as refusal:
        await rota_commands.import_shifts(production, large)
    assert [(fault.pointer, fault.message) for fault in refusal.value.faults] == [
        ("file", "must be at most 64 KiB, as over HTTP")
    ]
    largest = nights(tmp_path, "frank@example.org", size=BODY_LIMIT)
    assert await rota_commands.import_shifts(production, largest) == 0


async def test_what_is_not_covered_is_said_in_the_time_of_the_site(
    production: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await rota_commands.import_shifts(production, nights(tmp_path, *["frank@example.org"] * 2))
    await as_superuser(production, "update sites set principal_investigator_id = (select id from staff)")
    capsys.readouterr()
    assert await uncovered(production) == 1
    said = capsys.readouterr().out
    assert "gap  tier 3" in said
    assert "1 findings in 14 days, in the time of Asia/Shanghai" in said
    await rota_commands.import_shifts(production, nights(tmp_path, *["frank@example.org"] * 3))
    assert await uncovered(production) == 0
    assert await uncovered(production, 60) == 1
    with pytest.raises(SettingsRefused):
        await uncovered(production, 61)


async def test_another_phone_is_put_on_file_and_what_was_known_of_the_old_one_is_forgotten(
    production: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await rota_commands.import_shifts(production, nights(tmp_path, *["frank@example.org"] * 3))
    await as_superuser(production, "update sites set principal_investigator_id = (select id from staff)")
    await as_superuser(production, "update contacts set unusable_since = now() where kind = 'phone'")
    assert await uncovered(production) == 1
    assert "dead-number  tier 1  Frank" in capsys.readouterr().out
    with pytest.raises(SettingsRefused):
        await rota_commands.set_phone(production, chosen(email="frank@example.org", phone="13912345678"))
    new = chosen(email="frank@example.org", phone="+8613912345679")
    assert await rota_commands.set_phone(production, new) == 0
    assert await uncovered(production) == 0
    assert await as_superuser(production, "select count(*) from contacts where kind = 'phone'") == 1
    assert await as_superuser(production, "select action from audit_entries order by at desc limit 1") == (
        "staff.set-phone"
    )


async def test_a_stop_from_her_old_phone_meanwhile_is_not_lost(production: dict[str, str]) -> None:
    """What answers STOP holds the number first and writes the audit trail then, and so must the command."""
    stop, watcher = [await asyncpg.connect(production["DATABASE_URL"]) for _ in range(2)]
    async with stop.transaction():
        await stop.execute("select from contacts where kind = 'phone' for update")
        new = chosen(email="frank@example.org", phone="+8613912345679")
        changing = asyncio.create_task(rota_commands.set_phone(production, new))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await watcher.fetchval(  # noqa: ASYNC110 - another connection, seen from outside
                "select count(*) from pg_locks where not granted"
            ):
                await asyncio.sleep(0.01)
        await stop.execute("update audit_heads set position = position")
        await stop.execute("update contacts set unusable_since = now() where kind = 'phone'")
    assert await changing == 0
    assert await as_superuser(production, "select unusable_since from contacts where kind = 'phone'") is None
    for connection in (stop, watcher):
        await connection.close()
