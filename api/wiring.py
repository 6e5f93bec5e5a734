"""The one place where the parts are put together."""

import asyncio
import contextlib
import functools
import hmac
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import structlog
from msgspec import Struct

import domain.protocol
from api.app import Edge
from api.clock import SandboxClock
from api.directory import Directory
from api.providers import gateways
from api.settings import Settings
from api.tokens import TokenMint
from api.wall import Wall
from api.webhooks import ProviderKeys
from domain import governance
from domain.decision import SYSTEM
from domain.errors import Fault
from domain.governance import InForce
from domain.protocol.decode import decode, decode_released
from domain.protocol.schema import Protocol
from domain.protocols import RecordedProtocol
from domain.records import deployment, protocols, signatures, sites
from domain.records.deployment import Deployment
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.migrations import create_database, migrate, read_migrations, require_current
from domain.records.notary import Notary
from domain.records.rows import (
    APP_ROLE,
    WORKER_ROLE,
    Connection,
    Pool,
    connect,
    open_pool,
    reading,
    transaction,
)
from domain.records.sealing import Vault
from domain.records.write import write
from domain.refusals import DatabaseRefused, ProtocolRefused
from domain.signature import Meaning
from notifications import checkpointing, heartbeat, listener, worker
from notifications.checkpointing import Keeping
from notifications.trial import Clock, Trial, machine_now

log = structlog.get_logger("nightbell.protocol")

INTAKE_CONNECTIONS = 6
"""Reserved for reports in each API process, beside the ten for everything else."""


class Room(Struct, frozen=True):
    """How many connections one process opens at most: for everything, and beside them for reports."""

    pool: int = 10
    intake: int = INTAKE_CONNECTIONS


ROOMY = Room()
"""What one trial of a process is given; sandboxes that share one have less."""


@functools.cache
def shipped_protocol() -> Protocol:
    """Read and check the protocol files that this version ships; raise ProtocolRefused with every fault."""
    return decode(shipped_files())


def shipped_files() -> dict[str, bytes]:
    """Read the protocol files that this version ships, by name."""
    folder = Path(str(domain.protocol.__file__)).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}


@contextlib.asynccontextmanager
async def open_trial(settings: Settings, role: str, room: Room = ROOMY) -> AsyncIterator[Trial]:
    """Open a running trial: its pool as `role`, its clock, its provider; checked before anything is served."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(_pool(settings, role, room.pool))
        intake = await stack.enter_async_context(_intake(settings, room.intake)) if role == APP_ROLE else pool
        async with pool.acquire() as connection:
            clock = await _clock(settings, pool, connection)
            in_force = await protocol_in_force(settings.mode, connection)
        providers = gateways(settings, clock)
        for gateway in providers.values():
            stack.push_async_callback(gateway.close)
        trial = Trial(
            mode=settings.mode,
            pool=pool,
            intake=intake,
            now=clock,
            protocol=in_force.protocol,
            is_approved=in_force.is_approved,
            vault=vault(settings),
            public_url=settings.public_url,
            gateways=providers,
        )
        await _tell_of_what_nobody_released(trial)
        if role == APP_ROLE:
            await _keep(trial)
        else:
            _tell_of_what_is_not_set(trial)
        yield trial


def _tell_of_what_is_not_set(trial: Trial) -> None:
    """Say at a worker's start what the protocol counts on and nobody has set up."""
    lines = trial.lines
    wanted = {name for country in trial.protocol.routes.countries for name in country.providers}
    for provider in sorted(wanted - set(lines.providers)):
        log.warning("route.unset", provider=provider)
    if not lines.callers and any(country.voice for country in trial.protocol.routes.countries):
        log.warning("voice.unset")
    if not lines.mailers:
        log.warning("mail.unset")


async def protocol_in_force(mode: str, connection: Connection) -> InForce:
    """Return the protocol to judge by: in production the released one that the database keeps, else the shipped one.

    A file on the disk that is broken, or that nobody has approved, stops no running trial (design.md, rule 11).
    """
    released = await _released(connection) if mode == "production" else None
    if released is None:
        return InForce(shipped_protocol(), is_approved=False)
    return released


async def _released(connection: Connection) -> InForce | None:
    """Return the protocol that was released last, of those whose signatures fit; None if there is none.

    What was changed behind its signature is passed by, and told: the bell goes on with what was in force before. So is
    what this program cannot decode.
    """
    approvals = await signatures.with_meaning(connection, Meaning.APPROVAL)
    for release in await signatures.with_meaning(connection, Meaning.RELEASE):
        kept = await protocols.find(connection, release.record_id)
        fault = governance.why_not_in_force(release, approvals, kept)
        if fault:
            log.error("protocol.signature-broken", protocol=release.record_id, why=fault)
        elif kept is not None and (decoded := _decoded(kept)):
            return decoded
    return None


def _decoded(kept: RecordedProtocol) -> InForce | None:
    """Return a released protocol as this program understands it; what it misses in it stops no running trial."""
    shipped = _on_this_disk(kept.digest)
    try:
        protocol, faults = decode_released(kept.contents, shipped)
    except ProtocolRefused as refusal:
        log.error("protocol.undecodable", protocol=kept.digest, faults=_places(refusal.faults))  # noqa: TRY400 - the places say more than a trace
        return None
    if faults:
        log.error("protocol.faults", protocol=kept.digest, faults=_places(faults))
    return InForce(protocol, is_approved=not faults)


def _on_this_disk(in_force: str) -> Protocol | None:
    """Return the shipped protocol, and tell if it is another than the one in force; None where it is refused."""
    try:
        shipped = shipped_protocol()
    except ProtocolRefused as refusal:
        log.warning("protocol.disk-refused", faults=_places(refusal.faults), in_force=in_force)
        return None
    if shipped.digest != in_force:
        log.warning("protocol.disk-differs", on_disk=shipped.digest, in_force=in_force)
    return shipped


def _places(faults: Sequence[Fault]) -> list[str]:
    return [fault.pointer for fault in faults]


async def _tell_of_what_nobody_released(trial: Trial) -> None:
    """Say at every start that patients are judged by what nobody has released; safety is red as long."""
    if not trial.is_unreleased:
        return
    with acting_as(THE_SYSTEM):
        async with reading(trial.pool) as connection:
            live = await sites.count_live(connection)
    if live:
        log.error("protocol.unreleased", in_force=trial.protocol.digest, live_sites=live)


async def _keep(trial: Trial) -> None:
    """Record the protocol that judges from now on, unless it is recorded: a report must be judged again as it was."""
    async with transaction(trial.pool) as connection:
        if await protocols.find(connection, trial.protocol.digest) is None:
            kept = governance.recorded(trial.protocol, shipped_files(), trial.now())
            await write(connection, governance.record(kept, trial.context(SYSTEM)))


@contextlib.asynccontextmanager
async def _pool(settings: Settings, role: str, size: int) -> AsyncIterator[Pool]:
    async with await open_pool(settings.database_url, role, size=size) as pool:
        yield pool


@contextlib.asynccontextmanager
async def _intake(settings: Settings, size: int) -> AsyncIterator[Pool]:
    """Hold what is reserved for reports, whether or not any come."""
    async with await open_pool(settings.database_url, APP_ROLE, size=size, kept=0) as pool:
        yield pool


async def prepare_database(url: str, mode: str) -> tuple[str, ...]:
    """Migrate the database and stamp it with its mode, once; return the migrations applied now."""
    connection = await connect(url)
    try:
        # Before anything is changed: a demo pointed at a production database must not migrate it.
        if await deployment.is_there(connection) and (known := await deployment.find(connection)):
            _require_mode(known, mode)
        applied = await migrate(connection, read_migrations())
        await deployment.stamp(connection, mode)
    finally:
        await connection.close()
    return applied


def _require_mode(known: Deployment, mode: str) -> None:
    if known.mode != mode:
        raise DatabaseRefused(f"This database is of {known.mode} mode, and the settings say {mode}.")


async def ensure_database(server_url: str, name: str) -> None:
    """Create a database on an embedded server unless it is there."""
    connection = await connect(server_url)
    try:
        with contextlib.suppress(asyncpg.DuplicateDatabaseError):
            await create_database(connection, name, template="template0")
    finally:
        await connection.close()


async def work(trial: Trial, settings: Settings) -> None:
    """Run one worker of a trial until cancelled."""
    wake = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.listen(lambda: connect(settings.database_url, WORKER_ROLE), wake))
        group.create_task(worker.run(trial, wake))
        group.create_task(heartbeat.run(trial, settings.heartbeat_url, settings.heartbeat_every))
        group.create_task(checkpointing.run(trial, keeping(settings)))


def keeping(settings: Settings) -> Keeping:
    """Return with what a worker signs the audit trail, and where it keeps a copy."""
    notary = Notary(settings.audit_keys) if settings.audit_keys else None
    return Keeping(notary=notary, directory=settings.audit_directory)


def edge(settings: Settings) -> Edge:
    """Return what the routes are given beside the trial."""
    return Edge(
        mint=TokenMint(settings.secret, settings.token_keys),
        provider_keys=ProviderKeys(
            settings.twilio_auth_token,
            settings.public_url,
            "" if settings.dysms is None else settings.dysms.report_secret,
        ),
        proxies=settings.trusted_proxies,
        wall=Wall(lambda: connect(settings.database_url, APP_ROLE)),
        directory=None if settings.oidc is None else Directory(settings.oidc, settings.secret),
    )


def vault(settings: Settings) -> Vault:
    """Return the keys of sealed contacts; the first one seals."""
    return Vault(
        keys=settings.contact_keys,
        current=next(iter(settings.contact_keys)),
        index_key=hmac.digest(settings.secret, b"blind-index", "sha256"),
    )


async def _clock(settings: Settings, pool: Pool, connection: Connection) -> Clock:
    """Check that the database is the expected one, and return its time."""
    await require_current(connection, read_migrations())
    known = await deployment.find(connection)
    if known is None:
        raise DatabaseRefused("This database has no mode yet: run `nightbell migrate`.")
    _require_mode(known, settings.mode)
    return machine_now if settings.mode == "production" else SandboxClock(pool, known.clock_offset)
