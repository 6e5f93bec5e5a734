"""A protocol as it would be once investigators have confirmed and signed everything: for tests alone."""

import pytest

from api import protocol_commands, replay_command, wiring
from tests.support.protocol import shipped_files

_SIGNATURE = '[[approvals]]\nname = "Frank"\nrole = "principal investigator"\nsigned-on = 2026-03-01\n'
_AWAITED = '{ form = "on-demand", answers = { animals-named = 3 }, fires = false },'
_GIVEN = '{ form = "on-demand", answers = { animals-named = 12 }, fires = false },'


def signed_files(*, rule_set: int = 4) -> dict[str, bytes]:
    """Return the shipped files with every value confirmed, a cut-off given, and Frank's name under them."""
    files = {name: _confirmed(content.decode()) for name, content in shipped_files().items()}
    files["trial.toml"] = files["trial.toml"].replace("approvals = []\n", "") + "\n" + _SIGNATURE
    rules = files["rules.toml"].replace("cut-off = { confirmed", "cut-off = { value = 10, confirmed")
    rules = rules.replace(_AWAITED, f"{_AWAITED.replace('false', 'true')}\n  {_GIVEN}")
    files["rules.toml"] = rules.replace("version = 3\n", f"version = {rule_set}\n") + "\n" + _SIGNATURE
    return {name: text.encode() for name, text in files.items()}


def ship(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    """Let the program find these files on its disk."""
    for module in (wiring, protocol_commands, replay_command):
        monkeypatch.setattr(module, "shipped_files", lambda: files)
    wiring.shipped_protocol.cache_clear()


def _confirmed(text: str) -> str:
    return text.replace("confirmed = false", "confirmed = true").replace(
        'status = "draft"', 'status = "approved"'
    )
