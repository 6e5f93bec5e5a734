"""What the provider does wrong with a reminder, and what becomes of it: once, or not at all, and never at night."""

import pytest

from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from tests.stories.test_reminder_stories import given_today, moved_to_noon
from tests.support.clinic import Clinic
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, arrived, consent, days, today, until_clock


@pytest.mark.parametrize("kind", ["error-after-accept", "drop", "no-receipt", "no-word", "timeout"])
async def test_a_reminder_reaches_the_provider_at_most_once_whatever_becomes_of_the_answer(
    clinic: Clinic, kind: str
) -> None:
    """Unlike a page it is never repeated once it may have arrived (trial.md §4)."""
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    clinic.emulator.script(Fault(kind=FaultKind(kind), number=LINS_PHONE, seconds=0.05))
    given = today(clinic)
    await until_clock(clinic, given + days(4), 12)
    handed = sum(each.to == LINS_PHONE for each in clinic.emulator.messages)
    assert handed == (0 if kind == "drop" else 1)
    async with transaction(clinic.trial.pool) as connection:
        states = await connection.fetch("select state from messages where account_id is not null")
    assert [each["state"] for each in states] == ["failed" if kind in {"drop", "no-word"} else "delivered"]


async def test_a_provider_that_has_no_room_in_the_morning_is_asked_again_until_it_takes_the_text_once(
    clinic: Clinic,
) -> None:
    await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8, 50)
    clinic.emulator.script(Fault(kind=FaultKind.RATE_LIMIT, number=LINS_PHONE))
    await until_clock(clinic, given + days(5), 9, 50)
    before = len(arrived(clinic))
    clinic.emulator.script()
    await until_clock(clinic, given + days(6), 8)
    assert arrived(clinic)[before:] == [f"{given + days(5)} 10:20"]
    assert clinic.rung() == {}


async def test_a_provider_that_has_no_room_all_day_is_not_asked_at_night_nor_when_it_is_too_late(
    clinic: Clinic,
) -> None:
    await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8, 50)
    before = len(arrived(clinic))
    clinic.emulator.script(Fault(kind=FaultKind.RATE_LIMIT, number=LINS_PHONE))
    await until_clock(clinic, given + days(6), 7)
    clinic.emulator.script()
    await until_clock(clinic, given + days(6), 19)
    # Two days before has passed; what comes is the evening before.
    assert arrived(clinic)[before:] == [f"{given + days(6)} 18:00"]


@pytest.mark.parametrize(
    ("kind", "code"), [("refuse", 21211), ("refuse", 21610), ("undelivered", 30006), ("undelivered", 30005)]
)
async def test_a_number_that_no_text_reaches_gets_no_more_and_somebody_is_told_once(
    clinic: Clinic, kind: str, code: int
) -> None:
    """cases.md 15: a landline was retried for ever, STOP silenced somebody unseen."""
    alice, lin, _ = await given_today(clinic)
    clinic.emulator.script(Fault(kind=FaultKind(kind), number=LINS_PHONE, code=code))
    given = today(clinic)
    await until_clock(clinic, given + days(6), 23)
    tasks = [each["kind"] for each in (await alice.get("/v1/tasks")).json()["tasks"]]
    assert tasks == ["dead-number"]
    assert await clinic.rows("attempts where channel = 'sms'") == 1 + len(arrived(clinic, CAREGIVERS_PHONE))
    reach = (await alice.get(f"/v1/participants/{lin.participant_id}/schedule")).json()["reach"]
    assert [each["sms"] for each in reach] == [False, True]
    clinic.emulator.script()
    await consent(alice, lin)
    await until_clock(clinic, given + days(7), 9)
    assert arrived(clinic) == [f"{given + days(7)} 09:00"]


async def test_two_who_share_one_phone_are_told_once(clinic: Clinic) -> None:
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    await consent(alice, lin, "caregiver", LINS_PHONE)
    given = today(clinic)
    await until_clock(clinic, given + days(6), 23)
    assert arrived(clinic) == [f"{given} 12:00", f"{given + days(5)} 09:00", f"{given + days(6)} 18:00"]
    assert await clinic.rows("reminders") == 6
