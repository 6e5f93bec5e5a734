"""What the provider reports of calls, and keys: right whenever it comes and however often."""

from collections.abc import Mapping

import httpx
import pytest

from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from notifications.emulator.callbacks import sign
from tests.support.clinic import Clinic
from tests.support.phones import BOBS, give_phone, old_phone, texts_on
from tests.support.problems import refused
from tests.support.watch import EMERGENCY, alert_of

STATUS, KEYPAD = "/webhooks/twilio/voice/status", "/webhooks/twilio/voice/keypad"


class Caller:
    """The provider's side of a call to Bob, whose text has failed; this test tells the rest itself."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        (self.call,) = clinic.emulator.switchboard.calls
        self.query = (self.call.callback_url or "").rpartition("?")[2]

    async def post(self, path: str, form: Mapping[str, str], more: str = "") -> httpx.Response:
        place = f"{path}?{self.query}{more}"
        fields = {"CallSid": self.call.sid, **form}
        settings = self.clinic.settings
        signature = sign(settings.twilio_auth_token, settings.public_url + place, fields)
        headers = {"X-Twilio-Signature": signature}
        return await self.clinic.http.post(place, data=fields, headers=headers)

    async def tell(self, *statuses: str) -> None:
        for status in statuses:
            assert (await self.post(STATUS, {"CallStatus": status})).status_code == 204

    async def press(self, digits: str, more: str = "") -> str:
        answer = await self.post(KEYPAD, {"Digits": digits}, more)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        return answer.text

    async def state(self) -> tuple[str, str]:
        """The message's state and the last word on its attempt."""
        async with transaction(self.clinic.trial.pool) as connection:
            row = await connection.fetchrow(
                """
                select messages.state, receipt from attempts join messages on messages.id = message_id
                where attempts.id = $1
                """,
                self.query.removeprefix("attempt="),
            )
        assert row is not None
        return row["state"], row["receipt"]


@pytest.fixture
async def caller(clinic: Clinic) -> Caller:
    await give_phone(clinic, "Bob", BOBS)
    clinic.emulator.script(Fault(kind=FaultKind.UNDELIVERED, number=BOBS, code=30003, channel="sms"))
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    found = Caller(clinic)
    assert await found.state() == ("accepted", "ringing")
    return found


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_every_end_without_a_key_rings_the_next_person_at_once(caller: Caller, status: str) -> None:
    await caller.tell("in-progress", status, status)
    assert await caller.state() == ("failed", status)
    await caller.clinic.settle()
    assert len(texts_on(caller.clinic, old_phone("Dana"))) == 1


async def test_the_end_of_a_call_takes_no_key_back(caller: Caller) -> None:
    await caller.press("1")
    await caller.tell("completed", "ringing", "no-answer")
    assert await caller.state() == ("delivered", "key-pressed")
    await caller.clinic.settle()
    assert texts_on(caller.clinic, old_phone("Dana")) == []


async def test_a_key_that_comes_after_the_end_still_takes_the_alert(caller: Caller) -> None:
    await caller.tell("completed")
    await caller.clinic.settle()
    await caller.press("1")
    assert await caller.state() == ("delivered", "key-pressed")
    assert (await alert_of(await caller.clinic.staff("Bob")))["acknowledgedBy"] == "Bob"


@pytest.mark.parametrize("digits", ["1", "2"])
async def test_the_same_key_twice_is_answered_alike_and_written_once(caller: Caller, digits: str) -> None:
    first = await caller.press(digits)
    before = await caller.clinic.everything()
    assert await caller.press(digits) == first
    assert await caller.clinic.everything() == before


async def test_another_key_is_asked_for_once_more_and_only_once(caller: Caller) -> None:
    before = await caller.clinic.everything()
    for digits in ("3", "", "12", "*"):
        assert f"{caller.query}&amp;again=1" in await caller.press(digits)
        assert "<Gather" not in await caller.press(digits, "&again=1")
    assert await caller.clinic.everything() == before
    await caller.press("1", "&again=1")
    assert (await alert_of(await caller.clinic.staff("Bob")))["state"] == "acknowledged"


async def test_a_status_that_cannot_be_read_is_refused(caller: Caller) -> None:
    refused(await caller.post(STATUS, {"CallStatus": ""}), 422, "body.invalid")
    assert (await caller.post(STATUS, {"CallStatus": "teleported"}, "&other=1")).status_code == 204
    assert (await caller.post(STATUS, {"CallStatus": "teleported"})).status_code == 204
    assert (await caller.state())[0] == "accepted"
