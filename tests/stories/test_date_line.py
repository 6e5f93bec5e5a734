"""Whoever crosses the date line while a text waits for her phone is told once, by what holds where she has come to."""

from datetime import date
from zoneinfo import ZoneInfo

from tests.support.clinic import Clinic, Person
from tests.support.year import (
    arrived,
    check_in,
    consent,
    days,
    occasion,
    receipts,
    record_visit,
    reminders,
    today,
    until_clock,
)

PAGO_PAGO, KIRITIMATI = ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Pacific/Kiritimati")
"""25 hours apart."""


async def travel(lin: Person, to: ZoneInfo) -> None:
    etag = (await lin.get("/v1/me")).headers["etag"]
    answer = await lin.call("PATCH", "/v1/me", {"timeZone": to.key}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def set_alarms(lin: Person) -> None:
    """Her phone sets all alarms, and says so."""
    listed = (await reminders(lin))["reminders"]
    await receipts(lin, "scheduled", *(each["reminderId"] for each in listed))


async def test_a_text_that_waits_is_not_sent_after_the_one_that_follows_it(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    await consent(alice, lin)
    target = date.fromisoformat((await occasion(lin, "check-in", 2))["targetDate"])
    await until_clock(clinic, target - days(7), 10)
    await check_in(lin)
    await record_visit(alice, lin, 1, action="complete", completedOn=today(clinic).isoformat())
    # Nothing but the check-in is told of on its day.
    await until_clock(clinic, target - days(1), 10)
    await record_visit(alice, lin, 2, action="complete", completedOn=today(clinic).isoformat())
    await until_clock(clinic, target, 7)
    await travel(lin, PAGO_PAGO)
    await set_alarms(lin)
    await until_clock(clinic, target, 9, 10, PAGO_PAGO)
    before = arrived(clinic, zone=KIRITIMATI)

    # There it is ten past ten on the next day, and high time for the second reminder.
    await travel(lin, KIRITIMATI)
    await clinic.advance(hours=4)

    assert arrived(clinic, zone=KIRITIMATI) == [*before, f"{target + days(1)} 10:10"]
