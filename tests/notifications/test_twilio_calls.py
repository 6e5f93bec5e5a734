"""Calls over the provider's real protocol: how one is asked for, what becomes of it, and one whose answer was lost."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.protocol.routes import Channel
from notifications.emulator import Fault, FaultKind
from notifications.gateway import (
    KEY_PRESSED,
    Accepted,
    FailureClass,
    LookupFailedError,
    Receipt,
    ReceiptEvent,
    Refused,
    Unknown,
    receipt_event,
)
from notifications.twilio import TwilioAccount, TwilioGateway
from notifications.twilio_words import MalformedReceiptError, parse_call_status
from notifications.twiml import ask, tell
from tests.notifications.provider import (
    DANA,
    NOW,
    SENDER,
    Call,
    Desk,
    account,
    call,
    gateway_to,
    provider,
    stubborn,
    text,
)
from tests.support.http import serve

STATUSES = {
    "queued": "accepted",
    "initiated": "accepted",
    "ringing": "accepted",
    "in-progress": "accepted",
    "completed": "failed",
    "busy": "failed",
    "no-answer": "failed",
    "failed": "failed",
    "canceled": "failed",
    KEY_PRESSED: "delivered",
    "teleported": None,
}
"""Every status of a call in the provider's public document, `initiated` of its callbacks, and our own word."""


@pytest.mark.parametrize(("status", "event"), STATUSES.items())
def test_a_call_has_reached_somebody_when_a_key_was_pressed_and_by_nothing_else(
    status: str, event: ReceiptEvent | None
) -> None:
    assert receipt_event(status) == event
    assert event is None or event in get_args(ReceiptEvent)


def test_who_has_answered_does_not_decide() -> None:
    for answered_by in ("human", "machine_start", "unknown"):
        form = {"CallSid": "CA1", "CallStatus": "completed", "AnsweredBy": answered_by}
        receipt = parse_call_status(form, UUID(int=1))
        assert (receipt.event, receipt.provider_id) == ("failed", "CA1")


@pytest.mark.parametrize(
    "form", [{}, {"CallSid": "CA1"}, {"CallSid": "CA1", "CallStatus": "busy", "ErrorCode": "x"}]
)
def test_a_status_that_cannot_be_read_names_its_fields_only(form: dict[str, str]) -> None:
    with pytest.raises(MalformedReceiptError):
        parse_call_status(form, UUID(int=1))


async def asked_for(seconds: float = 60) -> dict[str, str]:
    seen: list[Call] = []
    async with serve(stubborn(201, b'{"sid": "CA1"}', seen)) as url, gateway_to(url) as gateway:
        assert await gateway.send(call(seconds=seconds)) == Accepted("CA1")
    (made,) = seen
    assert made.url.endswith("/Calls.json")
    return made.fields


async def test_a_call_says_its_words_twice_and_asks_for_one_key_of_its_attempt() -> None:
    fields = await asked_for()
    assert (fields["To"], fields["From"]) == (DANA, SENDER)
    attempt = f"?attempt={UUID(int=1)}"
    assert fields["StatusCallback"].endswith("/voice/status" + attempt)
    assert fields["Twiml"].count('<Say language="en-US">One task. Press 1 &amp; take it.</Say>') == 2
    assert f'/voice/keypad{attempt}">' in fields["Twiml"]
    assert fields["Twiml"].endswith('</Gather><Say language="en-US">Nothing was pressed.</Say></Response>')


@pytest.mark.parametrize(("seconds", "rings"), [(60, "30"), (12.5, "12"), (0, "1")])
async def test_a_phone_rings_for_less_than_the_call_may_take(seconds: float, rings: str) -> None:
    assert (await asked_for(seconds))["Timeout"] == rings


def test_what_is_said_is_escaped() -> None:
    assert '"https://x/?a=1&amp;again=1"' in ask("<&>", "", "zh-CN", "https://x/?a=1&again=1")
    assert '<Say language="zh-CN">&lt;&amp;&gt;</Say>' in tell("<&>", "zh-CN")


async def test_without_a_number_to_call_from_there_are_no_calls() -> None:
    mute: TwilioAccount = replace(account("http://127.0.0.1:9", "http://127.0.0.1:9/status", 1), voice=None)
    gateway = TwilioGateway(mute)
    assert gateway.channels == {Channel.SMS}
    assert await gateway.send(call()) == Refused(FailureClass.CONFIGURATION, 0)


async def ringing(desk: Desk, *faults: Fault) -> str:
    desk.emulator.script(*faults)
    outcome = await desk.gateway.send(call())
    assert isinstance(outcome, Accepted)
    await desk.emulator.idle()
    return outcome.provider_id


async def test_every_progress_of_a_call_is_reported_for_its_attempt() -> None:
    async with provider() as desk:
        await ringing(desk)
        await desk.emulator.switchboard.pick_up(DANA)
        assert desk.receiver.statuses == ["initiated", "ringing", "in-progress", "completed"]
        assert all(each.url.endswith(f"?attempt={UUID(int=1)}") for each in desk.receiver.taken)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.BUSY, "busy"),
        (FaultKind.CALL_FAILED, "failed"),
        (FaultKind.VOICEMAIL, "completed"),
    ],
)
async def test_asking_brings_the_same_receipt_as_the_provider_has_reported(
    kind: FaultKind, status: str
) -> None:
    async with provider() as desk:
        sid = await ringing(desk, Fault(kind=kind))
        expected = Receipt(attempt_id=UUID(int=7), provider_id=sid, status=status)
        assert await desk.gateway.status(call(attempt=7), sid) == expected
        assert desk.receiver.statuses[-1] == status


async def test_a_phone_that_rings_still_has_no_receipt_yet() -> None:
    async with provider() as desk:
        sid = await ringing(desk)
        assert await desk.gateway.status(call(), sid) is None
        assert await desk.gateway.status(call(), "CA" + "0" * 32) is None


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (21211, FailureClass.NUMBER),
        (21214, FailureClass.NUMBER),
        (21217, FailureClass.NUMBER),
        (21210, FailureClass.CONFIGURATION),
        (21215, FailureClass.CONFIGURATION),
        (21216, FailureClass.CONFIGURATION),
        (21219, FailureClass.CONFIGURATION),
        (29999, FailureClass.UNLISTED),
    ],
)
async def test_every_code_a_call_is_refused_with_has_its_class(code: int, failure: FailureClass) -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.REFUSE, code=code, channel="voice"))
        assert await desk.gateway.send(call()) == Refused(failure, code)
        assert isinstance(await desk.gateway.send(text()), Accepted), "a fault of calls spares texts"


async def test_a_lost_call_is_found_where_it_is_the_only_one() -> None:
    async with provider() as desk:
        assert await desk.gateway.find(call(), NOW) is None
        desk.emulator.script(Fault(kind=FaultKind.ERROR_AFTER_ACCEPT, times=1))
        assert await desk.gateway.send(call()) == Unknown("HTTP 500")
        (made,) = desk.emulator.switchboard.calls
        assert await desk.gateway.find(call(), NOW) == Accepted(made.sid)
        assert await desk.gateway.find(call(to="+447700900009"), NOW) is None
        assert await desk.gateway.find(call(), NOW + timedelta(minutes=2)) is None


async def test_one_of_two_calls_to_a_number_is_taken_for_none() -> None:
    async with provider() as desk:
        await ringing(desk)
        await ringing(desk)
        assert await desk.gateway.find(call(), NOW) is None


async def test_a_call_that_never_rang_is_not_found() -> None:
    async with provider() as desk:
        await ringing(desk, Fault(kind=FaultKind.CALL_FAILED))
        assert await desk.gateway.find(call(), NOW) is None


async def test_a_provider_that_does_not_answer_has_found_nothing_and_says_so() -> None:
    async with serve(stubborn(500, b"{}", [])) as url, gateway_to(url) as gateway:
        with pytest.raises(LookupFailedError):
            await gateway.find(call(), NOW)
        with pytest.raises(LookupFailedError):
            await gateway.status(call(), "CA1")
