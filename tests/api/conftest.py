"""Fixtures of the tests over HTTP."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from api.logs import configure_logs
from tests.support.clinic import Clinic, Person, open_clinic
from tests.support.database import fresh_database


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Log as the program does: structlog's own defaults take a second to paint a traceback."""
    configure_logs("error")
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
async def ward(cluster_url: str, seeded_template: str) -> AsyncIterator[Clinic]:
    """One clinic for a whole file, for tests that look at their own participant only and move no clock."""
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_clinic(url) as clinic,
    ):
        yield clinic


@pytest.fixture(scope="module")
async def alice(ward: Clinic) -> Person:
    """The coordinator of the ward; signing in is slow on purpose."""
    return await ward.staff("Alice")
