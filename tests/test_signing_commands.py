"""Signing at the terminal: whose name goes under a protocol and its rules, and what is in force because of it."""

from collections.abc import Iterator

import pytest

from api import commands, protocol_commands, wiring
from api.settings import read_settings
from api.wiring import open_trial, prepare_database
from domain.errors import NotFound, ProofRefused, SignInSlowed
from domain.protocol.decode import digest
from domain.records.rows import APP_ROLE
from domain.refusals import ProtocolRefused, SettingsRefused
from tests.support.operator import as_superuser, chosen, environment
from tests.support.protocol import shipped
from tests.support.signed import ship, signed_files
from tests.support.terminal import Terminal


@pytest.fixture
async def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    await prepare_database(database_url, "production")
    there = Terminal(environment(database_url), monkeypatch, capsys)
    await commands.add_site(there.values, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await there.hire()
    ship(monkeypatch, signed_files())
    return there


@pytest.fixture(autouse=True)
def the_disk_afterwards() -> Iterator[None]:
    yield
    wiring.shipped_protocol.cache_clear()


async def in_force(terminal: Terminal) -> tuple[str, bool]:
    async with open_trial(read_settings(terminal.values), APP_ROLE) as trial:
        return trial.protocol.digest, trial.is_approved


async def signed(terminal: Terminal, columns: str) -> object:
    return await as_superuser(
        terminal.values,
        f"select string_agg({columns}, ' ' order by signed_at) from signatures",  # noqa: S608 - a test's own words
    )


async def tampered(terminal: Terminal, statement: str, table: str = "protocols") -> None:
    await as_superuser(terminal.values, f"alter table {table} disable trigger all")
    await as_superuser(terminal.values, statement)


async def test_frank_signs_what_he_is_shown_and_his_name_role_and_meaning_are_kept(
    terminal: Terminal,
) -> None:
    terminal.printed()
    assert await terminal.approve() == 0
    shown = terminal.printed()
    assert "I have read this protocol in full and approve it" in shown
    assert f"SHA-256 {digest(signed_files())}" in shown
    assert "Frank" in shown
    assert await terminal.release() == 0
    assert "I release this rule set" in terminal.printed()
    assert await signed(terminal, "name || '/' || role || '/' || meaning || '/' || record_version") == (
        f"Frank/investigator/approval/{shipped().version} Frank/investigator/release/4"
    )
    assert await terminal.verify() == (0, "2 signatures checked, 0 faults\n")
    assert await protocol_commands.show(terminal.values) == 0
    assert "NOT IN FORCE" not in terminal.printed()


async def test_an_approved_protocol_judges_nobody_before_its_rules_are_released(terminal: Terminal) -> None:
    await terminal.approve()
    assert (await in_force(terminal))[1] is False
    await terminal.release()
    assert await in_force(terminal) == (digest(signed_files()), True)


async def test_rules_whose_protocol_nobody_has_approved_are_not_released(terminal: Terminal) -> None:
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.release()
    assert [fault.pointer for fault in refusal.value.faults] == ["protocol"]
    assert await signed(terminal, "name") is None


async def test_files_that_changed_after_the_approval_are_not_released_and_both_hashes_are_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await terminal.approve()
    changed = {**signed_files(), "rules.toml": signed_files()["rules.toml"] + b"\n# one word more\n"}
    ship(monkeypatch, changed)
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.release()
    (fault,) = refusal.value.faults
    assert digest(changed) in fault.message
    assert digest(signed_files()) in fault.message


async def test_nobody_approves_the_same_protocol_twice(terminal: Terminal) -> None:
    await terminal.approve()
    with pytest.raises(ProtocolRefused, match="cannot be approved") as refusal:
        await terminal.approve()
    assert [fault.pointer for fault in refusal.value.faults] == ["--by"]


async def test_whatever_of_a_proof_is_wrong_is_one_answer_and_nothing_is_signed(terminal: Terminal) -> None:
    said = set()
    for typed in ({"password": "guess"}, {"totp": "000000"}, {"password": "guess", "totp": "000000"}):
        with pytest.raises(ProofRefused) as refusal:
            await terminal.approve(**typed)
        said.add(str(refusal.value))
    assert len(said) == 1
    assert await signed(terminal, "name") is None
    assert await as_superuser(terminal.values, "select count(*) from protocol_approvals") == 0


async def test_whoever_guesses_at_the_terminal_is_slowed(terminal: Terminal) -> None:
    for _ in range(4):
        with pytest.raises(ProofRefused):
            await terminal.approve(password="guess")
    # A second is soon over on a slow machine.
    await as_superuser(terminal.values, "update slow_downs set wait_until = wait_until + interval '1 minute'")
    with pytest.raises(SignInSlowed):
        await terminal.approve()
    assert await signed(terminal, "name") is None


@pytest.mark.parametrize(
    "text", ["", "a password alone\n", "a password\n12345\n", "a password\ndigits\n", "\n287082\n"]
)
async def test_what_can_be_no_proof_is_refused_and_not_repeated(terminal: Terminal, text: str) -> None:
    terminal.pipes(text)
    with pytest.raises(SettingsRefused) as refusal:
        await protocol_commands.approve(terminal.values, chosen(by="frank@example.org"))
    (fault,) = refusal.value.faults
    assert "password alone" not in fault.message
    assert await signed(terminal, "name") is None


async def test_nobody_signs_in_the_name_of_a_stranger(terminal: Terminal) -> None:
    terminal.pipes("")
    with pytest.raises(NotFound):
        await protocol_commands.release(terminal.values, chosen(by="nobody@example.org"))


async def test_rules_changed_by_hand_behind_their_signature_are_not_in_force(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was in force before stays: here the version before; and both hashes are told."""
    await terminal.approve()
    await terminal.release()
    before = await in_force(terminal)
    ship(monkeypatch, signed_files(rule_set=5))
    await terminal.approve()
    await terminal.release()
    newer = await in_force(terminal)
    assert newer != before
    await tampered(
        terminal,
        f"""
        update protocols set files = jsonb_set(files, '{{rules.toml}}', to_jsonb(files->>'rules.toml' || ' '))
        where digest = '{newer[0]}'
        """,  # noqa: S608 - a test's own words
    )
    assert await in_force(terminal) == before
    terminal.printed()
    assert await protocol_commands.show(terminal.values) == 0
    said = terminal.printed()
    assert "NOT IN FORCE" in said
    code, said = await terminal.verify()
    assert (code, said.count("does not fit its record")) == (1, 2)
    hashes = await as_superuser(
        terminal.values,
        "select record_hash from signatures where meaning = 'release' and record_version = '5'",
    )
    assert str(hashes) in said


@pytest.mark.parametrize("meaning", ["approval", "release"])
async def test_a_signature_that_was_changed_puts_nothing_in_force(terminal: Terminal, meaning: str) -> None:
    await terminal.approve()
    await terminal.release()
    await tampered(
        terminal,
        f"update signatures set name = 'Bob' where meaning = '{meaning}'",  # noqa: S608 - a test's own words
        "signatures",
    )
    assert (await in_force(terminal))[1] is False
