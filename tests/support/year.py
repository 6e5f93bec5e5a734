"""What a story of a year needs: consents, check-ins, phones that say what they have shown, and what arrived on them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.support.clinic import Clinic, Person

Json = Any

LINS_PHONE = "+8619900000100"
CAREGIVERS_PHONE = "+8619900000101"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def today(clinic: Clinic) -> date:
    """The day at the site."""
    return clinic.trial.now().astimezone(SHANGHAI).date()


async def consent(alice: Person, lin: Person, role: str = "participant", phone: str = LINS_PHONE) -> None:
    """Alice records that somebody wants to be reminded by SMS."""
    path = f"/v1/participants/{lin.participant_id}/sms-consents/{role}"
    body = {"phone": phone, "consentedOn": today(alice.clinic).isoformat()}
    answer = await alice.put(path, body)
    assert answer.status_code == 200, answer.text


async def both_consent(alice: Person, lin: Person) -> None:
    """Lin and her caregiver both want SMS."""
    await consent(alice, lin)
    await consent(alice, lin, "caregiver", CAREGIVERS_PHONE)


async def check_in(lin: Person, made_at: datetime | None = None) -> Json:
    """Lin checks in, saying that she has vomited no blood; return her report."""
    body = {
        **lin.clinic.submission("participant", {"vomited-blood": "no"}),
        "formId": "check-in",
        "deviceTime": (made_at or lin.clinic.trial.now()).isoformat(),
    }
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def occasion(person: Person, kind: str, week: int) -> Json:
    """One occasion of the plan, as the app reads it."""
    listed = (await person.get("/v1/me/schedule")).json()["occasions"]
    return next(each for each in listed if (each["kind"], each["week"]) == (kind, week))


async def recorded(staff: Person, lin: Person, kind: str, week: int) -> Json:
    """One occasion of the plan, as the site reads it."""
    path = f"/v1/participants/{lin.participant_id}/schedule"
    listed = (await staff.get(path)).json()["occasions"]
    return next(each for each in listed if (each["kind"], each["week"]) == (kind, week))


async def record_visit(staff: Person, lin: Person, week: int, **change: str) -> Json:
    """Site staff say what has become of a visit."""
    answer = await staff.put(f"/v1/participants/{lin.participant_id}/visits/{week}", change)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def receipts(person: Person, event: str, *reminder_ids: str, version: int = 1) -> None:
    """A phone says what it has scheduled, shown, or opened."""
    at = person.clinic.trial.now().isoformat()
    entries = [{"reminderId": each, "event": event, "at": at} for each in reminder_ids]
    answer = await person.post("/v1/me/reminder-receipts", {"planVersion": version, "receipts": entries})
    assert answer.status_code == 204, answer.text


async def reminders(person: Person) -> Json:
    """What the phone should show."""
    answer = await person.get("/v1/me/reminders")
    assert answer.status_code == 200, answer.text
    return answer.json()


def arrived(clinic: Clinic, phone: str = LINS_PHONE, zone: ZoneInfo = SHANGHAI) -> list[str]:
    """When texts arrived on a phone, by its clock, oldest first: "2026-11-30 09:00"."""
    texts = clinic.emulator.phone(phone)
    return [each.received_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for each in texts]


def bodies(clinic: Clinic, phone: str = LINS_PHONE) -> list[str]:
    """What texts on a phone say, oldest first."""
    return [each.body for each in clinic.emulator.phone(phone)]


async def until_clock(
    clinic: Clinic, day: date, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI
) -> None:
    """Let trial time pass until a clock shows this on this day."""
    target = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    assert target >= clinic.trial.now(), "time never goes back"
    await clinic.demo.sandbox.advance_to(target)


def days(number: int) -> timedelta:
    return timedelta(days=number)
