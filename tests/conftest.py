"""Fixtures every test may ask for."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api import app, staff_sign_in
from api.logs import configure_logs
from api.middleware import traced
from api.wiring import prepare_database
from domain.records.identity import THE_SYSTEM, acting_as
from tests.support.audit import sign_the_trail
from tests.support.clinic import Clinic, open_clinic
from tests.support.database import cluster, fresh_database, migrated_template
from tests.support.held import FAULTS, held


@pytest.fixture(scope="session")
async def cluster_url() -> AsyncIterator[str]:
    async with cluster() as url:
        yield url


@pytest.fixture(scope="session")
async def template(cluster_url: str) -> AsyncIterator[str]:
    async with migrated_template(cluster_url) as name:
        yield name


@pytest.fixture
async def database_url(cluster_url: str, template: str) -> AsyncIterator[str]:
    """A superuser's URL of a database of this test's own, migrated and empty."""
    async with fresh_database(cluster_url, template=template) as url:
        yield url


@pytest.fixture
async def empty_database_url(cluster_url: str) -> AsyncIterator[str]:
    """As `database_url`, but without a single migration."""
    async with fresh_database(cluster_url) as url:
        yield url


@pytest.fixture(scope="session")
async def seeded_template(cluster_url: str, template: str) -> AsyncIterator[str]:
    """As `template`, with the fixed cast in it; hashing their passwords once is enough."""
    async with fresh_database(cluster_url, template=template) as url:
        await prepare_database(url, "sandbox")
        async with open_clinic(url) as clinic:
            # A trail that is not signed turns the health red ten minutes later, in the midst of the run.
            await sign_the_trail(clinic)
        yield url.rsplit("/", 1)[1]


@pytest.fixture
async def clinic_url(cluster_url: str, seeded_template: str) -> AsyncIterator[str]:
    """A superuser's URL of a database of this test's own with the fixed cast in it."""
    async with fresh_database(cluster_url, template=seeded_template) as url:
        yield url


@pytest.fixture
async def clinic(clinic_url: str) -> AsyncIterator[Clinic]:
    """The fixed cast at work."""
    async with open_clinic(clinic_url) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def whoever_tests_sees_all() -> Iterator[None]:
    """Let what a test itself asks of the database be answered; a request says as whom it acts (api/app.py)."""
    with acting_as(THE_SYSTEM):
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log as the program does: structlog's own way of showing an exception takes seconds."""
    configure_logs("info")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash the cast's passwords cheaply: hundreds of sign-ins would cost half of the suite's time."""
    staff_sign_in.passwords = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))


@pytest.fixture(scope="session", autouse=True)
def every_answer_is_seen() -> None:
    """Look at every answer of every application that a test starts in this process."""
    vars(app)["traced"] = held(traced)


@pytest.fixture(autouse=True)
def every_answer_is_as_documented() -> Iterator[None]:
    """Fail the test in which something was answered, or taken, that is not in the document."""
    yield
    faults, FAULTS[:] = list(dict.fromkeys(FAULTS)), []
    assert faults == []


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Undo what a command did to the log: the stream it was told to write to may be closed by now."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
