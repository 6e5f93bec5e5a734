"""An app's developer or a trainer with the phones of the sandbox: reading, answering, picking up."""

from tests.support.answering import code_in
from tests.support.clinic import Clinic
from tests.support.phones import BOBS, give_phone, texts_on
from tests.support.problems import refused
from tests.support.protocol import spoken
from tests.support.watch import EMERGENCY, alert_of

PHONE = f"/sandbox/phones/{BOBS}"


async def test_a_phone_shows_its_calls_and_answers_them(clinic: Clinic) -> None:
    await give_phone(clinic, "Bob", BOBS)
    refused(await clinic.http.post(f"{PHONE}/keys", json={"digits": "1"}), 404, "not-found")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    phone = (await clinic.http.get(f"{PHONE}/messages")).json()
    assert [len(phone["messages"]), [each["status"] for each in phone["calls"]]] == [1, ["ringing"]]
    answer = await clinic.http.post(f"{PHONE}/keys", json={"digits": "1"})
    assert (answer.status_code, answer.json()) == (200, {"words": [spoken("voice.taken")]})
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "acknowledged"


async def test_a_phone_sends_a_text_and_is_told_what_came_of_it(clinic: Clinic) -> None:
    await give_phone(clinic, "Bob", BOBS)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    answer = await clinic.http.post(f"{PHONE}/replies", json={"body": code_in(texts_on(clinic, BOBS)[0])})
    assert answer.status_code == 200
    assert spoken("sms.reply.taken") in answer.json()["twiml"]
    assert (await alert_of(await clinic.staff("Bob")))["state"] == "acknowledged"


async def test_a_number_without_its_plus_is_not_taken_for_a_phone_that_nobody_rang(ward: Clinic) -> None:
    for number in (BOBS.removeprefix("+"), "bob", "+86"):
        phone = f"/sandbox/phones/{number}"
        refused(await ward.http.get(f"{phone}/messages"), 404, "not-found")
        refused(await ward.http.post(f"{phone}/replies", json={"body": "K7Q4"}), 404, "not-found")
        refused(await ward.http.post(f"{phone}/keys", json={"digits": "1"}), 404, "not-found")
    silent = await ward.http.get("/sandbox/phones/%2B8619900000777/messages")
    assert (silent.status_code, silent.json()) == (200, {"messages": [], "calls": []})
