"""Health: lives, can serve, can be relied on; and what a phone is told when the database is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from api.errors import as_nightbell_error
from domain import activation_code
from domain.entropy import Entropy
from domain.errors import DatabaseUnavailable
from domain.records.migrations import drop_database
from tests.support.clinic import Clinic, Json, open_clinic
from tests.support.problems import refused

CODE = activation_code.draw(Entropy(bytes(32)))
"""A code that could be one."""


class Wire:
    """The wire between the program and its database, which can be cut and mended."""

    def __init__(self, database_url: str) -> None:
        self._beyond = urlsplit(database_url)
        self._listening: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """Where the database is found on this side of the wire."""
        login = self._beyond.netloc.rpartition("@")[0]
        return self._beyond._replace(netloc=f"{login}@127.0.0.1:{self._port}").geturl()

    async def mend(self) -> None:
        self._listening = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._listening.sockets[0].getsockname()[1]

    def cut(self) -> None:
        assert self._listening is not None
        self._listening.close()
        for end in self._ends:
            end.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._beyond.hostname, self._beyond.port)
        self._ends |= {writer, far_writer}
        await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        self._ends -= {writer, far_writer}


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@pytest.fixture
async def wire(clinic_url: str) -> AsyncIterator[Wire]:
    wire = Wire(clinic_url)
    await wire.mend()
    yield wire
    wire.cut()


async def late(clinic: Clinic) -> dict[str, int]:
    """What is late, by its name; readiness never minds, and the status says the same as the counts."""
    answer = await clinic.http.get("/health/safety")
    view: dict[str, Json] = answer.json()
    assert view.pop("clockIsRight") is True
    assert ("oldest" in view) == (view["status"] == "unsafe")
    found = {name: count for name, count in view.items() if name not in {"status", "oldest"} and count}
    assert (answer.status_code, view["status"]) == ((503, "unsafe") if found else (200, "safe"))
    assert (await clinic.http.get("/health/ready")).status_code == 200
    return found


async def move_without_work(clinic: Clinic, **duration: float) -> None:
    """Let trial time pass while no worker runs."""
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(**duration))


async def test_a_clinic_at_rest_lives_is_ready_and_safe(clinic: Clinic) -> None:
    assert (await clinic.http.get("/health/live")).json() == {"status": "live"}
    ready = await clinic.http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert await late(clinic) == {}


async def test_a_text_that_waits_longer_than_a_minute_is_unsafe_and_once_sent_is_not(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await move_without_work(clinic, seconds=55)
    assert await late(clinic) == {}
    await move_without_work(clinic, seconds=10)
    assert await late(clinic) == {"alertsNobodyWasToldOf": 1, "messagesPastTheirTime": 1}
    await clinic.settle()
    assert await late(clinic) == {}


async def test_an_alert_whose_next_step_nobody_rings_is_unsafe(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    await move_without_work(clinic, minutes=11, seconds=5)
    assert await late(clinic) == {"alertsPastTheirStep": 1}


async def test_an_acknowledgement_that_should_have_lapsed_is_unsafe(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]
    await bob.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    await move_without_work(clinic, minutes=11, seconds=5)
    assert await late(clinic) == {"alertsPastTheirStep": 1}


async def test_an_alert_that_nobody_took_is_unsafe_while_everyone_is_rung(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.advance(minutes=41)
    assert await late(clinic) == {"alertsExhausted": 1}


async def test_a_task_that_nobody_closed_in_its_time_is_unsafe(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"free-text": "dizzy"})
    await clinic.advance(hours=23)
    assert await late(clinic) == {}
    await clinic.advance(hours=1, minutes=2)
    assert await late(clinic) == {"tasksPastTheirTime": 1}


async def test_a_rota_that_nobody_looked_at_for_a_day_is_unsafe_and_once_looked_at_is_not(
    clinic: Clinic,
) -> None:
    await clinic.settle()
    await move_without_work(clinic, hours=23)
    assert await late(clinic) == {}
    await move_without_work(clinic, days=1, hours=2)
    assert await late(clinic) == {"sitesPastTheirLook": 1}
    await clinic.settle()
    assert await late(clinic) == {}


async def test_while_the_database_is_away_nothing_is_promised_and_afterwards_all_goes_on(wire: Wire) -> None:
    async with open_clinic(wire.url) as clinic:
        lin, _ = await clinic.lin()
        report_id, before = str(uuid4()), await clinic.everything()
        wire.cut()
        for _ in range(12):
            answer = await lin.report({"black-stool": "yes"}, report_id=report_id)
            assert refused(answer, 503, "database.unavailable")["retrySafe"]
            assert int(answer.headers["retry-after"]) > 0
        ready = await clinic.http.get("/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "not-ready"})
        assert (await clinic.http.get("/health/live")).status_code == 200

        await wire.mend()
        assert (await clinic.http.get("/health/ready")).status_code == 200
        assert await clinic.everything() == before
        assert (await lin.report({"black-stool": "yes"}, report_id=report_id)).status_code == 201
        await clinic.settle()
        assert clinic.rung() == {"Bob": 1}


async def test_no_other_address_breaks_when_the_database_is_away(wire: Wire) -> None:
    async with open_clinic(wire.url) as clinic:
        (lin, _), alice = await clinic.lin(), await clinic.staff("Alice")
        rotation = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
        wire.cut()
        answers = [
            *[
                await lin.get(path)
                for path in ("/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/me/reports")
            ],
            *[await alice.get(path) for path in ("/v1/alerts", "/v1/participants", "/v1/tasks", "/v1/sites")],
            await clinic.http.post("/v1/tokens", json=rotation),
            await clinic.http.post("/v1/activations", json={"code": CODE, "deviceId": lin.device_id}),
            await clinic.http.get("/health/safety"),
        ]
        for answer in answers:
            refused(answer, 503, "database.unavailable")
        await wire.mend()
        assert (await clinic.http.post("/v1/tokens", json=rotation)).status_code == 201


async def test_a_database_that_is_gone_makes_no_node_ready(
    clinic: Clinic, cluster_url: str, clinic_url: str
) -> None:
    lin, _ = await clinic.lin()
    connection = await asyncpg.connect(cluster_url)
    try:
        await drop_database(connection, clinic_url.rsplit("/", 1)[1])
    finally:
        await connection.close()
    assert (await clinic.http.get("/health/ready")).status_code == 503
    refused(await lin.report({"black-stool": "yes"}), 503, "database.unavailable")


@pytest.mark.parametrize(
    "trouble",
    [
        asyncpg.AdminShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.DeadlockDetectedError,
        asyncpg.DiskFullError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        asyncpg.QueryCanceledError,
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.TooManyConnectionsError,
        ConnectionRefusedError,
        TimeoutError,
    ],
)
def test_whatever_keeps_the_database_from_serving_is_worth_sending_again(trouble: type[Exception]) -> None:
    answer = as_nightbell_error(trouble("inner words"))
    assert isinstance(answer, DatabaseUnavailable)
    assert "inner words" not in str(answer)


@pytest.mark.parametrize(
    "trouble", [asyncpg.CheckViolationError, asyncpg.UndefinedTableError, ValueError, KeyError]
)
def test_a_fault_of_the_program_is_not_laid_at_the_databases_door(trouble: type[Exception]) -> None:
    assert as_nightbell_error(trouble("inner words")) is None
