"""The roads on which canaries are carried: people who come in, a year, refusals, failures, an emergency, its answer."""

import argparse
import re
from uuid import uuid4

import pyotp
import pytest

from api import commands, pin_command
from api.recruiting import SignIn
from api.seed import SITE_NAME
from domain.records import reports
from domain.records.writing import Writing
from domain.report import Report
from notifications.emulator import Fault, FaultKind
from tests.support.calendars import address
from tests.support.canaries import Canaries
from tests.support.clinic import SECRETS, Clinic, Person
from tests.support.proof import proof
from tests.support.sites import home, register
from tests.support.year import consent, days, today, until_clock

NADJA = "Nadja"
NADJAS_PHONE, NADJAS_EMAIL = "+15005557731", "kanarie.nadja@example.org"
LINS_PHONE, CAREGIVERS_PHONE, CALLED_PHONE = "+8619955512301", "+8619955512302", "+8619955512303"
WORDS = "我叫王小红 kanarie-in-free-text"


async def hired(listened: Clinic, planted: Canaries, capsys: pytest.CaptureFixture[str]) -> Person:
    """Nadja is set up by the operator's own commands, and is rung first beside Bob."""
    values = operator(listened)
    more = {"site": SITE_NAME, "email": NADJAS_EMAIL, "phone": NADJAS_PHONE}
    planted.plant("phone of staff", NADJAS_PHONE)
    planted.plant("e-mail of staff", NADJAS_EMAIL)
    asked = argparse.Namespace(name=NADJA, role="investigator", language="en", **more)
    assert await commands.add_staff(values, asked) == 0
    shown = capsys.readouterr().out
    password = planted.plant("password", re.search(r"password +(\S+)", shown)[1])  # type: ignore[index]
    secret = planted.plant("totp secret", re.search(r"secret=(\w+)", shown)[1])  # type: ignore[index]
    hours = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}
    on_call = argparse.Namespace(email=NADJAS_EMAIL, site=SITE_NAME, tier=1, **hours)
    assert await commands.add_shift(values, on_call) == 0
    assert await pin_command.set_pin(values, argparse.Namespace(email=NADJAS_EMAIL)) == 0
    planted.plant("pin", re.search(r"PIN +(\d+)", capsys.readouterr().out)[1])  # type: ignore[index]
    return await signed_in(listened, planted, password, secret)


def operator(listened: Clinic) -> dict[str, str]:
    settings = listened.settings
    return {
        **SECRETS,
        "NIGHTBELL_MODE": "sandbox",
        "NIGHTBELL_LOG_LEVEL": "debug",
        "DATABASE_URL": settings.database_url,
        "NIGHTBELL_PUBLIC_URL": settings.public_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_SENDER": settings.twilio_sender,
        "TWILIO_API_BASE_URL": str(settings.twilio_api_base_url),
    }


async def signed_in(listened: Clinic, planted: Canaries, password: str, secret: str) -> Person:
    device_id = str(uuid4())
    body = {"email": NADJAS_EMAIL, "password": password, "deviceId": device_id}
    wrong = {**body, "password": planted.plant("wrong password", "kanarie-wrong-password"), "totp": "000000"}
    assert (await listened.http.post("/v1/staff/sessions", json=wrong)).status_code == 401
    unknown = {**wrong, "email": planted.plant("unknown e-mail", "kanarie.nobody@example.org")}
    assert (await listened.http.post("/v1/staff/sessions", json=unknown)).status_code == 401
    right = {**body, "totp": pyotp.TOTP(secret).now()}
    answer = await listened.http.post("/v1/staff/sessions", json=right)
    assert answer.status_code == 201, answer.text
    return with_tokens(Person(listened, device_id, answer.json()), planted, "staff")


def with_tokens(person: Person, planted: Canaries, whose: str) -> Person:
    for name, token in person.tokens.items():
        if name.endswith("Token"):
            planted.plant(f"{name} of {whose}", token)
    return person


async def enrolled(alice: Person, planted: Canaries) -> tuple[Person, Person]:
    """Lin and her caregiver get codes, redeem them, and rotate their tokens."""
    answer = await register(alice, (await home(alice.clinic)).id, "ZN-KANARIE")
    participant_id = answer.json()["participantId"]
    path = f"/v1/participants/{participant_id}"
    given_on = (today(alice.clinic) - days(8)).isoformat()
    assert (await alice.post(f"{path}/administrations", {"givenOn": given_on})).status_code == 201
    both = []
    signed = {"consentedOn": given_on, "version": "v1"}
    for kind in ("data", "caregiver-access"):
        assert (await alice.put(f"{path}/consents/{kind}", signed)).status_code == 200
    for role in ("participant", "caregiver"):
        made = await alice.post(f"{path}/activation-codes", {"role": role, "language": "en"})
        code = planted.plant(f"code of the {role}", made.json()["code"])
        planted.plant(f"bare code of the {role}", code.replace("-", ""))
        person = with_tokens(await alice.clinic.activate(code), planted, role)
        person.participant_id = participant_id
        both.append(await rotated(person, planted, role))
        again = {"code": code, "deviceId": str(uuid4())}
        assert (await alice.clinic.http.post("/v1/activations", json=again)).status_code == 403
    return both[0], both[1]


async def rotated(person: Person, planted: Canaries, whose: str) -> Person:
    body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
    answer = await person.clinic.http.post("/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    person.tokens.update(answer.json())
    return with_tokens(person, planted, f"{whose}, rotated")


async def a_year(alice: Person, lin: Person, caregiver: Person, planted: Canaries) -> None:
    """Consents, reminders by text (one lost, one refused), a calendar, a visit that is moved for a reason."""
    clinic = alice.clinic
    await consent(alice, lin, phone=planted.plant("lin's phone", LINS_PHONE))
    await consent(alice, lin, "caregiver", planted.plant("caregiver's phone", CAREGIVERS_PHONE))
    for person, whose in ((lin, "lin"), (caregiver, "caregiver")):
        url = await address(person)
        planted.plant(f"calendar of {whose}", url.rsplit("/", 1)[1].removesuffix(".ics"))
        assert (await clinic.http.get(url)).status_code == 200
        assert (await clinic.http.post(url)).status_code == 405
    clinic.emulator.script(
        Fault(kind=FaultKind.ERROR_AFTER_ACCEPT, number=LINS_PHONE, times=1),
        Fault(kind=FaultKind.REFUSE, number=CAREGIVERS_PHONE, code=21211, times=1),
    )
    await until_clock(clinic, today(clinic) + days(2), 13)
    assert clinic.emulator.phone(LINS_PHONE)
    reason = planted.plant("reason of a visit", "kanarie-reason-of-a-visit")
    moved_to = (today(clinic) + days(5)).isoformat()
    body = {"action": "reschedule", "targetDate": moved_to, "reason": reason}
    answer = await alice.put(f"/v1/participants/{lin.participant_id}/visits/2", body)
    assert answer.status_code == 200, answer.text
    called = planted.plant("number to call", CALLED_PHONE)
    path = f"/v1/participants/{lin.participant_id}/phone-numbers/caregiver"
    assert (await alice.put(path, {"phone": called})).status_code == 200


async def refusals(clinic: Clinic, lin: Person, caregiver: Person, alice: Person, planted: Canaries) -> None:
    """Whatever is refused repeats nothing of what it was asked."""
    bad = planted.plant("bad value", "kanarie-bad-value")
    phone = planted.plant("bad phone", "+8619955512309000000000")
    path = f"/v1/participants/{lin.participant_id}"
    calls = [
        await lin.get(f"/v1/me/{bad}"),
        await lin.get(f"/v1/me?{bad}={bad}"),
        await lin.get(f"/v1/me/reports?cursor={bad}"),
        await lin.get(f"/v1/me/forms/{bad}/1"),
        await alice.put(f"{path}/sms-consents/participant", {"phone": phone, "consentedOn": "2026-01-01"}),
        await alice.put(f"{path}/sms-consents/participant", {"phone": bad, "consentedOn": bad, bad: bad}),
        await alice.put(f"{path}/sms-consents/{bad}", {"phone": bad}),
        await alice.post(f"{path}/activation-codes", {"role": "participant", bad: 1}),
        await alice.post(f"{path}/activation-codes", {"role": bad}),
        await alice.post("/v1/participants", {"subjectNumber": bad, "siteId": bad, "phase": bad}),
        await alice.post(f"{path}/activation-codes", {"role": "participant", "timeZone": bad}),
        await clinic.http.post("/v1/activations", json={"code": bad, "deviceId": str(uuid4())}),
        await clinic.http.post("/v1/activations", content=f'{{"code": "{bad}'.encode(), headers=JSON),
        await clinic.http.post("/v1/activations", content=bad.encode(), headers={"Content-Type": f"a/{bad}"}),
        await clinic.http.post("/v1/tokens", json={"refreshToken": bad, "deviceId": bad}),
        await clinic.http.get("/v1/me", headers={"Authorization": f"Bearer {bad}"}),
        await clinic.http.post("/webhooks/twilio/status", data={"MessageSid": bad, "To": LINS_PHONE}),
        await clinic.http.get(f"/a/{bad}"),
        await clinic.http.get(f"/v1/calendars/{bad}.ics"),
        await clinic.http.request(f"X{bad}", "/v1/me"),
        await caregiver.call("PATCH", "/v1/me", {"timeZone": bad}, headers={"If-Match": f'"{bad}"'}),
    ]
    assert [each.status_code for each in calls if each.is_success] == []


JSON = {"Content-Type": "application/json"}


async def failures(
    clinic: Clinic, caregiver: Person, planted: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses a row and quotes it; a body that is no JSON is kept, and nothing is said of it."""
    quoted = planted.plant("row that the database quotes", "kanarie-quoted-by-postgres")

    async def insert(writing: Writing, report: Report) -> None:
        await writing.connection.execute(
            "insert into tasks (id, site_id, participant_id, kind) values ($1, $2, $3, $4)",
            report.id,
            report.site_id,
            report.participant_id,
            quoted,
        )

    with monkeypatch.context() as broken:
        broken.setattr(reports, "insert", insert)
        assert (await caregiver.report({"cannot-be-woken": "yes"})).status_code == 500
    body = planted.plant("unreadable body", "kanarie-unreadable-body")
    bearer = {"Authorization": f"Bearer {caregiver.tokens['accessToken']}", **JSON}
    path = f"/v1/me/reports/{uuid4()}"
    answer = await clinic.http.put(path, content=f'{{"{body}": '.encode(), headers=bearer)
    assert answer.status_code == 400


async def an_emergency(clinic: Clinic, caregiver: Person, planted: Canaries) -> None:
    """It rings Nadja by text and call; the first try is refused in words that quote her number, the second is lost."""
    clinic.emulator.script(
        Fault(kind=FaultKind.RATE_LIMIT, number=NADJAS_PHONE, times=1),
        Fault(kind=FaultKind.ERROR_AFTER_ACCEPT, number=NADJAS_PHONE, times=1),
    )
    words = planted.plant("free text", WORDS)
    answers = {"cannot-be-woken": "yes", "free-text": words}
    wrong = {"temperature": float(planted.plant("number answered", "36.86421"))}
    choice = {"more-confused": planted.plant("choice answered", "kanarie-choice")}
    report_id = str(uuid4())
    assert (await caregiver.report({**answers, **choice}, report_id=report_id)).is_success
    # Another content under one id, and an answer of another form.
    assert (await caregiver.report({**answers, **wrong}, report_id=report_id)).status_code == 409
    await clinic.settle()
    await clinic.advance(minutes=2)
    links = re.findall(rf"{re.escape(clinic.demo.api_url)}/a/(\S+)", " ".join(texts(clinic)))
    assert links
    planted.plant("link token", links[-1])


def texts(clinic: Clinic) -> list[str]:
    return [each.body for each in clinic.emulator.phone(NADJAS_PHONE)]


async def answered(clinic: Clinic, nadja: Person, planted: Canaries) -> None:
    """Strange replies by text, a wrong PIN and the right one on the page, the numbers, a contact, a note, a digest."""
    said = planted.plant("reply", "kanarie-reply-by-text")
    await clinic.emulator.reply(NADJAS_PHONE, said)
    await clinic.emulator.reply(planted.plant("stranger's phone", "+15005558899"), said)
    await clinic.emulator.reply(LINS_PHONE, said)
    await clinic.emulator.reply(LINS_PHONE, "STOP")
    link = f"/a/{planted.planted['link token']}"
    assert (await clinic.http.get(link)).status_code == 200
    wrong = {"pin": planted.plant("wrong pin", "740283"), "action": "acknowledge"}
    assert (await clinic.http.post(link, data=wrong)).status_code == 422
    right = {"pin": planted.planted["pin"], "action": "acknowledge"}
    assert (await clinic.http.post(link, data=right)).status_code == 200
    (alert, *_) = (await nadja.get("/v1/alerts")).json()["alerts"]
    path = f"/v1/alerts/{alert['alertId']}"
    assert (await nadja.post(f"{path}/acknowledgements")).is_success
    shown = await nadja.post(f"{path}/contact-reveals")
    assert LINS_PHONE in shown.text
    assert (await nadja.post(f"{path}/contacts", {"outcome": "spoke-with-caregiver"})).is_success
    note = planted.plant("note of staff", "kanarie-note-of-staff")
    keys = SignIn(
        email=NADJAS_EMAIL,
        password=planted.planted["password"],
        totp_secret=planted.planted["totp secret"],
    )
    signed = {"version": (await nadja.get(path)).json()["version"], "proof": await proof(clinic, keys)}
    put_away = await nadja.post(f"{path}/resolution", {"disposition": "advised", "note": note, **signed})
    assert put_away.is_success, put_away.text
    await until_clock(clinic, today(clinic) + days(2), 12)
    assert clinic.emulator.mail_server.mails


async def signed_out(lin: Person, caregiver: Person, planted: Canaries) -> None:
    """Lin's phone says what it has shown and signs out; the caregiver's first refresh token is used by a thief."""
    body = {"refreshToken": planted.planted["refreshToken of caregiver"], "deviceId": str(uuid4())}
    assert (await lin.clinic.http.post("/v1/tokens", json=body)).status_code == 401
    assert (await caregiver.get("/v1/me")).status_code == 401
    held = await lin.get("/v1/me/export")
    assert (LINS_PHONE in held.text, CALLED_PHONE in held.text) == (True, False)
    listed = (await lin.get("/v1/me/reminders")).json()["reminders"]
    entries = [
        {"reminderId": listed[0]["reminderId"], "event": "shown", "at": lin.clinic.trial.now().isoformat()}
    ]
    told = {"planVersion": 1, "receipts": entries}
    assert (await lin.post("/v1/me/reminder-receipts", told)).status_code == 204
    for kind in ("sms", "caregiver-access"):
        assert (await lin.call("DELETE", f"/v1/me/consents/{kind}")).status_code == 204
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    assert (await lin.get("/v1/me")).status_code == 401
