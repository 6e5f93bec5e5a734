"""The gateway over the provider's real protocol: every outcome of a text, every lost answer."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.emulator import Fault, FaultKind
from notifications.gateway import (
    Accepted,
    FailureClass,
    Gateway,
    LookupFailedError,
    Refused,
    SendOutcome,
    Unknown,
)
from notifications.twilio import TwilioGateway
from notifications.twilio_words import parse_status
from tests.notifications.provider import (
    BOB,
    BODY,
    DANA,
    NOW,
    SENDER,
    SERVICE_SID,
    TOKEN,
    Call,
    account,
    closed_port,
    gateway_to,
    provider,
    stubborn,
    text,
)
from tests.support.http import serve

CLASSES = {
    FailureClass.NUMBER: (21211, 21614, 21635, 30005, 30006),
    FailureClass.CONSENT: (21610,),
    FailureClass.CONFIGURATION: (20003, 21212, 21408, 21606, 60220, 30042),
    FailureClass.CONTENT: (30007,),
    FailureClass.TRANSIENT: (20429, 20500, 20503, 21611, 30001, 30003, 30008, 30500),
    FailureClass.UNLISTED: (21703, 63999),
}


async def test_a_text_that_is_accepted_reaches_the_phone_once() -> None:
    async with provider() as desk:
        outcome = await desk.gateway.send(text())
        await desk.emulator.idle()
        [received] = desk.emulator.phone(BOB)
    assert outcome == Accepted(received.sid)
    assert received.body == BODY


async def test_its_receipts_name_the_attempt_and_the_provider_s_sid() -> None:
    async with provider() as desk:
        outcome = await desk.gateway.send(text(attempt=7))
        await desk.emulator.idle()
        last = desk.receiver.taken[-1]
    assert last.url.endswith(f"?attempt={UUID(int=7)}")
    receipt = parse_status(last.fields, UUID(int=7))
    assert outcome == Accepted(receipt.provider_id)
    assert receipt.status == "delivered"


async def asked_for(sender: str = SENDER, valid_for: timedelta = timedelta(minutes=10)) -> dict[str, str]:
    seen: list[Call] = []
    async with (
        serve(stubborn(201, b'{"sid": "SM1"}', seen)) as url,
        gateway_to(url, sender=sender) as gateway,
    ):
        await gateway.send(text(valid_for=valid_for))
    [call] = seen
    return call.fields


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [
        (timedelta(milliseconds=400), "1"),
        (timedelta(0), "1"),
        (timedelta(minutes=10), "600"),
        (timedelta(seconds=90, milliseconds=900), "90"),
        (timedelta(days=2), "36000"),
    ],
)
async def test_the_validity_period_stays_within_what_the_provider_accepts(
    valid_for: timedelta, seconds: str
) -> None:
    assert (await asked_for(valid_for=valid_for))["ValidityPeriod"] == seconds


async def test_a_number_sends_as_from_and_a_service_as_messaging_service() -> None:
    by_number, by_service = await asked_for(SENDER), await asked_for(SERVICE_SID)
    assert (by_number["From"], "MessagingServiceSid" in by_number) == (SENDER, False)
    assert (by_service["MessagingServiceSid"], "From" in by_service) == (SERVICE_SID, False)


async def test_every_code_the_provider_refuses_with_has_its_class() -> None:
    expected = {code: Refused(failure, code) for failure, codes in CLASSES.items() for code in codes}
    outcomes: dict[int, SendOutcome] = {}
    async with provider() as desk:
        for code in expected:
            desk.emulator.script(Fault(kind=FaultKind.REFUSE, code=code))
            outcomes[code] = await desk.gateway.send(text())
        assert desk.emulator.messages == ()
    assert outcomes == expected


@pytest.mark.parametrize(
    ("kind", "outcome", "accepted"),
    [
        (FaultKind.RATE_LIMIT, Refused(FailureClass.TRANSIENT, 20429), 0),
        (FaultKind.DROP, Unknown("ServerDisconnectedError"), 0),
        (FaultKind.ERROR_AFTER_ACCEPT, Unknown("HTTP 500"), 1),
        (FaultKind.TIMEOUT, Unknown("timed out"), 1),
    ],
)
async def test_what_the_provider_did_not_say_is_never_guessed(
    kind: FaultKind, outcome: SendOutcome, accepted: int
) -> None:
    async with provider(call_timeout=0.3 if kind is FaultKind.TIMEOUT else 5.0) as desk:
        desk.emulator.script(Fault(kind=kind))
        assert await desk.gateway.send(text()) == outcome
        assert len(desk.emulator.messages) == accepted


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (429, b"", Refused(FailureClass.TRANSIENT, 0)),
        (429, b'{"code": 14107, "message": "slow down"}', Refused(FailureClass.TRANSIENT, 14107)),
        (302, b"", Refused(FailureClass.UNLISTED, 0)),
        (400, b'{"code": null}', Refused(FailureClass.UNLISTED, 0)),
        (403, b"<html>a proxy</html>", Refused(FailureClass.UNLISTED, 0)),
        (
            400,
            b'{"type": "t", "title": "t", "status": 400, "code": 21610}',
            Refused(FailureClass.CONSENT, 21610),
        ),
        (503, b'{"type": "t", "title": "t", "status": 503, "code": 20503}', Unknown("HTTP 503")),
        (502, b"<html>a proxy</html>", Unknown("HTTP 502")),
        (500, b'{"code": 21211, "message": "it may have been accepted"}', Unknown("HTTP 500")),
        (201, b"<html>", Unknown("JSONDecodeError")),
        (201, b"[]", Unknown("AttributeError")),
        (201, b"", Unknown("answer without a sid")),
    ],
)
async def test_strange_answers_have_their_outcome_and_are_asked_once(
    status: int, body: bytes, outcome: SendOutcome
) -> None:
    seen: list[Call] = []
    async with serve(stubborn(status, body, seen)) as url, gateway_to(url) as gateway:
        assert await gateway.send(text()) == outcome
    assert [call.method for call in seen] == ["POST"]


async def test_a_connection_that_was_never_made_is_safe_to_repeat() -> None:
    async with gateway_to(f"http://127.0.0.1:{closed_port()}") as gateway:
        assert await gateway.send(text()) == Refused(FailureClass.TRANSIENT, 0)


async def test_the_process_s_environment_cannot_turn_calls_to_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    async with provider() as desk:
        assert isinstance(await desk.gateway.send(text()), Accepted)


async def test_no_number_or_text_gets_into_a_log_or_an_outcome(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    unreachable = "+12"
    async with provider() as desk:
        refused = await desk.gateway.send(text(unreachable))
        await desk.gateway.send(text())
        await desk.gateway.find(text(), NOW)
        await desk.emulator.idle()
    assert refused == Refused(FailureClass.NUMBER, 21211)
    assert all(word not in caplog.text + repr(refused) for word in (unreachable, BOB, BOB[1:], BODY))


@pytest.mark.parametrize("kind", [FaultKind.ERROR_AFTER_ACCEPT, FaultKind.TIMEOUT])
async def test_a_text_whose_answer_was_lost_is_found(kind: FaultKind) -> None:
    async with provider(call_timeout=0.3) as desk:
        desk.emulator.script(Fault(kind=kind), Fault(kind=FaultKind.NO_RECEIPT))
        assert isinstance(await desk.gateway.send(text()), Unknown)
        await desk.emulator.idle()
        [kept] = desk.emulator.messages
        assert await desk.gateway.find(text(), NOW) == Accepted(kept.sid)


async def test_a_text_the_provider_never_got_is_not_found() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.DROP))
        await desk.gateway.send(text())
        assert await desk.gateway.find(text(), NOW) is None


async def test_neither_another_person_s_nor_another_text_is_taken_for_the_lost_one() -> None:
    async with provider() as desk:
        await desk.gateway.send(text())
        assert await desk.gateway.find(text(DANA), NOW) is None
        assert await desk.gateway.find(text(body=BODY + " "), NOW) is None


async def test_only_a_text_of_the_right_time_is_found_give_or_take_a_minute() -> None:
    async with provider() as desk:
        outcome = await desk.gateway.send(text())
        assert await desk.gateway.find(text(), NOW + timedelta(seconds=60)) == outcome
        assert await desk.gateway.find(text(), NOW + timedelta(seconds=61)) is None


async def test_of_two_equal_texts_the_newer_is_found_and_a_failed_one_never() -> None:
    async with provider() as desk:
        await desk.gateway.send(text())
        newer = await desk.gateway.send(text())
        desk.emulator.script(Fault(kind=FaultKind.UNDELIVERED, code=30003))
        await desk.gateway.send(text())
        await desk.emulator.idle()
        assert await desk.gateway.find(text(), NOW) == newer


@pytest.mark.parametrize("status", [500, 429, 401, 200])
async def test_a_provider_that_cannot_be_asked_is_not_a_provider_that_has_nothing(status: int) -> None:
    async with serve(stubborn(status, f'{{"to": "{BOB}"}}'.encode(), [])) as url, gateway_to(url) as gateway:
        with pytest.raises(LookupFailedError) as caught:
            await gateway.find(text(), NOW)
    assert BOB not in repr(caught.value)
    assert caught.value.__context__ is None


async def test_a_closed_gateway_opens_again_at_the_next_text() -> None:
    async with provider() as desk:
        await desk.gateway.send(text())
        await desk.gateway.close()
        assert isinstance(await desk.gateway.send(text()), Accepted)


def test_the_gateway_is_one_and_shows_no_secret() -> None:
    secrets = account("http://127.0.0.1:9", "http://127.0.0.1:9/status", 1.0)
    gateway: Gateway = TwilioGateway(secrets)
    assert TOKEN not in repr(secrets) + repr(gateway)
