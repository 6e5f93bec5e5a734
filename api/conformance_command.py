"""`nightbell conformance`: an app under test, a sandbox of its own for it, and what is to be said of it."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from api.conformance.driven import DriverFailedError, NotDrivenError
from api.conformance.playing import Outcome, play, theatre
from api.conformance.promises import BY_ID
from api.conformance.stage import Stage, Standing
from api.conformance.world import World, connections
from api.demo import DATA, running_demo
from api.logs import configure_logs
from domain.errors import Fault
from domain.refusals import SettingsRefused

_MARKS = {Standing.KEPT: "✓", Standing.BROKEN: "✗", Standing.NOT_TRIED: "·"}


def add_arguments(kit: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    kit.add_argument(
        "--client-url", required=True, metavar="URL", help="the app's driver, e.g. http://127.0.0.1:9100"
    )
    kit.add_argument(
        "--only", action="append", default=[], metavar="PROMISE", help="this one alone; may be given often"
    )
    kit.add_argument("--json", action="store_true", help="the report for machines")


async def run(chosen: argparse.Namespace) -> int:
    """Play to the app at --client-url; 1 when a promise is broken."""
    configure_logs("error", readable=sys.stderr.isatty())
    unknown = [each for each in chosen.only if each not in BY_ID]
    if unknown:
        faults = tuple(
            Fault(f"--only {each}", "is no promise; docs/conformance.md lists them") for each in unknown
        )
        raise SettingsRefused("The command line cannot be followed.", faults=faults)
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=DATA) as directory:
        found = await _play(Path(directory), chosen)
    _say(as_json(found) if chosen.json else as_text(found))
    return int(any(each.standing is Standing.BROKEN for each in found))


async def _play(directory: Path, chosen: argparse.Namespace) -> tuple[Outcome, ...]:
    async with (
        running_demo(directory, 0, 0) as demo,
        connections() as http,
        theatre(chosen.client_url, World(demo.api_url, http)) as stage,
    ):
        await _reach(stage)
        return await play(stage, chosen.only, _progress)


async def _reach(stage: Stage) -> None:
    """Refuse to play to nobody: every promise would be broken."""
    try:
        await stage.look()
    except NotDrivenError:
        return
    except DriverFailedError as failure:
        msg = f"No driver of an app answers at --client-url: {failure}. docs/conformance.md says what one is."
        raise SettingsRefused(msg) from None


def as_json(found: tuple[Outcome, ...]) -> str:
    """Return the report for machines."""
    return msgspec.json.format(msgspec.json.encode({"promises": found}), indent=2).decode()


def as_text(found: tuple[Outcome, ...]) -> str:
    """Return the report for people: what is broken with all that was seen, at the end how many."""
    counts = Counter(each.standing for each in found)
    summary = ", ".join(f"{counts[standing]} {standing}" for standing in Standing)
    return "\n".join([*(line for each in found for line in _lines(each)), "", summary])


def _lines(outcome: Outcome) -> list[str]:
    head = f"{_MARKS[outcome.standing]} {outcome.id:28} {outcome.sentence}"
    if outcome.standing is Standing.KEPT:
        return [head]
    seen = [f"    {outcome.scene}: {outcome.said}", f"    why: {outcome.source}"]
    return [head, *seen, *(f"      {each}" for each in outcome.requests)]


def _progress(scene: str) -> None:
    if sys.stderr.isatty():
        print(f"  … {scene}", file=sys.stderr, flush=True)  # noqa: T201 - a command line speaks


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - as above
