"""A released protocol that is not in force turns safety red, and stops no running trial."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

import pytest
from msgspec.structs import replace

from api import commands
from api.settings import read_settings
from api.wiring import open_trial
from domain.protocol.decode import digest
from domain.records import signatures
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import APP_ROLE, prepare
from domain.signature import Meaning, sealed
from notifications import watching
from tests.support.clinic import owner
from tests.support.operator import as_superuser, chosen
from tests.support.protocol import shipped
from tests.support.signed import ship, signed_files
from tests.support.terminal import Terminal
from tests.test_protocol_commands import frank_is_on_call, production, terminal, the_disk_afterwards

__all__ = ["production", "terminal", "the_disk_afterwards"]


async def live_and_released(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]
) -> str:
    """Let Zhongnan go live on these files; return their digest."""
    ship(monkeypatch, files)
    await terminal.approve()
    await terminal.release()
    await commands.add_shift(terminal.values, frank_is_on_call())
    assert (
        await commands.go_live(
            terminal.values, chosen(name="Zhongnan", principal_investigator="frank@example.org")
        )
        == 0
    )
    return digest(files)


async def found(values: Mapping[str, str]) -> tuple[str, bool, set[str]]:
    """What is in force after a start, whether it counts as released, and what makes safety red."""
    with acting_as(THE_SYSTEM):
        async with open_trial(read_settings(values), APP_ROLE) as trial:
            seen = await watching.look(trial)
            return trial.protocol.digest, trial.is_approved, {each.kind for each in seen.found}


UNRELEASED = "sites_on_an_unreleased_protocol"


async def test_a_live_site_that_is_judged_by_what_nobody_released_turns_safety_red_and_starts_all_the_same(
    terminal: Terminal,
    production: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = await live_and_released(terminal, monkeypatch, signed_files())
    in_force, is_approved, kinds = await found(production)
    assert (in_force, is_approved, UNRELEASED in kinds) == (kept, True, False)
    await as_superuser(production, "alter table signatures disable trigger user")
    await as_superuser(production, "update signatures set name = 'Dana' where meaning = 'release'")
    capsys.readouterr()
    _, is_approved, kinds = await found(production)
    assert (is_approved, UNRELEASED in kinds) == (False, True)
    assert "protocol.unreleased" in "".join(capsys.readouterr())


async def test_a_later_program_that_says_more_starts_on_what_was_released_and_says_its_own_words(
    terminal: Terminal, production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was released lacks a text; that program did not ask for it."""
    kept = await live_and_released(terminal, monkeypatch, signed_files())
    lacking = "mail.recovery-code.subject"
    await change_released(production, "texts-en.toml", f'\n"{lacking}" =', '\n# "gone" =')
    ship(monkeypatch, signed_files(rule_set=5))
    in_force, is_approved, kinds = await found(production)
    assert (in_force == kept, is_approved, UNRELEASED in kinds) == (False, True, False)
    async with open_trial(read_settings(production), APP_ROLE) as trial:
        assert trial.protocol.rules.version == 4
        assert trial.protocol.texts["en"].texts[lacking] == shipped().texts["en"].texts[lacking]


@pytest.mark.parametrize(
    ("name", "before", "after", "version"),
    [
        ("rules.toml", "at-least = 38.0", "at-least = 38.5", 4),
        ("rules.toml", "version = 4", "old-version = 4", 5),
    ],
    ids=["fails its examples", "does not decode"],
)
async def test_a_released_protocol_that_a_later_program_finds_faults_in_stops_no_trial_and_is_red(
    terminal: Terminal,
    production: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    before: str,
    after: str,
    version: int,
) -> None:
    await live_and_released(terminal, monkeypatch, signed_files())
    await change_released(production, name, before, after)
    ship(monkeypatch, signed_files(rule_set=5))
    async with open_trial(read_settings(production), APP_ROLE) as trial:
        assert trial.protocol.rules.version == version
    assert UNRELEASED in (await found(production))[2]


async def change_released(values: Mapping[str, str], name: str, before: str, after: str) -> None:
    """Make what is released one that this program would not let pass, with its signatures: as an earlier one could."""
    connection = await owner(values["DATABASE_URL"])
    await prepare(connection)
    await connection.execute("set session_replication_role = replica")
    files = await connection.fetchval("select files from protocols where rule_set_version = 4")
    assert before in files[name]
    files[name] = files[name].replace(before, after, 1)
    changed = digest({each: content.encode() for each, content in files.items()})
    await connection.execute(
        "update protocols set files = $1, digest = $2 where rule_set_version = 4", files, changed
    )
    for each in await signatures.after(connection, UUID(int=0), 10):
        of = (
            changed
            if each.meaning is Meaning.APPROVAL
            else hashlib.sha256(files["rules.toml"].encode()).hexdigest()
        )
        new = sealed(replace(each, record_id=changed, record_hash=of))
        await connection.execute(
            "update signatures set record_id = $2, record_hash = $3, hash = $4 where id = $1",
            each.id,
            changed,
            of,
            new.hash,
        )
    await connection.close()
