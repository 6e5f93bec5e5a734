"""An answer by SMS: the recipient's own, for the round that rang; and nobody is silenced unseen (cases.md 12, 15)."""

import re
from uuid import uuid4

import httpx
import pytest

from domain.people import ContactKind
from domain.records.rows import transaction
from notifications.emulator.callbacks import sign
from notifications.twiml import NOTHING, text
from tests.support.clinic import Clinic, Person
from tests.support.phones import BOBS, DANAS, give_phone, old_phone, staff_id, texts_on
from tests.support.problems import refused
from tests.support.protocol import spoken
from tests.support.watch import EMERGENCY, alert_of, page_of, take

INBOUND = "/webhooks/twilio/inbound"
DANA = old_phone("Dana")


@pytest.fixture
async def caregiver(clinic: Clinic) -> Person:
    """Bob and Dana have phones whose texts reach us; Lin's caregiver has reported, and Bob is rung."""
    await give_phone(clinic, "Bob", BOBS)
    await give_phone(clinic, "Dana", DANAS)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    return caregiver


def code_on(clinic: Clinic, number: str) -> str:
    """The code of the newest text on a phone."""
    found = re.search(r"回复([0-9A-Z]{4})", texts_on(clinic, number)[-1])
    assert found is not None, texts_on(clinic, number)
    return found[1]


async def bell(clinic: Clinic) -> tuple[str, str]:
    """The state of the newest alert, and who holds it."""
    alert = await alert_of(await clinic.staff("Frank"))
    return alert["state"], alert.get("acknowledgedBy", "")


def answered(said: str) -> str:
    """The answer to a text, as the provider gets it."""
    return text(spoken(f"sms.reply.{said}"))


@pytest.mark.parametrize("written", ["{0}", " {0} \n", "{1}.", "yes {1}"])
async def test_the_code_from_his_own_phone_takes_the_alert(
    clinic: Clinic, caregiver: Person, written: str
) -> None:
    code = code_on(clinic, BOBS)
    answer = await clinic.emulator.reply(BOBS, written.format(code, code.lower()))
    assert answer == answered("taken")
    assert await bell(clinic) == ("acknowledged", "Bob")
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"


@pytest.mark.usefixtures("caregiver")
async def test_the_same_text_twice_is_answered_alike_and_written_once(clinic: Clinic) -> None:
    code = code_on(clinic, BOBS)
    first = await clinic.emulator.reply(BOBS, code)
    before = await clinic.everything()
    assert await clinic.emulator.reply(BOBS, code) == first == answered("taken")
    assert await clinic.everything() == before


@pytest.mark.usefixtures("caregiver")
async def test_the_same_code_from_somebody_elses_phone_takes_nothing(clinic: Clinic) -> None:
    before = await clinic.everything()
    assert await clinic.emulator.reply(DANAS, code_on(clinic, BOBS)) == answered("which")
    assert await clinic.everything() == before
    assert await bell(clinic) == ("open", "")


@pytest.mark.parametrize("written", ["NO {0}", "n {0}", "2 {0}", "{0} no"])
@pytest.mark.usefixtures("caregiver")
async def test_no_passes_it_on_at_once(clinic: Clinic, written: str) -> None:
    answer = await clinic.emulator.reply(BOBS, written.format(code_on(clinic, BOBS)))
    assert answer == answered("declined")
    await clinic.settle()
    assert len(texts_on(clinic, DANAS)) == 1
    assert await bell(clinic) == ("open", "")


async def test_an_old_code_after_a_new_round_takes_nothing(clinic: Clinic, caregiver: Person) -> None:
    old = code_on(clinic, BOBS)
    await caregiver.report({**EMERGENCY, "vomited-blood": "yes"})
    await clinic.settle()
    before = await clinic.everything()
    assert await clinic.emulator.reply(BOBS, old) == answered("too-late")
    assert await clinic.everything() == before
    assert await bell(clinic) == ("open", "")
    assert await clinic.emulator.reply(BOBS, code_on(clinic, BOBS)) == answered("taken")


@pytest.mark.usefixtures("caregiver")
async def test_a_code_after_a_colleague_has_taken_it_is_told_so_without_a_name(clinic: Clinic) -> None:
    code = code_on(clinic, BOBS)
    await take(await clinic.staff("Erin"))
    assert await clinic.emulator.reply(BOBS, code) == answered("held")
    assert await bell(clinic) == ("acknowledged", "Erin")


@pytest.mark.usefixtures("caregiver")
async def test_whoever_gives_back_what_she_holds_is_passed_by(clinic: Clinic) -> None:
    code = code_on(clinic, BOBS)
    await clinic.emulator.reply(BOBS, code)
    assert await clinic.emulator.reply(BOBS, f"no {code}") == answered("declined")
    await clinic.settle()
    assert await clinic.emulator.reply(BOBS, f"no {code}") == answered("declined"), "the same text again"
    assert await bell(clinic) == ("open", "")
    assert len(texts_on(clinic, DANAS)) == 1


@pytest.mark.parametrize("written", ["1", "ok", "Yes!", "2", "no"])
@pytest.mark.usefixtures("caregiver")
async def test_a_word_without_a_code_takes_and_passes_on_nothing(clinic: Clinic, written: str) -> None:
    """Who a text comes from can be forged; the code went to his phone alone."""
    before = await clinic.everything()
    assert await clinic.emulator.reply(BOBS, written) == answered("which")
    assert await clinic.everything() == before
    assert await bell(clinic) == ("open", "")


@pytest.mark.usefixtures("caregiver")
async def test_a_bare_yes_from_a_phone_that_was_not_rung_takes_nothing(clinic: Clinic) -> None:
    assert await clinic.emulator.reply(DANAS, "yes") == answered("which")
    assert await clinic.emulator.reply(BOBS, "who is this?") == answered("which")
    assert await bell(clinic) == ("open", "")


async def test_two_who_share_a_phone_answer_each_by_the_code(clinic: Clinic) -> None:
    await give_phone(clinic, "Bob", BOBS)
    await give_phone(clinic, "Dana", BOBS)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    bobs = code_on(clinic, BOBS)
    await clinic.advance(minutes=10)
    danas = code_on(clinic, BOBS)
    assert await clinic.emulator.reply(BOBS, "yes") == answered("which"), "it may be either of them"
    assert await bell(clinic) == ("open", "")
    assert danas != bobs
    await clinic.emulator.reply(BOBS, danas)
    assert await bell(clinic) == ("acknowledged", "Dana")


async def tasks(clinic: Clinic) -> list[tuple[str, str]]:
    """The open tasks: their kind, and what they are about."""
    found = (await (await clinic.staff("Alice")).get("/v1/tasks")).json()["tasks"]
    return [(each["kind"], each["aboutId"]) for each in found]


@pytest.mark.usefixtures("caregiver")
async def test_stop_from_a_responder_is_a_task_and_she_is_passed_at_once(clinic: Clinic) -> None:
    bob = str(await staff_id(clinic, "Bob"))
    assert await clinic.emulator.reply(BOBS, "STOP") == NOTHING
    assert await tasks(clinic) == [("coverage", bob)]
    await clinic.settle()
    assert len(texts_on(clinic, DANAS)) == 1, "what rings now does not wait for him"
    before = await clinic.everything()
    await clinic.emulator.reply(BOBS, "stop")
    assert await clinic.everything() == before
    _, other = await clinic.lin()
    await other.report(EMERGENCY)
    await clinic.advance(minutes=1)
    # He wants no texts, and may still be called; nobody picks up.
    assert (len(texts_on(clinic, BOBS)), len(texts_on(clinic, DANAS))) == (1, 2)


@pytest.mark.parametrize("word", ["START", "unstop"])
async def test_start_lets_him_be_rung_again(clinic: Clinic, word: str) -> None:
    await give_phone(clinic, "Bob", BOBS)
    await clinic.emulator.reply(BOBS, "unsubscribe")
    await clinic.emulator.reply(BOBS, word)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert len(texts_on(clinic, BOBS)) == 1


async def test_stop_from_a_participant_gives_her_number_up_and_is_a_task(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    alice, number = await clinic.staff("Alice"), "+15005550177"
    body = {"phone": number, "consentedOn": clinic.trial.now().date().isoformat()}
    path = f"/v1/participants/{lin.participant_id}/sms-consents/participant"
    assert (await alice.put(path, body)).status_code in {200, 201, 204}
    assert await clinic.emulator.reply(number, "hello?") == text(spoken("sms.reply.unread"))
    assert await clinic.emulator.reply(number, "STOP") == NOTHING
    assert [kind for kind, _ in await tasks(clinic)] == ["dead-number"]
    index = clinic.trial.vault.index(ContactKind.PHONE, number)
    async with transaction(clinic.trial.pool) as connection:
        since = await connection.fetchval("select unusable_since from contacts where blind_index = $1", index)
    assert since is not None


@pytest.mark.parametrize("number", ["+15005550199", DANA, "ZHONGNAN", ""])
async def test_a_stranger_and_a_country_without_replies_change_nothing(clinic: Clinic, number: str) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.advance(minutes=10)
    assert len(texts_on(clinic, DANA)) == 1
    before = await clinic.everything()
    for body in ("yes", "STOP", "NO", "K7Q4"):
        assert await clinic.emulator.reply(number, body) == NOTHING
    assert await clinic.everything() == before
    assert await bell(clinic) == ("open", "")


async def posted(clinic: Clinic, place: str, form: dict[str, str], signature: str | None) -> httpx.Response:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return await clinic.http.post(place, data=form, headers=headers)


@pytest.mark.usefixtures("caregiver")
async def test_what_the_provider_has_not_signed_is_refused_and_changes_nothing(clinic: Clinic) -> None:
    (call,) = clinic.emulator.switchboard.calls
    query = (call.callback_url or "").rpartition("?")[2]
    public, token = clinic.settings.public_url, clinic.settings.twilio_auth_token
    places = {
        f"/webhooks/twilio/voice/keypad?{query}": {"CallSid": call.sid, "Digits": "1"},
        f"/webhooks/twilio/voice/status?{query}": {"CallSid": call.sid, "CallStatus": "completed"},
        INBOUND: {"From": BOBS, "Body": code_on(clinic, BOBS)},
    }
    before = await clinic.everything()
    for place, form in places.items():
        for forged in (
            None,
            "",
            sign("another", public + place, form),
            sign(token, "https://attacker.example" + place, form),
            sign(token, public + place, {**form, "Digits": "2"}),
            sign(token, public + "/webhooks/twilio/status", form),
        ):
            refused(await posted(clinic, place, form, forged), 403, "webhook.signature")
    assert await clinic.everything() == before
    assert await bell(clinic) == ("open", "")


@pytest.mark.usefixtures("caregiver")
async def test_a_call_that_was_never_made_is_answered_by_nobody(clinic: Clinic) -> None:
    async with transaction(clinic.trial.pool) as connection:
        of_text = await connection.fetchval("select id from attempts where channel = 'sms'")
    form, public = {"CallSid": "CA1", "Digits": "1"}, clinic.settings.public_url
    for attempt, status, problem in (
        (str(uuid4()), 404, "not-found"),
        (str(of_text), 404, "not-found"),
        ("1", 400, "query.invalid"),
    ):
        place = f"/webhooks/twilio/voice/keypad?attempt={attempt}"
        signature = sign(clinic.settings.twilio_auth_token, public + place, form)
        refused(await posted(clinic, place, form, signature), status, problem)
    assert await bell(clinic) == ("open", "")
