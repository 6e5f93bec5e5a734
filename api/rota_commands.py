"""The rota from the command line: what a calendar says, what is not covered, and another number for somebody."""

import argparse
import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.commands import at_work, person_named, require_phone, say, site_named, unfit
from api.exchange import BODY_LIMIT
from api.site_rota import load_book, read_rota_file, take_in
from domain import coverage, local_time, staffing
from domain.coverage import Finding
from domain.decision import SYSTEM
from domain.errors import Fault
from domain.people import ContactKind
from domain.records import contacts, rota
from domain.records.write import write


async def import_shifts(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Put what a calendar's file says in the place of what an earlier import of the same calendar has brought."""
    content = await asyncio.to_thread(_bounded, Path(chosen.file))
    async with at_work(environment) as (trial, connection):
        site, now = await site_named(connection, chosen.site), trial.now()
    # Between the two: a calendar may say much, and the site is locked in there.
    file = await read_rota_file(content, site, now)
    async with at_work(environment) as (trial, connection):
        site, context = await site_named(connection, chosen.site), trial.context(SYSTEM)
        done = await take_in(connection, site, file, trial.vault, context)
    say(f"{done.added} shifts added, {done.removed} taken out, {done.kept} as they were")
    return 0


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(BODY_LIMIT + 1)
    if len(content) > BODY_LIMIT:
        raise unfit(Fault("file", f"must be at most {BODY_LIMIT // 1024} KiB, as over HTTP"))
    return content


async def report_coverage(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Say what is not covered in the coming days; 1 if anything was found."""
    if not 1 <= chosen.days <= coverage.MOST_DAYS:
        raise unfit(Fault("--days", f"must be 1 to {coverage.MOST_DAYS}"))
    async with at_work(environment) as (trial, connection):
        site = await site_named(connection, chosen.site)
        now = trial.now()
        book = await load_book(connection, site.id, now)
        tiers = coverage.tiers(trial.protocol.escalation)
        found = coverage.look(site, book.rows, book.people, tiers, now, chosen.days)
    zone = local_time.zone(site.time_zone)
    for each in found.findings:
        say(_line(each, zone))
    say(f"{len(found.findings)} findings in {chosen.days} days, in the time of {zone.key}")
    return int(not found.is_covered)


async def set_phone(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Put another phone on file for a member of staff; she can be rung again at once."""
    require_phone(chosen.phone)
    async with at_work(environment) as (trial, connection):
        person = await person_named(trial, connection, chosen.email)
        known = await contacts.of_staff(connection, person.id, ContactKind.PHONE)
        before = None if known is None else await contacts.lock(connection, known.id)
        contact_id = uuid4() if before is None else before.id
        phone = trial.vault.contact_of_staff(contact_id, person.id, ContactKind.PHONE, chosen.phone)
        context = trial.context(SYSTEM)
        await write(connection, staffing.set_phone(person, before, phone, context))
        await rota.look_at_sites_of(connection, person.id, context.now)
    say(f"{person.name} is rung at the new number from now on")
    return 0


def _line(finding: Finding, zone: ZoneInfo) -> str:
    hours = " to ".join(
        f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (finding.starts_at, finding.ends_at)
    )
    place = "" if finding.tier is None else f"  tier {finding.tier}"
    return f"{hours}  {finding.kind}{place}  {finding.staff_name}".rstrip()
