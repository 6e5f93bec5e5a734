"""A phone that rings: who presses a key has been reached, and nobody else has (cases.md 1; design.md, rules 5, 6)."""

import re

import pytest

from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from notifications.emulator.switchboard import NobodyRingsError
from tests.support.clinic import Clinic, Person
from tests.support.phones import BOBS, DANAS, calls_on, give_phone, old_phone, texts_on
from tests.support.protocol import spoken
from tests.support.watch import EMERGENCY, URGENT, alert_of, page_of

DANA, BOB = old_phone("Dana"), old_phone("Bob")
TEXTS_FAIL = Fault(kind=FaultKind.UNDELIVERED, number=BOBS, code=30003, channel="sms")


async def emergency(clinic: Clinic, *faults: Fault) -> Person:
    """Bob has a phone that may be called; Lin's caregiver reports."""
    await give_phone(clinic, "Bob", BOBS)
    clinic.emulator.script(*faults)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    return caregiver


async def sent(clinic: Clinic) -> list[tuple[str, str, str]]:
    """Every page: to whom, by which channel, what became of it."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            """
            select name, channel, state from messages join staff on staff.id = staff_id
            order by messages.created_at, step, name, channel
            """
        )
    return [(row["name"], row["channel"], row["state"]) for row in found]


async def test_an_emergency_rings_the_first_phone_by_text_and_by_call_at_once(clinic: Clinic) -> None:
    await emergency(clinic)
    assert (len(texts_on(clinic, BOBS)), calls_on(clinic, BOBS)) == (1, ["ringing"])
    assert texts_on(clinic, DANA) == []
    (call,) = clinic.emulator.switchboard.phone(BOBS)
    assert len(call.words) == 2
    assert re.search(r"编号[0-9A-Z](, [0-9A-Z]){3}。接手请按1，无法处理请按2。", call.words[0])  # noqa: RUF001 - as it is said
    assert call.words[1] == spoken("voice.nothing-pressed")


async def test_who_presses_1_has_taken_it_and_the_app_says_so(clinic: Clinic) -> None:
    caregiver = await emergency(clinic)
    said = await clinic.emulator.switchboard.press(BOBS, "1")
    assert said == (spoken("voice.taken"),)
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"
    assert calls_on(clinic, BOBS) == ["completed"]
    assert await sent(clinic) == [("Bob", "sms", "delivered"), ("Bob", "voice", "delivered")]
    alert = await alert_of(await clinic.staff("Bob"))
    assert (alert["state"], alert["acknowledgedBy"]) == ("acknowledged", "Bob")
    await clinic.advance(minutes=9)
    assert texts_on(clinic, DANA) == []


async def test_who_presses_2_passes_it_on_at_once(clinic: Clinic) -> None:
    await emergency(clinic)
    before = clinic.trial.now()
    said = await clinic.emulator.switchboard.press(BOBS, "2")
    assert said == (spoken("voice.declined"),)
    await clinic.settle()
    assert len(texts_on(clinic, DANA)) == 1
    assert (clinic.trial.now() - before).total_seconds() < 60
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "open"


async def test_a_phone_that_nobody_answers_moves_on_once_the_text_has_failed_too(clinic: Clinic) -> None:
    await emergency(clinic, TEXTS_FAIL)
    assert texts_on(clinic, DANA) == [], "his phone rings still"
    await clinic.advance(seconds=31)
    assert calls_on(clinic, BOBS) == ["no-answer"]
    assert len(texts_on(clinic, DANA)) == 1
    assert (await sent(clinic))[:2] == [("Bob", "sms", "failed"), ("Bob", "voice", "failed")]


@pytest.mark.parametrize("kind", [FaultKind.VOICEMAIL, FaultKind.BUSY, FaultKind.CALL_FAILED])
async def test_a_mailbox_a_busy_line_and_a_dead_one_have_reached_nobody(
    clinic: Clinic, kind: FaultKind
) -> None:
    caregiver = await emergency(clinic, TEXTS_FAIL, Fault(kind=kind, number=BOBS))
    assert (await sent(clinic))[:2] == [("Bob", "sms", "failed"), ("Bob", "voice", "failed")]
    assert len(texts_on(clinic, DANA)) == 1
    assert (await page_of(caregiver))["status"] == "delivered", "to Dana"


async def test_who_picks_up_and_hangs_up_has_not_been_reached(clinic: Clinic) -> None:
    await emergency(clinic, TEXTS_FAIL)
    await clinic.emulator.switchboard.pick_up(BOBS)
    await clinic.settle()
    assert ("Bob", "voice", "failed") in await sent(clinic)
    assert len(texts_on(clinic, DANA)) == 1


async def test_a_call_that_fails_leaves_the_person_to_the_text_that_arrived(clinic: Clinic) -> None:
    await emergency(clinic, Fault(kind=FaultKind.BUSY, number=BOBS))
    assert (len(texts_on(clinic, BOBS)), texts_on(clinic, DANA)) == (1, [])
    await clinic.advance(minutes=10)
    assert len(texts_on(clinic, DANA)) == 1


async def test_a_refused_call_is_passed_at_once(clinic: Clinic) -> None:
    refused = Fault(kind=FaultKind.REFUSE, number=BOBS, code=21215, channel="voice")
    await emergency(clinic, TEXTS_FAIL, refused)
    assert calls_on(clinic, BOBS) == []
    assert len(texts_on(clinic, DANA)) == 1


@pytest.mark.parametrize("kind", [FaultKind.ERROR_AFTER_ACCEPT, FaultKind.DROP])
async def test_a_call_whose_answer_was_lost_rings_the_phone_once(clinic: Clinic, kind: FaultKind) -> None:
    await emergency(clinic, Fault(kind=kind, number=BOBS, channel="voice", times=1))
    await clinic.advance(seconds=3)
    assert calls_on(clinic, BOBS) == ["ringing"]
    await clinic.emulator.switchboard.press(BOBS, "1")
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "acknowledged"


async def test_another_key_is_asked_for_once_more_and_changes_nothing(clinic: Clinic) -> None:
    await emergency(clinic, TEXTS_FAIL)
    phone = clinic.emulator.switchboard
    assert "接手请按1" in (await phone.press(BOBS, "7"))[0]
    assert calls_on(clinic, BOBS) == ["in-progress"]
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "open"
    assert await phone.press(BOBS, "9") == (spoken("voice.nothing-pressed"),)
    await clinic.settle()
    assert ("Bob", "voice", "failed") in await sent(clinic)
    assert len(texts_on(clinic, DANA)) == 1


@pytest.mark.parametrize("key", ["1", "2"])
async def test_the_second_of_two_is_told_who_was_first(clinic: Clinic, key: str) -> None:
    await emergency(clinic)
    dana = await clinic.staff("Dana")
    alert = await alert_of(dana)
    await dana.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    said = await clinic.emulator.switchboard.press(BOBS, key)
    assert said == (spoken("voice.held", name="Dana"),)
    assert (await alert_of(dana))["acknowledgedBy"] == "Dana"


async def test_a_key_for_an_earlier_round_is_too_late_and_takes_nothing(clinic: Clinic) -> None:
    caregiver = await emergency(clinic)
    await caregiver.report({**EMERGENCY, "vomited-blood": "yes"})
    said = await clinic.emulator.switchboard.press(BOBS, "1")
    assert said == (spoken("voice.too-late"),)
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "open"


async def test_a_number_that_is_no_longer_hers_answers_for_nobody(clinic: Clinic) -> None:
    await emergency(clinic)
    await give_phone(clinic, "Bob", DANAS)
    assert await clinic.emulator.switchboard.press(BOBS, "1") == (spoken("voice.too-late"),)
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "open"


async def test_mainland_china_gets_no_call_and_no_word_of_a_reply(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.emulator.switchboard.calls == ()
    assert await sent(clinic) == [("Bob", "sms", "delivered")]
    (text,) = texts_on(clinic, BOB)
    assert "回复" not in text
    with pytest.raises(NobodyRingsError):
        await clinic.emulator.switchboard.press(BOB, "1")


async def test_an_urgent_report_by_day_rings_no_phone_with_a_voice_where_the_step_does_not_say_so(
    clinic: Clinic,
) -> None:
    await give_phone(clinic, "Bob", BOBS)
    hour = clinic.trial.now().hour
    await clinic.advance(hours=(26 - hour) % 24)
    _, caregiver = await clinic.lin()
    await caregiver.report(URGENT)
    await clinic.settle()
    assert (len(texts_on(clinic, BOBS)), calls_on(clinic, BOBS)) == (1, [])
