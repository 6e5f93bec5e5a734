"""Fixtures of the tests over HTTP."""

import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from io import StringIO

import pytest

from api.logs import configure_logs
from tests.support.clinic import Clinic, Person, open_clinic, owner
from tests.support.database import fresh_database
from tests.support.directory import Provider, fresh, provider
from tests.support.year import SHANGHAI


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Log only what went wrong: a table of a thousand refusals would have a line for each of them."""
    configure_logs("error")
    yield
    configure_logs("info")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """The log of one test, as the program writes it."""
    written = StringIO()
    with monkeypatch.context() as redirected:
        redirected.setattr(sys, "stderr", written)
        configure_logs("info")
    return written


@pytest.fixture(scope="module")
async def ward(cluster_url: str, seeded_template: str) -> AsyncIterator[Clinic]:
    """One clinic for a whole file, for tests that look at their own participant only and move no clock."""
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        # A service has no number that calls come from.
        open_clinic(url, TWILIO_SENDER="MG" + "5a" * 16) as clinic,
    ):
        # Of so many participants Bob would soon have had all that a number may get in a day.
        await clinic.move_abroad("Bob")
        yield clinic


@pytest.fixture(scope="module")
async def alice(ward: Clinic) -> Person:
    """The coordinator of the ward; signing in is slow on purpose."""
    return await ward.staff("Alice")


@pytest.fixture(scope="module")
async def dawn(cluster_url: str, seeded_template: str) -> AsyncIterator[Clinic]:
    """As `ward`, at six in the morning of the site: what is due does not depend on when the tests run."""
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_clinic(url) as clinic,
    ):
        tomorrow = clinic.trial.now().astimezone(SHANGHAI) + timedelta(days=1)
        await clinic.demo.sandbox.clock.move_to(tomorrow.replace(hour=6, minute=0, second=0, microsecond=0))
        yield clinic


@pytest.fixture(scope="module")
async def early(dawn: Clinic) -> Person:
    """The coordinator of the ward at dawn."""
    return await dawn.staff("Alice")


@pytest.fixture(scope="module")
async def hospital() -> AsyncIterator[Provider]:
    """A hospital's directory."""
    async with provider() as running:
        yield running


@pytest.fixture(scope="module")
async def hospital_ward(cluster_url: str, seeded_template: str, hospital: Provider) -> AsyncIterator[Clinic]:
    """As `ward`, where staff may sign in by the hospital's directory."""
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_clinic(url, **hospital.settings) as clinic,
    ):
        yield clinic


@pytest.fixture
async def desk(hospital_ward: Clinic) -> Clinic:
    """The ward with a directory; no test waits for what the others have taken of a quota."""
    connection = await owner(hospital_ward.settings.database_url)
    await connection.execute("delete from rate_limits")
    await connection.close()
    return hospital_ward


@pytest.fixture
def gone_astray(desk: Clinic, hospital: Provider) -> Iterator[Provider]:
    """A directory that a test lets misbehave."""
    yield hospital
    hospital.behave()
    fresh(desk)
