"""Nightbell: the bell a trial participant can ring between visits, and the proof that somebody answered."""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

import msgspec
import pyotp

from api.app import build_app
from api.logs import configure_logs
from api.metrics import measured
from api.recruiting import Applicant, recruit
from api.serving import bind, serving, settle_heap, stop_signal
from api.settings import Settings, read_database_url, read_owner_settings, read_settings
from api.site_rota import load_book
from api.wiring import edge, open_trial, prepare_database, vault, work
from domain import coverage, drilling, enrolment, local_time, staffing
from domain.decision import SYSTEM
from domain.errors import Fault, NotFound
from domain.people import ContactKind, Role, Site, Staff
from domain.records import contacts, rota, sites, staff
from domain.records.identity import THE_SYSTEM, act_as
from domain.records.rows import APP_ROLE, WORKER_ROLE, Connection, open_pool, snapshot, transaction
from domain.records.write import write
from domain.refusals import SettingsRefused
from notifications import drills
from notifications.trial import Trial


async def serve(environment: Mapping[str, str]) -> int:
    """Serve the API until told to stop."""
    settings, stopped = _ready(environment), stop_signal()
    async with open_trial(settings, APP_ROLE) as trial:
        bound, parts = bind(settings.host, settings.port), edge(settings)
        async with measured(trial, settings), serving((build_app(trial, parts), bound)):
            settle_heap()
            await stopped.wait()
            # Before the server waits for its requests to end: a stream never would.
            await parts.wall.close()
    return 0


async def run_worker(environment: Mapping[str, str]) -> int:
    """Run one worker until told to stop; run two or more of them."""
    settings, stopped = _ready(environment), stop_signal()
    async with open_trial(settings, WORKER_ROLE) as trial, measured(trial, settings):
        working = asyncio.create_task(work(trial, settings))
        await asyncio.wait(
            [working, asyncio.create_task(stopped.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        if working.done():
            working.result()  # it never ends of itself: what ended it is raised here
        working.cancel()
        await asyncio.wait([working])
    return 0


async def migrate(environment: Mapping[str, str]) -> int:
    """Bring the database up to date, as its owner, and stamp a new one with its mode."""
    settings = read_owner_settings(environment)
    applied = await prepare_database(settings.database_url, settings.mode)
    say("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0


async def add_site(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Add a site, not live yet."""
    zone = local_time.zone(chosen.time_zone).key
    async with at_work(environment) as (trial, connection):
        site, decision = staffing.add_site(chosen.name, zone, trial.context(SYSTEM))
        await write(connection, decision)
    say(f"site {site.name} is {site.id}")
    return 0


async def go_live(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Let a site take participants, or refuse with everything that is missing."""
    async with at_work(environment) as (trial, connection):
        site = await site_named(connection, chosen.name)
        person = await person_named(trial, connection, chosen.principal_investigator)
        phone = await contacts.of_staff(connection, person.id, ContactKind.PHONE)
        reachable = phone is not None and phone.unusable_since is None
        principal = staffing.Principal(person, reachable=reachable)
        context = trial.context(SYSTEM)
        book = await load_book(connection, site.id, context.now)
        missing = (
            *enrolment.going_live(trial.protocol, trial.mode, is_approved=trial.is_approved),
            *coverage.faults_of_going_live(book.rows, book.people, context.now),
        )
        _, decision = staffing.go_live(site, principal, missing, context)
        await write(connection, decision)
        await rota.look_now(connection, site.id, context.now)
    say(f"site {chosen.name} is live")
    return 0


async def add_staff(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Add a member of staff; what she signs in with is shown this once."""
    # Before the transaction: a hash takes its time, and the site is locked in there.
    recruited, sign_in = await recruit(vault(_ready(environment)), _applicant(chosen))
    async with at_work(environment) as (trial, connection):
        site = await site_named(connection, chosen.site)
        _, decision = staffing.add_staff(site, recruited, trial.context(SYSTEM))
        await write(connection, decision)
    address = pyotp.TOTP(sign_in.totp_secret).provisioning_uri(name=sign_in.email, issuer_name="Nightbell")
    say(f"password       {sign_in.password}\nauthenticator  {address}\nNeither is shown again.")
    return 0


async def add_shift(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Put a member of staff on call at a site; times are RFC 3339 with an offset."""
    hours = _instant("--from", chosen.starts_at), _instant("--to", chosen.ends_at)
    if hours[0] >= hours[1]:
        raise unfit(Fault("--to", "must be later than --from"))
    async with at_work(environment) as (trial, connection):
        site = await site_named(connection, chosen.site)
        person = await person_named(trial, connection, chosen.email)
        if person.role_at(site.id) is None:
            raise unfit(Fault("email", "is nobody of this site"))
        context = trial.context(SYSTEM)
        await write(connection, staffing.put_on_call(site, person.id, chosen.tier, hours, context))
        await rota.look_now(connection, site.id, context.now)
    say(f"{person.name} is on call at {site.name}, tier {chosen.tier}")
    return 0


async def drill(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Start a drill at a site and print its id; what came of it is in `GET /v1/sites/{id}/drills`."""
    async with at_work(environment) as (trial, connection):
        site = await site_named(connection, chosen.site)
        context = trial.context(SYSTEM)
        ready = await drills.standing(trial, connection, site, context)
        begun, decision = drilling.ask(ready, trial.protocol.escalation, context)
        await write(connection, decision)
    say(str(begun.id))
    return 0


def _ready(environment: Mapping[str, str]) -> Settings:
    settings = read_settings(environment)
    configure_logs(settings.log_level)
    return settings


@asynccontextmanager
async def opened(environment: Mapping[str, str]) -> AsyncIterator[Trial]:
    """Open the trial, for a command that takes transactions of its own, or must hold none while a person types."""
    act_as(THE_SYSTEM)
    async with open_trial(_ready(environment), APP_ROLE) as trial:
        yield trial


@asynccontextmanager
async def looking(environment: Mapping[str, str]) -> AsyncIterator[Connection]:
    """Open one snapshot of the database, for a command that only looks; it needs the database's address alone."""
    act_as(THE_SYSTEM)
    configure_logs("warning")
    async with (
        await open_pool(read_database_url(environment), APP_ROLE, size=1) as pool,
        snapshot(pool) as connection,
    ):
        yield connection


@asynccontextmanager
async def at_work(environment: Mapping[str, str]) -> AsyncIterator[tuple[Trial, Connection]]:
    """Open the trial and one transaction on it, for a command that changes something."""
    async with opened(environment) as trial, transaction(trial.pool) as connection:
        yield trial, connection


async def site_named(connection: Connection, name: str) -> Site:
    """Return a site by its name, locked; raise NotFound."""
    site = await sites.lock(connection, name)
    if site is None:
        raise NotFound("There is no site of this name.")
    return site


async def person_named(trial: Trial, connection: Connection, email: str) -> Staff:
    """Return a member of staff by e-mail; raise NotFound."""
    contact = await contacts.by_email(connection, trial.vault.index(ContactKind.EMAIL, email))
    known = None if contact is None or contact.staff_id is None else contact.staff_id
    person = None if known is None else await staff.find(connection, known)
    if person is None:
        raise NotFound("There is no member of staff with this e-mail.")
    return person


def _instant(name: str, text: str) -> datetime:
    try:
        moment: datetime = msgspec.convert(text, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError:
        raise unfit(Fault(name, "must be RFC 3339 with an offset, e.g. 2026-12-01T08:00:00+08:00")) from None
    return moment


def unfit(fault: Fault) -> SettingsRefused:
    """Return the refusal of what an operator has typed."""
    return SettingsRefused("This cannot be set up so.", faults=(fault,))


def _applicant(chosen: argparse.Namespace) -> Applicant:
    require_phone(chosen.phone)
    return Applicant(
        name=chosen.name,
        email=chosen.email,
        phone=chosen.phone,
        role=Role(chosen.role),
        language=chosen.language,
    )


def require_phone(text: str) -> None:
    """Raise SettingsRefused unless a phone is E.164."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text):
        raise unfit(Fault("--phone", "must be E.164: a plus sign, the country, the number, no blanks"))


def say(text: str) -> None:
    """Print for whoever has called the command."""
    print(text, flush=True)  # noqa: T201 - a command line speaks
