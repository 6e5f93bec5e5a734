"""A wall at one node shows what happens at another, and a node that stops lets its walls go at once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from api.serving import bind
from tests.support.clinic import SECRETS, Clinic, Person
from tests.support.life import done, ringing
from tests.support.patience import PATIENCE_SECONDS
from tests.support.wall import watching


@asynccontextmanager
async def another_node(
    clinic: Clinic, person: Person
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Person]]:
    """`nightbell serve` on the same database, and the same person before it."""
    settings, port = clinic.settings, _free_port()
    values = {
        **SECRETS,
        "NIGHTBELL_MODE": "sandbox",
        "NIGHTBELL_PORT": str(port),
        "NIGHTBELL_PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_SENDER": settings.twilio_sender,
        "TWILIO_API_BASE_URL": settings.twilio_api_base_url or "",
    }
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("nightbell"),
        "serve",
        env={"PATH": os.environ["PATH"], **values},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as http:
            await _ready(http)
            yield process, Person(Clinic(clinic.demo, settings, http), person.device_id, person.tokens)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _free_port() -> int:
    with bind("127.0.0.1", 0) as bound:
        return int(bound.getsockname()[1])


async def _ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if (await http.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_what_happens_at_one_node_is_on_the_wall_at_another_until_that_is_told_to_stop(
    clinic: Clinic,
) -> None:
    frank, bob = await clinic.staff("Frank"), await clinic.staff("Bob")
    async with another_node(clinic, frank) as (process, elsewhere), watching(elsewhere) as wall:
        await wall.ping()
        _, alert_id = await ringing(clinic)
        assert (await wall.alert())["alertId"] == alert_id
        await done(bob, alert_id, "acknowledgements")
        assert (await wall.alert("acknowledged"))["acknowledgedBy"] == "Bob"
        process.send_signal(signal.SIGTERM)
        # A stream that the server had to cut off would raise here.
        await wall.end()
        assert await process.wait() == 0
