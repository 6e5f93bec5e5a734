"""A sandbox for apps, and the kit that plays between."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from api.conformance.playing import theatre
from api.conformance.stage import Stage
from api.conformance.world import World, connections
from api.logs import configure_logs
from openapi.clients.python.driver import driving
from tests.support.clinic import open_clinic
from tests.support.database import fresh_database

Opened = contextlib.AbstractAsyncContextManager[Stage]


@pytest.fixture(scope="module")
async def world(cluster_url: str, seeded_template: str) -> AsyncIterator[World]:
    """A sandbox whose staff sign in once for the whole file."""
    configure_logs("critical")
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_clinic(url) as clinic,
        connections() as http,
    ):
        await clinic.forget_digits()
        yield World(clinic.demo.api_url, http)
    configure_logs("info")


@pytest.fixture
def stage(world: World, tmp_path: Path) -> Callable[[], Opened]:
    """The kit with the Python app before it, as it is when it is opened."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Stage]:
        async with driving(tmp_path / "app") as client_url, theatre(client_url, world) as stage:
            yield stage

    return opened
