"""What is measured: `nightbell serve` and `nightbell worker` as processes of their own, on a durable PostgreSQL."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import cast
from uuid import uuid4

import aiohttp
from msgspec import Struct
from typing_extensions import override

from api import seed
from api.clock import SandboxClock
from api.demo import draw_secrets, url_of
from api.postgres import at_database, embedded
from api.routes.sandbox import new_participant
from api.sandbox import Sandbox
from api.serving import bind, serving
from api.settings import Settings, read_settings
from api.shapes.sandbox import SeedRequest
from api.wiring import edge, ensure_database, open_trial, prepare_database
from domain.records.rows import APP_ROLE
from notifications.emulator.emulator import Emulator
from notifications.emulator.messages import Message
from notifications.emulator.requests import Submission
from notifications.trial import Trial
from tests.bench.many import many_devices

ACCOUNT_SID = "AC" + "5a" * 16
SENDER = "+15005550006"
START_SECONDS = 20


class Stopwatch(Emulator):
    """The emulated provider, noting the instant (perf_counter) at which each request arrives."""

    arrivals: list[float]

    @override
    def accept(self, asked: Submission, answered: asyncio.Event) -> tuple[Message, asyncio.Task[None]]:
        self.arrivals.append(time.perf_counter())
        return super().accept(asked, answered)


class House(Struct, frozen=True, kw_only=True):
    """What runs: the superuser's URL, the API's address, the provider, and the same trial in this process."""

    database_url: str
    api_url: str
    environment: Mapping[str, str]
    settings: Settings
    trial: Trial
    emulator: Stopwatch

    async def quiet_devices(self, count: int) -> list[str]:
        """As `devices`, many at once and straight into the database; they have no plan."""
        return await many_devices(self.database_url, self.trial, edge(self.settings).mint, count)

    async def devices(self, count: int, *, days: int = 3) -> list[str]:
        """Sign caregivers of new participants in, administered so many days ago; return their access tokens."""
        sandbox = Sandbox(
            trial=self.trial,
            worker=self.trial,
            clock=cast("SandboxClock", self.trial.now),
            emulator=self.emulator,
        )
        mint = edge(self.settings).mint
        async with aiohttp.ClientSession(self.api_url) as http:
            codes = [
                (await new_participant(sandbox, mint, SeedRequest(days_since_administration=days)))
                for _ in range(count)
            ]
            return [await _activate(http, each.caregiver_code) for each in codes]


async def _activate(http: aiohttp.ClientSession, code: str) -> str:
    body = {"code": code, "deviceId": str(uuid4())}
    async with http.post("/v1/activations", json=body) as answer:
        return str((await answer.json())["accessToken"])


@contextlib.asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    """Start everything but the worker."""
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nightbell-bench-")))
        directory.chmod(0o711)  # noqa: ASYNC240 - nothing else runs yet
        server = await stack.enter_async_context(embedded(directory / "postgres"))
        await ensure_database(server, "bench")
        inbox, probe = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
        api_url = url_of(probe)
        probe.close()
        environment = _environment(at_database(server, "bench"), api_url, url_of(inbox))
        settings = read_settings(environment)
        await prepare_database(settings.database_url, settings.mode)
        trial = await stack.enter_async_context(open_trial(settings, APP_ROLE))
        await seed.seed(trial)
        emulator = Stopwatch(ACCOUNT_SID, settings.twilio_auth_token, trial.now)
        emulator.arrivals = []
        await stack.enter_async_context(serving((emulator.app(), inbox)))
        await stack.enter_async_context(process("serve", environment))
        await until_answers(api_url, "/health/ready")
        yield House(
            database_url=settings.database_url,
            api_url=api_url,
            environment=environment,
            settings=settings,
            trial=trial,
            emulator=emulator,
        )


@contextlib.asynccontextmanager
async def process(verb: str, environment: Mapping[str, str]) -> AsyncIterator[None]:
    """Run one command of Nightbell's beside this process, until the block is left."""
    nightbell = Path(sys.executable).with_name("nightbell")
    async with beside(environment, nightbell, verb):
        yield


@contextlib.asynccontextmanager
async def beside(environment: Mapping[str, str], *command: Path | str) -> AsyncIterator[int]:
    """Run a program beside this process, until the block is left; the number is its process id."""
    values = {"PATH": os.environ["PATH"], **environment}
    running = await asyncio.create_subprocess_exec(*command, env=values)
    try:
        yield running.pid
    finally:
        running.terminate()
        await running.wait()


def _environment(database_url: str, api_url: str, inbox_url: str) -> dict[str, str]:
    return {
        **draw_secrets(),
        "NIGHTBELL_MODE": "sandbox",
        "NIGHTBELL_LOG_LEVEL": "error",
        "NIGHTBELL_PUBLIC_URL": api_url,
        "NIGHTBELL_PORT": api_url.rsplit(":", 1)[1],
        "DATABASE_URL": database_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_SENDER": SENDER,
        "TWILIO_API_BASE_URL": inbox_url,
    }


async def until_answers(api_url: str, path: str) -> None:
    """Wait until a server answers well at a path."""
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(api_url) as http:
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with http.get(path) as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(0.05)
