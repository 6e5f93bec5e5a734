"""`nightbell replay`: past reports judged again, by the rules of then and by those of now. It changes nothing."""

import argparse
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, time
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from api.commands import looking, say
from api.wiring import protocol_in_force, shipped_files
from domain import replaying
from domain.errors import Fault
from domain.local_time import instant
from domain.past import Past
from domain.people import Site
from domain.protocol.decode import decode
from domain.protocol.schema import Protocol
from domain.records import deployment, history, protocols, reports, sites
from domain.records.rows import Connection
from domain.refusals import SettingsRefused
from domain.replaying import Replayed

PAGE = 200
"""Reports in memory at once."""


class Line(Struct, frozen=True, rename="camel"):
    """One report of the comparison; its id names it, and no subject number is said."""

    report_id: UUID
    variant: int
    received_at: datetime
    form: str
    level_then: str
    level_now: str
    verdict: str
    reproduced: bool
    only_then: tuple[str, ...]
    only_now: tuple[str, ...]


async def run(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Compare every report since a day; 1 when one of them cannot be reproduced."""
    since = _day(chosen.since)
    counted: Counter[str] = Counter()
    async with looking(environment) as connection:
        now = await _now(connection, chosen.rules)
        async for replayed in _replayed(connection, since, now):
            line = _line(replayed)
            counted.update((line.verdict, *(() if line.reproduced else ("not reproduced",))))
            say(_written(line, chosen.format))
    say(_summary(counted, now, chosen.format))
    return int(counted["not reproduced"] > 0)


async def _replayed(connection: Connection, since: datetime, now: Protocol) -> AsyncIterator[Replayed]:
    known: dict[str, Protocol | None] = {}
    zones: dict[UUID, Site | None] = {}
    after = 0
    while page := await reports.since(connection, since, after, PAGE):
        for each in page:
            report = each.report
            if report.protocol not in known:
                known[report.protocol] = await _kept(connection, report.protocol)
            if report.site_id not in zones:
                zones[report.site_id] = await sites.find(connection, report.site_id)
            past = await _past(connection, each, zones[report.site_id])
            yield replaying.replay(report, past, known[report.protocol], now)
        after = page[-1].position


async def _past(connection: Connection, each: reports.Placed, site: Site | None) -> Past:
    report = each.report
    earlier = await history.earlier(
        connection,
        report.participant_id,
        report.account_id,
        report.made_at - history.LOOK_BACK,
        corrects=report.submission.corrects,
        before=each.position,
    )
    return replaying.past_then(report, earlier, "UTC" if site is None else site.time_zone)


async def _kept(connection: Connection, digest: str) -> Protocol | None:
    kept = await protocols.find(connection, digest)
    return None if kept is None else decode(kept.contents)


async def _now(connection: Connection, rules: str | None) -> Protocol:
    if rules is not None:
        return decode({**shipped_files(), "rules.toml": Path(rules).read_bytes()})  # noqa: ASYNC240 - nothing else runs
    known = await deployment.find(connection)
    return (await protocol_in_force("" if known is None else known.mode, connection)).protocol


def _day(text: str) -> datetime:
    """Return the first instant of a day, wherever on earth it begins first: no report of that day is left out."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        fault = Fault("--since", "must be a day: YYYY-MM-DD")
        raise SettingsRefused("The call cannot be read.", faults=(fault,)) from None
    return instant(day, time(), ZoneInfo("Pacific/Kiritimati"))


def _line(replayed: Replayed) -> Line:
    report = replayed.report
    return Line(
        report_id=report.id,
        variant=report.variant,
        received_at=report.received_at,
        form=f"{report.submission.form_id or '?'} {report.submission.form_version}",
        level_then=report.triage.level.value,
        level_now=replayed.now.level.value,
        verdict=replayed.verdict,
        reproduced=replayed.is_reproduced,
        only_then=replayed.only_then,
        only_now=replayed.only_now,
    )


def _written(line: Line, form: str) -> str:
    if form == "json":
        return msgspec.json.encode(line).decode()
    when = line.received_at.isoformat(timespec="seconds")
    rules = [f"-{each}" for each in line.only_then] + [f"+{each}" for each in line.only_now]
    lost = "" if line.reproduced else "  CANNOT BE REPRODUCED"
    levels = f"{line.level_then:<9} -> {line.level_now:<9}"
    return f"{when}  {line.report_id}  {line.form:<14} {levels} {line.verdict:<9} {' '.join(rules)}{lost}".rstrip()


def _summary(counted: Mapping[str, int], now: Protocol, form: str) -> str:
    verdicts = {name: counted.get(name, 0) for name in ("raised", "lowered", "unchanged")}
    summary = {
        "reports": sum(verdicts.values()),
        **verdicts,
        "not reproduced": counted.get("not reproduced", 0),
    }
    if form == "json":
        return msgspec.json.encode(summary | {"ruleSetVersion": now.rules.version}).decode()
    words = ", ".join(f"{count} {name}" for name, count in summary.items())
    return f"{words}; compared with rules version {now.rules.version}"
