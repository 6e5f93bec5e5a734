"""What the database itself refuses, whatever the program says, and what it gives back as it was stored."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from domain.answers import ChoiceAnswer, NumberAnswer, TextAnswer
from domain.contact import ContactOutcome, Disposition
from domain.decision import SYSTEM, Change
from domain.errors import NightbellError
from domain.escalation import Alert, AlertState
from domain.protocol.schema import Level
from domain.records import alerts, reports
from domain.records.rows import APP_ROLE, connect, transaction
from domain.records.write import write
from tests.support.clinic import Clinic, Person, owner


async def account_of(clinic: Clinic) -> UUID:
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetchval("select account_id from reports limit 1")
    assert isinstance(found, UUID)
    return found


async def id_of(clinic: Clinic, name: str) -> UUID:
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetchval("select id from staff where name = $1", name)
    assert isinstance(found, UUID)
    return found


async def live_alert(clinic: Clinic) -> Alert:
    async with transaction(clinic.trial.pool) as connection:
        participant_id = await connection.fetchval("select participant_id from alerts limit 1")
        found = await alerts.live(connection, participant_id)
    assert found is not None
    return found


async def paged(clinic: Clinic) -> Person:
    """Lin's caregiver, whose emergency has a live alert."""
    _, caregiver = await clinic.lin()
    assert (await caregiver.report({"cannot-be-woken": "yes"})).status_code == 201
    return caregiver


async def test_a_participant_has_one_live_alert(clinic: Clinic) -> None:
    await paged(clinic)
    first = await live_alert(clinic)
    second = replace(first, id=uuid4())
    decision = clinic.trial.context(SYSTEM).decide(
        "alert.open", (Change(second),), site_id=first.site_id, participant_id=first.participant_id
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="alerts_live_key"):
        async with transaction(clinic.trial.pool) as connection:
            await write(connection, decision)
    assert await clinic.rows("alerts") == 1


async def test_a_resolved_alert_makes_room_for_the_next(clinic: Clinic) -> None:
    await paged(clinic)
    first, now, dana = await live_alert(clinic), clinic.trial.now(), await id_of(clinic, "Dana")
    closed = replace(
        first,
        state=AlertState.RESOLVED,
        due_at=None,
        acknowledged_by=dana,
        acknowledged_at=now,
        contacted_at=now,
        contact_outcome=ContactOutcome.IN_CARE,
        resolved_by=dana,
        resolved_at=now,
        disposition=Disposition.ADMITTED,
    )
    async with transaction(clinic.trial.pool) as connection:
        decision = clinic.trial.context(SYSTEM).decide(
            "alert.resolve",
            (Change(closed, first), Change(replace(first, id=uuid4()))),
            site_id=first.site_id,
            participant_id=first.participant_id,
        )
        await write(connection, decision)
    assert await clinic.rows("alerts") == 2


@pytest.mark.parametrize("level", ["urgent", "emergency"])
async def test_a_paging_report_without_an_alert_is_refused(
    clinic: Clinic, clinic_url: str, level: str
) -> None:
    await paged(clinic)
    connection = await owner(clinic_url)
    with pytest.raises(asyncpg.CheckViolationError, match="reports_paging_has_alert"):
        await connection.execute("update reports set level = $1, alert_id = null", level)
    await connection.execute("update reports set level = 'routine', alert_id = null")
    await connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "state = 'open'",
        "state = 'exhausted'",
        "state = 'acknowledged', acknowledged_by = (select id from staff limit 1), acknowledged_at = now()",
    ],
    ids=["open", "exhausted", "acknowledged"],
)
async def test_an_alert_that_rings_has_a_next_step(clinic: Clinic, clinic_url: str, change: str) -> None:
    await paged(clinic)
    connection = await owner(clinic_url)
    await connection.execute(f"update alerts set {change}")  # noqa: S608 - a test's own words
    with pytest.raises(asyncpg.CheckViolationError, match="alerts_next_step"):
        await connection.execute("update alerts set due_at = null")
    await connection.close()


async def test_a_decision_that_fails_half_way_leaves_nothing(clinic: Clinic) -> None:
    await paged(clinic)
    before = await clinic.everything()
    first = await live_alert(clinic)
    climbed = replace(first, step=first.step + 1)
    decision = clinic.trial.context(SYSTEM).decide(
        "alert.step", (Change(climbed, first), Change(replace(first, id=uuid4()))), site_id=first.site_id
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction(clinic.trial.pool) as connection:
            await write(connection, decision)
    assert await clinic.everything() == before


async def test_a_change_of_a_row_that_is_gone_is_no_silent_success(clinic: Clinic) -> None:
    await paged(clinic)
    first = await live_alert(clinic)
    stranger = replace(first, id=uuid4())
    decision = clinic.trial.context(SYSTEM).decide("alert.step", (Change(stranger, first),), site_id=None)
    with pytest.raises(Exception, match="expected one row") as caught:
        async with transaction(clinic.trial.pool) as connection:
            await write(connection, decision)
    assert not isinstance(caught.value, NightbellError)


async def test_a_report_comes_back_as_it_was_handed_in(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    report_id = uuid4()
    words = 'I feel "dizzy" \\ 头晕 🙁 \n\t.'
    given: dict[str, str | float] = {"vomited-blood": "yes", "temperature": 37.3, "free-text": words}
    assert (await lin.report(given, report_id=str(report_id))).status_code == 201
    async with transaction(clinic.trial.pool) as connection:
        stored = await reports.find(connection, await account_of(clinic), report_id)
    assert stored is not None
    assert set(stored.submission.answers) == {
        ChoiceAnswer("vomited-blood", "yes"),
        NumberAnswer("temperature", 37.3),
        TextAnswer("free-text", words),
    }
    assert stored.triage.level is Level.EMERGENCY
    assert stored.submission.device_time is not None
    assert stored.submission.device_time.tzinfo == UTC


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True, "x"], "ü": {"nested": []}},
        "",
        [],
        0.1 + 0.2,
        'quote " backslash \\ snowman ☃ emoji 🙁',
    ],
)
async def test_a_jsonb_value_comes_back_as_it_was_stored(database_url: str, value: object) -> None:
    connection = await connect(database_url, APP_ROLE)
    assert await connection.fetchval("select $1::jsonb", value) == value
    await connection.close()


async def test_an_instant_comes_back_in_utc_to_the_microsecond(database_url: str) -> None:
    connection = await connect(database_url, APP_ROLE)
    instant = datetime(2026, 11, 1, 5, 30, 0, 123456, tzinfo=UTC)
    found = await connection.fetchval("select $1::timestamptz", instant)
    assert (found, found.tzinfo) == (instant, UTC)
    await connection.close()
