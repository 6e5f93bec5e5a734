"""The command line, `nightbell`: one verb a process."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from api import (
    account_commands,
    audit_commands,
    commands,
    conformance_command,
    contract_commands,
    demo_command,
    key_commands,
    pin_command,
    protocol_commands,
    replay_command,
    rota_commands,
    schedule_command,
    signature_commands,
    triage_command,
)
from domain import coverage
from domain.errors import NightbellError
from domain.people import Role

_EPILOG = (
    "Settings come from the environment; the README lists them. A secret may come from the file NAME_FILE."
)

_Command = Callable[[argparse.Namespace], int | Coroutine[Any, Any, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when it did what it says, 1 when it refused or failed, 2 for a bad call."""
    chosen = _parser().parse_args(arguments)
    command: _Command = chosen.command
    try:
        outcome = command(chosen)
        return uvloop.run(outcome) if asyncio.iscoroutine(outcome) else int(outcome)
    except NightbellError as error:
        _complain(error)
        return 1
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        # Outside the program: a database or an address that is not there. Its trace would say no more.
        _complain(NightbellError(f"{type(error).__name__}: {error}"))
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nightbell", description=commands.__doc__, epilog=_EPILOG)
    verbs = parser.add_subparsers(required=True, metavar="command")
    demo = _verb(verbs, "demo", "run a seeded trial on this machine, database included", demo_command.run)
    demo.add_argument("--once", action="store_true", help="play the story of one urgent report, then stop")
    _verb(verbs, "serve", "serve the API", lambda _: commands.serve(os.environ))
    _verb(verbs, "worker", "send pages and escalate", lambda _: commands.run_worker(os.environ))
    _verb(verbs, "migrate", "bring the database up to date", lambda _: commands.migrate(os.environ))
    contract_commands.add_arguments(_verb(verbs, "openapi", "write the contract", contract_commands.run))
    help_text = "play the server's hard cases to an app, and say which promises it keeps"
    conformance_command.add_arguments(_verb(verbs, "conformance", help_text, conformance_command.run))
    _add_schedule(verbs)
    _add_triage(verbs)
    _add_replay(verbs)
    _add_protocol(
        verbs.add_parser("protocol", help="the rules in force").add_subparsers(required=True, metavar="what")
    )
    _add_signatures(verbs)
    _add_site(verbs.add_parser("site", help="set sites up").add_subparsers(required=True, metavar="what"))
    _add_staff(verbs.add_parser("staff", help="set staff up").add_subparsers(required=True, metavar="what"))
    _add_shift(
        verbs.add_parser("shift", help="set the rota up").add_subparsers(required=True, metavar="what")
    )
    _add_coverage(verbs)
    drill = _verb(
        verbs, "drill", "start a drill at a site", lambda chosen: commands.drill(os.environ, chosen)
    )
    drill.add_argument("--site", required=True, metavar="NAME")
    audit = verbs.add_parser("audit", help="the audit trail").add_subparsers(required=True, metavar="what")
    _add_audit(audit)
    _add_keys(
        verbs.add_parser("keys", help="the keys of what is sealed").add_subparsers(
            required=True, metavar="what"
        )
    )
    return parser


def _add_audit(verbs: Any) -> None:
    check = _verb(
        verbs,
        "verify",
        "check every chain from its first entry, and what was signed of them",
        lambda chosen: audit_commands.verify(os.environ, chosen),
    )
    check.add_argument("--checkpoints", type=Path, metavar="FILE", help="the copy kept outside the database")
    check.add_argument(
        "--public-key",
        action="append",
        default=[],
        metavar="NAME:BASE64",
        help="as `public-keys` prints them",
    )
    _verb(
        verbs,
        "public-keys",
        "print what checks the signatures of the checkpoints",
        lambda _: audit_commands.print_public_keys(os.environ),
    )


def _add_keys(verbs: Any) -> None:
    _verb(
        verbs,
        "check",
        "open every sealed row, and say which key may be removed",
        lambda _: key_commands.check(os.environ),
    )
    rotate = _verb(
        verbs,
        "rotate",
        "seal every row under the newest key",
        lambda chosen: key_commands.rotate(os.environ, chosen),
    )
    rotate.add_argument(
        "--reindex", action="store_true", help="NIGHTBELL_SECRET was changed: find rows by the new one"
    )


def _add_schedule(verbs: Any) -> None:
    plan = _verb(verbs, "schedule", "print the plan of any anchor date", schedule_command.run)
    plan.add_argument("--phase", required=True, help="1, 2, or a phase of the protocol by name")
    plan.add_argument("--anchor", required=True, metavar="DATE", help="the administration that counts")
    plan.add_argument("--zone", required=True, help="IANA name, e.g. Asia/Shanghai")
    plan.add_argument("--format", choices=("table", "json"), default="table")


def _add_triage(verbs: Any) -> None:
    judge = _verb(verbs, "triage", "judge a report from a file, and show why", triage_command.run)
    judge.add_argument("report", metavar="REPORT.json", help="the body of a submission, maybe with `past`")
    judge.add_argument("--rules", metavar="FILE", help="another rules.toml, checked first")
    judge.add_argument("--explain", action="store_true", help="every rule of the form: fired or not, and why")
    judge.add_argument("--language", choices=("en", "zh-CN"), default="en")


def _add_replay(verbs: Any) -> None:
    replay = _verb(
        verbs,
        "replay",
        "judge past reports again, and compare",
        lambda chosen: replay_command.run(os.environ, chosen),
    )
    replay.add_argument("--since", required=True, metavar="DATE", help="a day, YYYY-MM-DD")
    replay.add_argument("--rules", metavar="FILE", help="another rules.toml instead of the rules in force")
    replay.add_argument("--format", choices=("table", "json"), default="table")


def _add_protocol(protocol: Any) -> None:
    _verb(protocol, "show", "print what is in force, and why", lambda _: protocol_commands.show(os.environ))
    approve = _verb(
        protocol,
        "approve",
        "sign an investigator's approval",
        lambda chosen: protocol_commands.approve(os.environ, chosen),
    )
    approve.add_argument("--by", required=True, metavar="EMAIL", help="the investigator")


def _add_signatures(verbs: Any) -> None:
    rules = verbs.add_parser("rules", help="the rule set").add_subparsers(required=True, metavar="what")
    release = _verb(
        rules,
        "release",
        "sign the release of the approved rule set: it judges from the next start on",
        lambda chosen: protocol_commands.release(os.environ, chosen),
    )
    release.add_argument("--by", required=True, metavar="EMAIL", help="the investigator")
    signed = verbs.add_parser("signatures", help="what was signed").add_subparsers(
        required=True, metavar="what"
    )
    _verb(
        signed,
        "verify",
        "compare each signature with what it was given under",
        lambda _: signature_commands.verify(os.environ),
    )


def _add_site(verbs: Any) -> None:
    add = _verb(
        verbs, "add", "add a site, not live yet", lambda chosen: commands.add_site(os.environ, chosen)
    )
    add.add_argument("name")
    add.add_argument("--time-zone", required=True, metavar="ZONE", help="IANA name, e.g. Asia/Shanghai")
    live = _verb(
        verbs, "go-live", "let a site take participants", lambda chosen: commands.go_live(os.environ, chosen)
    )
    live.add_argument("name")
    live.add_argument("--principal-investigator", required=True, metavar="EMAIL")


def _add_staff(verbs: Any) -> None:
    add = _verb(verbs, "add", "add a member of staff", lambda chosen: commands.add_staff(os.environ, chosen))
    add.add_argument("name")
    add.add_argument("--site", required=True, metavar="NAME")
    add.add_argument("--email", required=True)
    add.add_argument("--phone", required=True, help="E.164, e.g. +8613912345678")
    add.add_argument("--language", choices=("en", "zh-CN"), default="zh-CN")
    staff_roles = [role.value for role in Role if role not in {Role.PARTICIPANT, Role.CAREGIVER}]
    add.add_argument("--role", required=True, choices=staff_roles)
    phone = _verb(
        verbs,
        "set-phone",
        "put another phone on file",
        lambda chosen: rota_commands.set_phone(os.environ, chosen),
    )
    phone.add_argument("email")
    phone.add_argument("--phone", required=True, help="E.164, e.g. +8613912345678")
    pin = _verb(
        verbs, "set-pin", "draw a PIN for somebody", lambda chosen: pin_command.set_pin(os.environ, chosen)
    )
    pin.add_argument("email")
    _add_accounts(verbs)


def _add_accounts(verbs: Any) -> None:
    invite = _verb(
        verbs,
        "invite",
        "let somebody in anew who has lost her keys",
        lambda chosen: account_commands.invite(os.environ, chosen),
    )
    invite.add_argument("email")
    close = _verb(
        verbs, "close", "close an account", lambda chosen: account_commands.close(os.environ, chosen)
    )
    close.add_argument("email")
    close.add_argument("--reason", required=True, help="why, for the audit trail")


def _add_shift(verbs: Any) -> None:
    add = _verb(verbs, "add", "put somebody on call", lambda chosen: commands.add_shift(os.environ, chosen))
    add.add_argument("email")
    add.add_argument("--site", required=True, metavar="NAME")
    add.add_argument("--tier", required=True, type=int, choices=(1, 2, 3), help="1 is rung first")
    add.add_argument(
        "--from", required=True, dest="starts_at", metavar="INSTANT", help="RFC 3339 with an offset"
    )
    add.add_argument("--to", required=True, dest="ends_at", metavar="INSTANT")
    taken = _verb(
        verbs,
        "import",
        "read a rota from a calendar's file",
        lambda chosen: rota_commands.import_shifts(os.environ, chosen),
    )
    taken.add_argument("file", metavar="FILE", help="iCalendar, RFC 5545")
    taken.add_argument("--site", required=True, metavar="NAME")


def _add_coverage(verbs: Any) -> None:
    report = _verb(
        verbs,
        "coverage",
        "say which hours of a rota are not covered",
        lambda chosen: rota_commands.report_coverage(os.environ, chosen),
    )
    report.add_argument("--site", required=True, metavar="NAME")
    report.add_argument("--days", type=int, default=coverage.DAYS, help="how far to look ahead, 1 to 60")


def _verb(verbs: Any, name: str, help_text: str, command: _Command) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(command=command)
    return parser


def _complain(error: NightbellError) -> None:
    """Name every fault at once, on standard error."""
    print(f"nightbell: {error.detail or error}", file=sys.stderr)  # noqa: T201 - a command line speaks
    for fault in error.faults:
        print(f"  {fault.pointer}: {fault.message}", file=sys.stderr)  # noqa: T201 - as above
