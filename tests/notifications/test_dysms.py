"""The gateway to Dysms over the provider's real protocol: every outcome of a text, every lost answer."""

import asyncio
import logging
import subprocess
import sys
from uuid import UUID

import pytest

from notifications.dysms import DysmsGateway
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
from tests.notifications.dysms_provider import (
    BOB,
    FILLED,
    NOW,
    SECRET,
    SHOWN,
    TEMPLATES,
    account,
    gateway_to,
    nobody_answers,
    provider,
    sent,
    text,
)
from tests.notifications.provider import Call, closed_port, stubborn
from tests.support.http import serve

CLASSES = {
    FailureClass.NUMBER: ("isv.MOBILE_NUMBER_ILLEGAL",),
    FailureClass.CONFIGURATION: (
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.DAY_LIMIT_CONTROL",
        "isp.RAM_PERMISSION_DENY",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
    ),
    FailureClass.CONTENT: ("isv.BLACK_KEY_CONTROL_LIMIT", "isv.SMS_CONTENT_ILLEGAL"),
    FailureClass.TRANSIENT: ("Throttling.User",),
    FailureClass.UNLISTED: ("isv.BUSINESS_LIMIT_CONTROL", "isv.SOMETHING_NEW"),
}


async def test_a_text_that_is_accepted_reaches_the_phone_once_as_it_was_registered() -> None:
    async with provider() as desk:
        biz_id = await sent(desk)
        [received] = desk.emulator.phone(BOB)
    assert (received.sid, received.body) == (biz_id, SHOWN)


async def test_its_report_names_the_attempt_and_the_provider_s_id() -> None:
    async with provider() as desk:
        biz_id = await sent(desk, attempt=7)
        [item] = desk.receiver.items
    assert (item["out_id"], item["biz_id"], item["success"]) == (str(UUID(int=7)), biz_id, True)


async def test_a_template_is_filled_with_code_and_minutes_and_with_nothing_else() -> None:
    seen: list[Call] = []
    async with serve(stubborn(200, b'{"Code": "OK", "BizId": "1"}', seen)) as url, gateway_to(url) as gateway:
        await gateway.send(text(parameters={**FILLED, "name": "Lin"}))
        await gateway.send(text(template="sms.exhausted", parameters={"code": "K7Q4"}))
    assert [call.fields["TemplateParam"] for call in seen] == [
        '{"code": "K7Q4", "minutes": "15"}',
        '{"code": "K7Q4"}',
    ]
    assert seen[0].fields["PhoneNumbers"] == BOB.removeprefix("+86")
    assert "a text that this provider never gets" not in str(seen)


@pytest.mark.parametrize(
    "sms", [text(template="sms.visit"), text(template=""), text("+447700900002"), text("+85261234567")]
)
async def test_a_text_without_a_registered_template_or_for_another_country_is_not_even_asked_for(
    sms: object,
) -> None:
    async with provider() as desk:
        assert await desk.gateway.send(sms) == Refused(FailureClass.CONFIGURATION, 0)  # type: ignore[arg-type]
        assert desk.emulator.nonces == set()


async def test_every_code_the_provider_refuses_with_has_its_class() -> None:
    expected = {code: Refused(failure, 0, code) for failure, codes in CLASSES.items() for code in codes}
    outcomes: dict[str, SendOutcome] = {}
    async with provider() as desk:
        for code in expected:
            desk.emulator.script(Fault(kind=FaultKind.REFUSE, reason=code))
            outcomes[code] = await desk.gateway.send(text())
        assert desk.emulator.texts == ()
    assert outcomes == expected


async def test_a_wrong_secret_is_a_fault_of_configuration() -> None:
    async with provider(secret="another") as desk:
        outcome = await desk.gateway.send(text())
        assert desk.emulator.texts == ()
    assert outcome == Refused(FailureClass.CONFIGURATION, 0, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("fault", "outcome", "accepted"),
    [
        (Fault(kind=FaultKind.RATE_LIMIT), Refused(FailureClass.TRANSIENT, 0, "Throttling.User"), 0),
        (Fault(kind=FaultKind.DOWN), Unknown("ServiceUnavailable"), 0),
        (Fault(kind=FaultKind.DROP), Unknown("ServerDisconnectedError"), 0),
        (Fault(kind=FaultKind.ERROR_AFTER_ACCEPT), Unknown("InternalError"), 1),
        (Fault(kind=FaultKind.TIMEOUT), Unknown("timed out"), 1),
        (Fault(kind=FaultKind.REFUSE, reason="isp.SYSTEM_ERROR"), Unknown("isp.SYSTEM_ERROR"), 0),
    ],
)
async def test_what_the_provider_did_not_say_is_never_guessed(
    fault: Fault, outcome: SendOutcome, accepted: int
) -> None:
    async with provider(call_timeout=0.3 if fault.kind is FaultKind.TIMEOUT else 5.0) as desk:
        desk.emulator.script(fault)
        assert await desk.gateway.send(text()) == outcome
        assert len(desk.emulator.texts) == accepted


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (429, b"", Refused(FailureClass.TRANSIENT, 0)),
        (302, b"", Refused(FailureClass.UNLISTED, 0)),
        (400, b'{"Code": null}', Refused(FailureClass.UNLISTED, 0)),
        (403, b"<html>a proxy</html>", Refused(FailureClass.UNLISTED, 0)),
        (403, b'{"Code": "Forbidden.RAM"}', Refused(FailureClass.CONFIGURATION, 0, "Forbidden.RAM")),
        (400, b'{"Code": "no 13800000001"}', Refused(FailureClass.UNLISTED, 0)),
        (502, b"<html>a proxy</html>", Unknown("HTTP 502")),
        (500, b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}', Unknown("isv.MOBILE_NUMBER_ILLEGAL")),
        (200, b"<html>", Unknown("answer without a code")),
        (200, b"[]", Unknown("answer without a code")),
        (200, b"\xff", Unknown("answer without a code")),
        (200, b'{"Code": "OK"}', Unknown("answer without a BizId")),
        (200, b'{"Code": 7, "BizId": "1"}', Unknown("answer without a code")),
    ],
)
async def test_strange_answers_have_their_outcome_and_are_asked_once(
    status: int, body: bytes, outcome: SendOutcome
) -> None:
    seen: list[Call] = []
    async with serve(stubborn(status, body, seen)) as url, gateway_to(url) as gateway:
        assert await gateway.send(text()) == outcome
    assert len(seen) == 1


async def test_a_connection_that_was_never_made_is_safe_to_repeat() -> None:
    async with gateway_to(f"http://127.0.0.1:{closed_port()}") as gateway:
        assert await gateway.send(text()) == Refused(FailureClass.TRANSIENT, 0)


async def test_a_call_takes_no_longer_than_it_may() -> None:
    server = await asyncio.start_server(nobody_answers, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, gateway_to(url, call_timeout=0.2) as gateway:
        assert await gateway.send(text()) == Unknown("timed out")
        with pytest.raises(LookupFailedError, match="timed out"):
            await gateway.find(text(), NOW)


async def test_neither_the_process_s_environment_nor_its_files_decide_where_and_as_whom_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = f"http://127.0.0.1:{closed_port()}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere)
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "CREDENTIALS_FILE", "USER_AGENT"):
        monkeypatch.setenv(f"ALIBABA_CLOUD_{name}", "somebody else")
    monkeypatch.setenv("DEBUG", "sdk")
    async with provider() as desk:
        assert isinstance(await desk.gateway.send(text()), Accepted)


async def test_no_number_or_text_gets_into_a_log_or_an_outcome(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    strange = "+8699"
    async with provider() as desk:
        refused = await desk.gateway.send(text(strange))
        await sent(desk)
        await desk.gateway.find(text(), NOW)
        await desk.gateway.status(text(), "")
    said = caplog.text + repr(refused) + "".join(capfd.readouterr())
    assert refused == Refused(FailureClass.NUMBER, 0, "isv.MOBILE_NUMBER_ILLEGAL")
    assert all(word not in said for word in (strange, BOB, BOB[3:], FILLED["code"], SECRET))


async def test_a_closed_gateway_opens_again_at_the_next_text() -> None:
    async with provider() as desk:
        await desk.gateway.send(text())
        await desk.gateway.close()
        assert isinstance(await desk.gateway.send(text(attempt=2)), Accepted)


def test_the_gateway_is_one_and_shows_no_secret() -> None:
    secrets = account("http://127.0.0.1:9")
    gateway: Gateway = DysmsGateway(secrets)
    assert SECRET not in repr(secrets) + repr(gateway)


def test_without_an_endpoint_it_calls_the_provider_s_own_host() -> None:
    own = DysmsGateway(account(None, templates=TEMPLATES))
    assert own.place == ("https", "dysmsapi.aliyuncs.com")


def test_what_the_program_imports_at_its_start_leaves_the_library_out() -> None:
    code = "import sys, api.cli, api.wiring; print([n for n in sys.modules if n.startswith('alibabacloud')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert done.stdout.strip() == "[]"
