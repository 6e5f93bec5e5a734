"""Which rules are in force in production: those an investigator has approved, whatever lies on the disk."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import timedelta

import asyncpg
import pytest

from api import commands, protocol_commands, wiring
from api.settings import read_settings
from api.wiring import open_trial, prepare_database
from domain.errors import SiteNotLive
from domain.records.rows import APP_ROLE
from domain.refusals import ProtocolRefused
from notifications.trial import machine_now
from tests.support.operator import as_superuser, chosen, environment
from tests.support.protocol import shipped, shipped_files
from tests.support.signed import ship, signed_files
from tests.support.terminal import Terminal

ALICE = "alice@example.org"


@pytest.fixture
async def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    await prepare_database(database_url, "production")
    there = Terminal(environment(database_url), monkeypatch, capsys)
    await commands.add_site(there.values, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await there.hire()
    await there.hire(name="Alice", email=ALICE, role="coordinator")
    return there


@pytest.fixture
def production(terminal: Terminal) -> dict[str, str]:
    return terminal.values


@pytest.fixture(autouse=True)
def the_disk_afterwards() -> Iterator[None]:
    yield
    wiring.shipped_protocol.cache_clear()


async def in_force(values: Mapping[str, str]) -> tuple[str, bool]:
    async with open_trial(read_settings(values), APP_ROLE) as trial:
        return trial.protocol.digest, trial.is_approved


async def test_without_an_approval_the_shipped_files_are_in_force_and_say_so(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await in_force(production) == (shipped().digest, False)
    assert await protocol_commands.show(production) == 0
    said = capsys.readouterr().out
    assert f"in force  {shipped().digest}" in said
    assert "not approved and released (production)" in said
    assert "signed by nobody" in said


async def test_an_unsigned_protocol_cannot_be_approved_and_everything_missing_is_named(
    terminal: Terminal, production: dict[str, str]
) -> None:
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.approve()
    named = {fault.pointer for fault in refusal.value.faults}
    assert {*shipped().unconfirmed, "trial.approvals", "rules.approvals"} == named
    assert await as_superuser(production, "select count(*) from protocol_approvals") == 0


async def test_rules_that_fail_their_own_examples_cannot_be_approved(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = signed_files()
    files["rules.toml"] = files["rules.toml"].replace(b"at-least = 38.0", b"at-least = 38.5", 1)
    ship(monkeypatch, files)
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.approve()
    assert any("examples" in fault.pointer for fault in refusal.value.faults)


async def test_only_an_investigator_approves_and_releases(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(monkeypatch, signed_files())
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.approve(ALICE)
    assert [fault.pointer for fault in refusal.value.faults] == ["--by"]
    await terminal.approve()
    with pytest.raises(ProtocolRefused) as refusal:
        await terminal.release(ALICE)
    assert [fault.pointer for fault in refusal.value.faults] == ["--by"]


async def test_what_is_released_stays_in_force_whatever_comes_to_the_disk(
    terminal: Terminal,
    production: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ship(monkeypatch, signed_files())
    assert await terminal.approve() == 0
    assert await terminal.release() == 0
    approved = await in_force(production)
    assert approved[1]
    with monkeypatch.context() as newer:
        ship(newer, shipped_files())
        assert await in_force(production) == approved
    with monkeypatch.context() as broken:
        ship(broken, {**shipped_files(), "rules.toml": b"version = "})
        assert await in_force(production) == approved
        assert await protocol_commands.show(production) == 0
    assert "on disk   refused" in capsys.readouterr().out
    assert await as_superuser(production, "select count(*) from protocol_approvals") == 1
    actions = """
        select string_agg(action, ' ' order by position) from audit_entries
        where action like 'protocol.%' or action like 'rule-set.%'
        """
    done = "protocol.record protocol.record protocol.approve rule-set.release"
    assert await as_superuser(production, actions) == done


async def test_another_rule_set_under_an_approved_version_is_refused_and_a_new_version_follows(
    terminal: Terminal, production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(monkeypatch, signed_files(rule_set=3))
    with pytest.raises(ProtocolRefused) as refusal:
        # The draft of this version has been recorded at the first start, with other content.
        await terminal.approve()
    assert [fault.pointer for fault in refusal.value.faults] == ["rules.version"]
    for version in (4, 5):
        ship(monkeypatch, signed_files(rule_set=version))
        assert await terminal.approve() == 0
        assert await terminal.release() == 0
    async with open_trial(read_settings(production), APP_ROLE) as trial:
        assert trial.protocol.rules.version == 5


async def test_a_site_goes_live_on_an_approved_and_released_protocol(
    terminal: Terminal, production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(monkeypatch, signed_files())
    live = chosen(name="Zhongnan", principal_investigator="frank@example.org")
    with pytest.raises(SiteNotLive) as refusal:
        await commands.go_live(production, live)
    assert [fault.pointer for fault in refusal.value.faults] == ["protocol", "rota"]
    await terminal.approve()
    with pytest.raises(SiteNotLive) as refusal:
        await commands.go_live(production, live)
    assert [fault.pointer for fault in refusal.value.faults] == ["protocol", "rota"]
    await terminal.release()
    with pytest.raises(SiteNotLive):
        await commands.go_live(production, live)
    await commands.add_shift(production, frank_is_on_call())
    assert await commands.go_live(production, live) == 0


def frank_is_on_call() -> argparse.Namespace:
    now = machine_now()
    hours = {
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=7)).isoformat(),
    }
    return argparse.Namespace(email="frank@example.org", site="Zhongnan", tier=1, **hours)


async def test_the_application_cannot_change_what_is_recorded(production: dict[str, str]) -> None:
    for statement in (
        "update protocols set version = 'x'",
        "delete from protocols",
        "delete from protocol_approvals",
        "update signatures set name = 'x'",
        "delete from signatures",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_application(production, statement)


async def as_application(values: Mapping[str, str], statement: str) -> None:
    connection = await asyncpg.connect(values["DATABASE_URL"], server_settings={"role": APP_ROLE})
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
