"""Where a secret must not be: in a comparison that tells by its time, in `ps`, in a log line, in the repository."""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import cli, demo, unprivileged, wiring
from api.settings import Settings
from tests.support import licences
from tests.test_house import ROOMS, ROOT, committed, name, parsed, sources

SECRET_WORDS = {
    *("token", "tokens", "mac", "hmac", "digest", "signature", "secret", "secrets", "pin", "hash", "hashed"),
    *("password", "totp", "otp", "nonce", "proof", "sha256", "code", "codes"),
}

COMPARED_PLAINLY = {
    "api/wiring.py: shipped.digest != in_force": "a protocol's digest is printed and public",
    "domain/governance.py: each.digest != protocol.digest": "a protocol's digest is printed and public",
    "domain/governance.py: each.record_id == kept.digest": "a protocol's digest is printed and public",
    "domain/governance.py: found == kept.digest": "a protocol's digest is printed and public",
    "domain/signature.py: found.sha256 != signature.record_hash": "what is signed is shown, and so is its hash",
    "domain/signature.py: hash_of(signature) != signature.hash": "an operator's command over rows that it reads",
    "domain/signature.py: trace.hash != signature.hash": "an operator's command over rows that it reads",
    "domain/signing.py: now.sha256 != named": "the version of an alert, which whoever signs has read",
    "domain/records/proof.py: head.hash != stored": "an operator's command over rows that it reads",
    "api/redeeming.py: tries.failures == slowing.CODES_ATTACKED_AT": "a count of failures",
    "api/routes/reports.py: result.problem.code == TokenRefused.code": "a problem's code",
    "api/routes/reports.py: result.problem.code == DatabaseUnavailable.code": "a problem's code",
    "domain/records/audit.py: hashlib.sha256(known + entry.body).digest() != entry.hash": "an operator's command "
    "over rows that it reads; nobody sends it guesses",
    "domain/records/migrations.py: row.sha256 != _digest(files[row.name])": "hashes of files that are shipped",
    "domain/reporting.py: each.digest == content": "of a report's own content, from the phone that sent both",
    "openapi/clients/python/session.py: kept.tokens != used": "a phone's own, whether it has rotated meanwhile",
    "notifications/dysms.py: code == _OK": "a provider's result, no secret",
    "notifications/dysms.py: answer.body.code != _OK": "a provider's result, no secret",
}


def comparisons(tree: ast.AST) -> Iterator[str]:
    """Equalities of two things, neither written out, of which one is named as a secret."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            sides = (node.left, *node.comparators)
            if not any(isinstance(side, ast.Constant) for side in sides) and any(map(_is_secret, sides)):
                yield ast.unparse(node)


def _is_secret(side: ast.expr) -> bool:
    while isinstance(side, ast.Call | ast.Await | ast.Subscript):
        side = side.func if isinstance(side, ast.Call) else side.value
    named = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
    return bool(set(re.findall(r"[a-z0-9]+", named.lower())) & SECRET_WORDS)


def test_no_secret_is_compared_in_a_time_that_tells_how_much_of_it_was_right() -> None:
    found = {f"{name(path)}: {each}" for path in sources(*ROOMS) for each in comparisons(parsed(path))}
    assert found == set(COMPARED_PLAINLY), "hmac.compare_digest, or a reason in COMPARED_PLAINLY"


def test_a_plain_comparison_of_secrets_would_be_found() -> None:
    line = "given == self.token or links.token_of(vault, id) != token or x == (await read()).pin"
    assert len(list(comparisons(ast.parse(f"async def f():\n    {line}")))) == 3


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every word that a command takes, at any depth."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to walk
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            for each in action.choices.values():
                yield from options(each)
        else:
            yield from (*action.option_strings, action.dest, str(action.metavar or ""))


def test_no_command_takes_a_secret_as_an_argument() -> None:
    taken = set(options(cli._parser()))  # noqa: SLF001 - what the command line is made of
    assert {"--site", "--once", "email"} <= taken
    words = {each: set(re.findall(r"[a-z0-9]+", each.lower())) for each in taken}
    secret = SECRET_WORDS | {"key", "keys", "url", "dsn"}
    # A public key is no secret, nor is where an app under test listens.
    known = {"--public-key", "public_key", "--client-url", "client_url", "URL"}
    assert {each for each, found in words.items() if found & secret} == known


def test_a_process_that_we_start_is_given_nothing_of_our_environment() -> None:
    assert set(unprivileged._ENVIRONMENT) == {"PATH", "LC_ALL", "TZ"}  # noqa: SLF001 - all that is handed on
    starters = {
        name(path)
        for path in sources(*ROOMS)
        if re.search(
            r"subprocess\.(Popen|run|call|check\w*)\(|create_subprocess|os\.(exec|spawn|system)",
            path.read_text(),
        )
    }
    assert starters == {"api/unprivileged.py"}


@pytest.fixture
def settings() -> Settings:
    return demo.sandbox_settings(
        demo.draw_secrets(),
        "postgresql://alice:pw-canary@127.0.0.1/x",
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
        "smtp://127.0.0.1:3",
        {},
    )


def test_what_holds_secrets_shows_none_of_them(settings: Settings) -> None:
    edge = wiring.edge(settings)
    shown = repr(settings) + repr(wiring.vault(settings)) + repr(edge.provider_keys) + repr(edge)
    secret = (settings.secret, *settings.token_keys.values(), *settings.contact_keys.values())
    assert [each for each in secret if repr(each)[2:-1] in shown] == []
    assert "pw-canary" not in shown
    assert settings.twilio_auth_token not in shown


PATTERNS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
    "an access key of a cloud": r"\b(AKIA|ASIA|LTAI)[0-9A-Za-z]{16,}\b",
    "a token of a code host": r"\b(gh[pousr]_[0-9A-Za-z]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})",
    "a key of a provider": r"\b(SK[0-9a-f]{32}|sk_live_\w{20,}|xox[baprs]-[\w-]{20,})",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",
    "an address with a password": r"\b(?:postgresql|postgres|smtps?)://[^\s:/@\"'{}]+:[^\s@\"'{}]{4,}@(?!host\b)",
    "32 bytes in base64": r"(?<![\w+/=])[A-Za-z0-9+/]{43}=(?![\w=])",
}

EXPECTED = {
    "tests/test_secrets.py": "the patterns themselves, and a canary",
    "tests/test_postgres.py": "passwords of no server",
    "tests/test_settings.py": "passwords of no server",
    "tests/notifications/test_mail.py": "passwords of no server",
}
"""Files with something that looks like a secret, and why it is none."""


def looks_secret(text: str) -> list[str]:
    return [kind for kind, pattern in PATTERNS.items() if re.search(pattern, text)]


def test_the_repository_holds_no_secret() -> None:
    found = {
        name(path): kinds
        for path in committed()
        if (kinds := looks_secret(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert {path: kinds for path, kinds in found.items() if path not in EXPECTED} == {}
    assert set(EXPECTED) <= {*found, "tests/test_secrets.py"}


def test_every_package_is_pinned_and_under_a_licence_that_somebody_has_looked_at() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert len(licences.pinned(lock)) > 50
    assert licences.faults(lock) == []


def test_a_package_without_hash_or_licence_is_named() -> None:
    assert licences.faults("msgspec==0.1\nnightbell-unknown==1 \\\n    --hash=sha256:00\n") == [
        "msgspec: not pinned by a hash",
        "nightbell-unknown: not installed, so nobody knows its licence",
    ]
    assert not any(
        map(licences.is_permissive, ("GPL-3.0-only", "AGPL-3.0", "MPL-2.0", "", "Proprietary", "LGPL"))
    )


def test_check_looks_at_the_licences() -> None:
    assert "tests.support.licences" in Path(ROOT / "Makefile").read_text()


def test_every_test_that_the_threat_model_names_is_there() -> None:
    there = {path.name for path in sources("tests")}
    named = set(
        re.findall(r"`(?:tests/[a-z]+/|tests/)?(test_\w+\.py)`", (ROOT / "docs/threats.md").read_text())
    )
    assert len(named) > 12
    assert named - there == set()
