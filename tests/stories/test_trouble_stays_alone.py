"""Whatever goes wrong with one alert, one page or one answer keeps no other bell from ringing."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from api import filing
from domain.records.alerts import Due
from domain.records.rows import RowLost, transaction
from notifications import listener, worker
from notifications.trial import Trial
from tests.support.clinic import Clinic, owner


async def test_an_alert_that_cannot_be_read_silences_no_other_participant(
    clinic: Clinic, clinic_url: str
) -> None:
    _, first = await clinic.lin()
    _, second = await clinic.lin()
    await first.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    hand = await owner(clinic_url)
    await hand.execute("update alerts set climb = '{}', due_at = now() - interval '1 hour'")
    await hand.close()

    await second.report({"cannot-be-woken": "yes"})
    await worker.drain(clinic.demo.sandbox.worker)

    assert clinic.rung() == {"Bob": 2}


async def test_a_field_that_only_another_release_knows_stops_no_alert(
    clinic: Clinic, clinic_url: str
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    hand = await owner(clinic_url)
    await hand.execute("update alerts set climb = climb || '{\"later\": 1}'")
    await hand.execute("update alerts set climb = climb #- '{by_day,join_for}'")
    await hand.close()

    await clinic.advance(minutes=10)

    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_more_broken_alerts_than_one_look_holds_keep_the_next_one_climbing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH", 2)
    for _ in range(3):
        _, caregiver = await clinic.lin()
        await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    broken = await _alert_ids(clinic, 2)
    climb = worker._climb  # noqa: SLF001 - the fault is planted where a step is done

    async def climb_or_break(trial: Trial, due: Due) -> bool:
        if due.id in broken:
            raise RowLost
        return await climb(trial, due)

    monkeypatch.setattr(worker, "_climb", climb_or_break)
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(minutes=10))
    await worker.drain(clinic.demo.sandbox.worker)

    assert clinic.rung()["Dana"] == 1


async def test_a_number_that_cannot_be_unsealed_moves_the_alert_on_at_once(
    clinic: Clinic, clinic_url: str
) -> None:
    _, caregiver = await clinic.lin()
    hand = await owner(clinic_url)
    await hand.execute(
        """
        update contacts set key_id = 'lost' from staff
        where staff.id = staff_id and staff.name = 'Bob' and kind = 'phone'
        """
    )
    await hand.close()

    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()

    assert clinic.rung() == {"Dana": 1}


async def test_a_provider_that_comes_back_finds_no_ten_minutes_of_silence(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    clinic.fault("refuse", code=21606)
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    assert clinic.rung() == {}
    clinic.emulator.script()

    await clinic.advance(seconds=61)

    assert set(clinic.rung()) == {"Alice", "Bob", "Dana", "Erin", "Frank"}


async def test_an_answer_that_cannot_be_written_leaves_the_report_and_its_page(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, caregiver = await clinic.lin()

    def break_off(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(filing, "report_view", break_off)
    answer = await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()

    assert answer.status_code == 500
    assert await clinic.rows("reports") == 1
    assert clinic.rung() == {"Bob": 1}


async def test_a_deaf_ear_ends_no_worker() -> None:
    async def nowhere() -> "asyncpg.Connection[asyncpg.Record]":
        raise asyncpg.TargetServerAttributeNotMatched

    ear = asyncio.create_task(listener.listen(nowhere, asyncio.Event()))
    await asyncio.sleep(0.05)
    assert not ear.done()
    ear.cancel()
    await asyncio.wait([ear])


async def test_an_anxious_caregiver_keeps_nobody_from_being_rung(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    for _ in range(4):
        await caregiver.report({"cannot-be-woken": "yes"})
        await clinic.advance(minutes=16)

    assert set(clinic.rung()) >= {"Bob", "Dana", "Erin", "Frank"}


async def test_whoever_takes_it_and_does_not_call_is_not_rung_alone_for_ever(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert}/acknowledgements")

    await clinic.advance(minutes=10)

    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def _alert_ids(clinic: Clinic, count: int) -> set[object]:
    async with transaction(clinic.trial.pool) as connection:
        rows = await connection.fetch("select id from alerts order by opened_at limit $1", count)
    return {row["id"] for row in rows}
