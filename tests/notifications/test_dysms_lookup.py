"""Asking Dysms what became of a text: one whose answer was lost, and one whose report did not come."""

from datetime import timedelta
from uuid import UUID

import pytest

from notifications.emulator import Fault, FaultKind
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    Receipt,
    Unknown,
)
from tests.notifications.dysms_provider import (
    BOB,
    DANA,
    NOW,
    gateway_to,
    provider,
    sent,
    text,
)
from tests.notifications.provider import stubborn
from tests.support.http import serve


@pytest.mark.parametrize("kind", [FaultKind.ERROR_AFTER_ACCEPT, FaultKind.TIMEOUT])
async def test_a_text_whose_answer_was_lost_is_found(kind: FaultKind) -> None:
    async with provider(call_timeout=0.3) as desk:
        desk.emulator.script(Fault(kind=kind), Fault(kind=FaultKind.NO_RECEIPT))
        assert isinstance(await desk.gateway.send(text()), Unknown)
        await desk.emulator.idle()
        assert await desk.gateway.find(text(), NOW) == Accepted("")


async def test_a_text_the_provider_never_got_is_not_found() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.DROP))
        await desk.gateway.send(text())
        assert await desk.gateway.find(text(), NOW) is None


async def test_neither_another_person_s_nor_another_attempt_s_text_is_taken_for_the_lost_one() -> None:
    async with provider() as desk:
        await desk.gateway.send(text())
        assert await desk.gateway.find(text(DANA), NOW) is None
        assert await desk.gateway.find(text(attempt=2), NOW) is None
        assert await desk.gateway.find(text("+447700900002"), NOW) is None


@pytest.mark.parametrize(("before", "after"), [(0.5, 0.5), (0.5, 0), (0, 0.5)])
async def test_a_text_sent_at_midnight_in_china_is_found_by_either_clock(before: float, after: float) -> None:
    midnight = NOW.replace(hour=16, minute=0)
    async with provider() as desk:
        desk.clock.now = midnight + timedelta(minutes=after)
        await desk.gateway.send(text())
        assert await desk.gateway.find(text(), midnight - timedelta(minutes=before)) == Accepted("")
        desk.clock.now = midnight - timedelta(minutes=after)
        await desk.gateway.send(text(attempt=2))
        assert await desk.gateway.find(text(attempt=2), midnight + timedelta(minutes=before)) == Accepted("")


async def test_a_text_is_found_behind_more_than_a_page_of_others() -> None:
    async with provider() as desk:
        for attempt in range(1, 103):
            await desk.gateway.send(text(attempt=attempt))
        assert await desk.gateway.find(text(attempt=1), NOW) == Accepted("")
        assert await desk.gateway.find(text(attempt=200), NOW) is None


async def test_a_text_that_is_known_to_be_lost_is_not_found() -> None:
    async with provider() as desk:
        await sent(desk, Fault(kind=FaultKind.UNDELIVERED, reason="UNDELIV"))
        assert await desk.gateway.find(text(), NOW) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (429, b""),
        (401, b""),
        (200, b"[]"),
        (200, b'{"Code": "OK"}'),
        (200, b'{"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": ["13800000001"]}}'),
        (200, b'{"Code": "isp.RAM_PERMISSION_DENY", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}'),
    ],
)
async def test_a_provider_that_cannot_be_asked_is_not_a_provider_that_has_nothing(
    status: int, body: bytes
) -> None:
    async with serve(stubborn(status, body, [])) as url, gateway_to(url) as gateway:
        for asking in (gateway.find(text(), NOW), gateway.status(text(), "")):
            with pytest.raises(LookupFailedError) as caught:
                await asking
            assert BOB[3:] not in repr(caught.value)
            assert caught.value.__context__ is None


async def test_a_provider_that_is_down_cannot_be_asked() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.DOWN, number=BOB))
        with pytest.raises(LookupFailedError):
            await desk.gateway.find(text(), NOW)
        assert await desk.gateway.find(text(DANA), NOW) is None


@pytest.mark.parametrize("known", [True, False])
async def test_what_became_of_a_text_can_be_asked_for(known: bool) -> None:
    async with provider() as desk:
        biz_id = await sent(desk, Fault(kind=FaultKind.NO_RECEIPT))
        asked = biz_id if known else ""
        assert await desk.gateway.status(text(), asked) == Receipt(
            attempt_id=UUID(int=1), provider_id=asked, status="delivered"
        )
        assert await desk.gateway.status(text(), "another") is None
        desk.clock.now += timedelta(days=1)
        assert await desk.gateway.status(text(), asked) is not None


async def test_a_lost_text_says_why() -> None:
    async with provider() as desk:
        await sent(desk, Fault(kind=FaultKind.FAILED, reason="isv.SMS_CONTENT_ILLEGAL"))
        receipt = await desk.gateway.status(text(), "")
    assert receipt is not None
    assert (receipt.event, receipt.failure, receipt.reason) == (
        "failed",
        FailureClass.CONTENT,
        "isv.SMS_CONTENT_ILLEGAL",
    )


async def test_a_text_that_waits_for_the_carrier_has_no_receipt_yet() -> None:
    row = f'{{"SendStatus": 1, "OutId": "{UUID(int=1)}"}}'
    body = f'{{"Code": "OK", "SmsSendDetailDTOs": {{"SmsSendDetailDTO": [{row}]}}}}'.encode()
    async with serve(stubborn(200, body, [])) as url, gateway_to(url) as gateway:
        assert await gateway.status(text(), "") is None
        assert await gateway.find(text(), NOW) == Accepted("")
