"""What the provider does wrong, and that a person is rung all the same (cases.md 1, 2, 4, 6; design.md, rule 5)."""

from datetime import timedelta

import pytest

from api.seed import CAST, member
from notifications.emulator import Fault, FaultKind
from tests.support.clinic import Clinic, Person, owner
from tests.support.watch import EMERGENCY, alert_of, handed_over, page_of, states, take

EVERYONE = {each.name for each in CAST}


async def emergency(clinic: Clinic) -> Person:
    """Lin's caregiver reports, and the worker does what is due at once."""
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    return caregiver


@pytest.mark.parametrize("code", [21211, 20003, 99999])
async def test_a_number_the_provider_refuses_is_passed_at_once(clinic: Clinic, code: int) -> None:
    clinic.fault("refuse", "Bob", code=code)
    caregiver = await emergency(clinic)
    assert clinic.rung() == {"Dana": 1}
    assert (await page_of(caregiver))["status"] == "delivered"
    assert await states(clinic) == [("Bob", "failed", 1), ("Dana", "delivered", 1)]


@pytest.mark.parametrize(
    ("kind", "code"), [("undelivered", 30003), ("undelivered", 99999), ("failed", 30008)]
)
async def test_a_text_that_never_arrives_is_passed_at_once_and_never_called_delivered(
    clinic: Clinic, kind: str, code: int
) -> None:
    clinic.fault(kind, "Bob", code=code)
    before = clinic.trial.now()
    await emergency(clinic)
    assert clinic.rung() == {"Dana": 1}
    assert clinic.trial.now() - before < timedelta(seconds=90)
    alert = await alert_of(await clinic.staff("Bob"))
    bobs = alert["messages"][0]
    assert (bobs["staff"], bobs["state"], bobs["attempts"][0]["code"]) == ("Bob", "failed", code)
    assert "deliveredAt" not in bobs


async def test_when_every_text_is_undelivered_the_app_never_says_sent(clinic: Clinic) -> None:
    clinic.fault("undelivered", code=30003)
    caregiver = await emergency(clinic)
    assert clinic.rung() == {}
    assert {state for _, state, _ in await states(clinic)} == {"failed"}
    page = await page_of(caregiver)
    assert (page["status"], page["goNow"]) == ("not-told", True)
    assert "sentAt" not in page
    assert "deliveredAt" not in page


async def test_a_text_without_a_receipt_is_passed_after_ninety_seconds(clinic: Clinic) -> None:
    clinic.fault("no-word", "Bob")
    caregiver = await emergency(clinic)
    await clinic.advance(seconds=89)
    assert clinic.rung() == {"Bob": 1}
    assert (await page_of(caregiver))["status"] == "sent"
    await clinic.advance(seconds=1)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    assert await states(clinic) == [("Bob", "failed", 1), ("Dana", "delivered", 1)]


async def test_a_rate_limit_is_waited_out_and_the_text_arrives_once(clinic: Clinic) -> None:
    clinic.fault("rate-limit", "Bob", times=2)
    await emergency(clinic)
    assert clinic.rung() == {}
    await clinic.advance(seconds=10)
    assert clinic.rung() == {"Bob": 1}
    assert await states(clinic) == [("Bob", "delivered", 3)]


async def test_a_rate_limit_that_does_not_end_moves_on_within_ninety_seconds(clinic: Clinic) -> None:
    clinic.fault("rate-limit", "Bob")
    await emergency(clinic)
    await clinic.advance(seconds=89)
    assert clinic.rung() == {"Dana": 1}
    assert handed_over(clinic, "Bob") == 0


@pytest.mark.parametrize(
    "fault",
    [Fault(kind=FaultKind.ERROR_AFTER_ACCEPT), Fault(kind=FaultKind.TIMEOUT, seconds=0.05)],
    ids=lambda fault: fault.kind.value,
)
async def test_a_text_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    clinic: Clinic, fault: Fault
) -> None:
    clinic.emulator.script(fault)
    await emergency(clinic)
    await clinic.advance(seconds=60)
    assert (clinic.rung(), handed_over(clinic, "Bob")) == ({"Bob": 1}, 1)
    assert await states(clinic) == [("Bob", "delivered", 1)]


@pytest.mark.parametrize(
    "fault",
    [Fault(kind=FaultKind.ERROR_AFTER_ACCEPT), Fault(kind=FaultKind.TIMEOUT, seconds=0.05)],
    ids=lambda fault: fault.kind.value,
)
async def test_a_text_whose_answer_and_receipts_were_lost_is_found_and_not_sent_again(
    clinic: Clinic, fault: Fault
) -> None:
    clinic.emulator.script(fault, Fault(kind=FaultKind.NO_WORD))
    await emergency(clinic)
    await clinic.advance(seconds=60)
    assert (clinic.rung(), handed_over(clinic, "Bob")) == ({"Bob": 1}, 1)
    assert await states(clinic) == [("Bob", "accepted", 1)]


async def test_a_text_the_provider_never_got_is_sent_again_with_the_same_code(clinic: Clinic) -> None:
    clinic.fault("drop", "Bob", times=1)
    await emergency(clinic)
    assert clinic.rung() == {}
    await clinic.advance(seconds=5)
    assert clinic.rung() == {"Bob": 1}
    alert = await alert_of(await clinic.staff("Bob"))
    assert [each["outcome"] for each in alert["messages"][0]["attempts"]] == ["unknown", "accepted"]
    assert alert["messages"][0]["code"] in clinic.texts("Bob")[0]


async def test_a_provider_that_drops_everything_makes_the_alert_climb_and_sends_nothing_twice(
    clinic: Clinic,
) -> None:
    clinic.fault("drop", "Bob")
    await emergency(clinic)
    await clinic.advance(seconds=89)
    assert clinic.rung() == {"Dana": 1}


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "receipt-first"])
async def test_receipts_twice_out_of_order_or_before_the_answer_end_in_delivered(
    clinic: Clinic, kind: str
) -> None:
    clinic.fault(kind)
    caregiver = await emergency(clinic)
    assert await states(clinic) == [("Bob", "delivered", 1)]
    assert clinic.emulator.given_up == 0
    await clinic.advance(minutes=9)
    assert clinic.rung() == {"Bob": 1}
    assert (await page_of(caregiver))["status"] == "delivered"


async def test_a_failure_that_is_reported_before_the_answer_moves_on_at_once(clinic: Clinic) -> None:
    bob = member("Bob").phone
    clinic.emulator.script(
        Fault(kind=FaultKind.RECEIPT_FIRST, number=bob),
        Fault(kind=FaultKind.UNDELIVERED, number=bob, code=30003),
    )
    await emergency(clinic)
    assert clinic.rung() == {"Dana": 1}
    assert await states(clinic) == [("Bob", "failed", 1), ("Dana", "delivered", 1)]


async def test_a_provider_that_refuses_everything_leaves_the_bell_ringing_and_the_app_honest(
    clinic: Clinic,
) -> None:
    clinic.fault("refuse", code=20003)
    caregiver = await emergency(clinic)
    before = await states(clinic)
    assert {state for _, state, _ in before} == {"failed"}
    page = await page_of(caregiver)
    assert (page["status"], "sentAt" in page) == ("not-told", False)
    assert (await clinic.http.get("/health/safety")).status_code == 503
    await clinic.advance(minutes=3, seconds=30)
    assert len(await states(clinic)) == len(before) + 3 * len(EVERYONE)
    clinic.emulator.script()
    await clinic.advance(minutes=1)
    assert clinic.rung() == dict.fromkeys(EVERYONE, 1)
    assert (await page_of(caregiver))["status"] == "not-yet-seen"


async def test_a_page_overtaken_by_an_acknowledgement_is_stale_and_no_phone_rings(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    dana = await clinic.staff("Dana")
    await take(dana)
    await clinic.settle()
    assert clinic.rung() == {}
    stale = (await alert_of(dana))["messages"]
    assert [(each["staff"], each["state"], each["attempts"]) for each in stale] == [("Bob", "stale", [])]
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"


async def test_a_repeat_after_a_rate_limit_is_not_sent_once_somebody_has_taken_it(clinic: Clinic) -> None:
    clinic.fault("rate-limit", "Bob", times=1)
    await emergency(clinic)
    await take(await clinic.staff("Dana"))
    await clinic.advance(seconds=30)
    assert clinic.rung() == {}
    assert await states(clinic) == [("Bob", "stale", 1)]


async def test_a_lost_page_is_not_sent_again_once_somebody_has_taken_it(clinic: Clinic) -> None:
    clinic.fault("drop", "Bob", times=1)
    await emergency(clinic)
    await take(await clinic.staff("Dana"))
    await clinic.advance(seconds=30)
    assert (clinic.rung(), handed_over(clinic, "Bob")) == ({}, 0)
    assert await states(clinic) == [("Bob", "stale", 1)]


async def test_somebody_without_a_number_is_passed_at_once_and_a_human_is_asked_to_mend_the_rota(
    clinic: Clinic, clinic_url: str
) -> None:
    await forget_phone(clinic_url, "Bob")
    await emergency(clinic)
    assert clinic.rung() == {"Dana": 1}
    # One about the alert, and one about the rota, which is looked at as well.
    assert await clinic.rows("tasks where kind = 'coverage' and participant_id is not null") == 1
    assert await clinic.rows("tasks where kind = 'coverage' and about_id = site_id") == 1


async def test_a_receipt_that_was_lost_is_asked_for_after_a_minute(clinic: Clinic) -> None:
    clinic.fault("no-receipt", "Bob")
    caregiver = await emergency(clinic)
    await clinic.advance(seconds=59)
    assert (await page_of(caregiver))["status"] == "sent"
    await clinic.advance(seconds=1)
    assert (await page_of(caregiver))["status"] == "delivered"
    await clinic.advance(minutes=8)
    assert clinic.rung() == {"Bob": 1}


async def test_somebody_who_loses_the_number_between_step_and_text_is_passed_at_once(
    clinic: Clinic, clinic_url: str
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await forget_phone(clinic_url, "Bob")
    await clinic.settle()
    assert clinic.rung() == {"Dana": 1}
    assert await states(clinic) == [("Bob", "failed", 0), ("Dana", "delivered", 1)]


async def test_every_page_is_written_down_before_the_provider_has_it(clinic: Clinic) -> None:
    """cases.md 4: were it marked done first, a drop would have lost it."""
    clinic.fault("drop")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    assert await states(clinic) == [("Bob", "pending", 0)]
    await clinic.settle()
    assert await states(clinic) == [("Bob", "unknown", 1)]


async def forget_phone(url: str, name: str) -> None:
    connection = await owner(url)
    await connection.execute(
        "delete from contacts where kind = 'phone' and staff_id in (select id from staff where name = $1)",
        name,
    )
    await connection.close()
