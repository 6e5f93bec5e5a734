"""Asking the provider what became of a text whose receipt did not come."""

import asyncio
from uuid import UUID

import pytest

from notifications.emulator import Fault, FaultKind
from notifications.gateway import Accepted, FailureClass, LookupFailedError, Receipt
from tests.notifications.provider import BOB, Call, Desk, gateway_to, provider, stubborn, text
from tests.support.http import serve

NOBODY_IS_TOLD = Fault(kind=FaultKind.NO_RECEIPT)


async def sent(desk: Desk, *faults: Fault) -> str:
    desk.emulator.script(*faults)
    outcome = await desk.gateway.send(text())
    assert isinstance(outcome, Accepted)
    return outcome.provider_id


async def test_a_text_whose_receipt_was_lost_is_known_to_be_delivered_by_asking() -> None:
    async with provider() as desk:
        sid = await sent(desk, NOBODY_IS_TOLD)
        await desk.emulator.idle()
        receipt = await desk.gateway.status(text(attempt=7), sid)
    assert receipt == Receipt(attempt_id=UUID(int=7), provider_id=sid, status="delivered")
    assert receipt.event == "delivered"


@pytest.mark.parametrize("kind", [FaultKind.UNDELIVERED, FaultKind.FAILED])
async def test_asking_brings_the_same_receipt_as_the_provider_would_have(kind: FaultKind) -> None:
    async with provider() as desk:
        sid = await sent(desk, Fault(kind=kind, code=30005))
        await desk.emulator.idle()
        receipt = await desk.gateway.status(text(), sid)
    assert receipt is not None
    assert (receipt.event, receipt.status, receipt.code) == ("failed", kind.value, 30005)
    assert receipt.failure is FailureClass.NUMBER


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "teleported"])
async def test_a_text_that_is_still_on_its_way_has_no_receipt_yet(status: str) -> None:
    body = f'{{"sid": "SM1", "status": "{status}"}}'.encode()
    seen: list[Call] = []
    async with serve(stubborn(200, body, seen)) as url, gateway_to(url) as gateway:
        assert await gateway.status(text(), "SM1") is None
    assert [call.url.rpartition("/")[2] for call in seen] == ["SM1.json"]


async def test_a_text_the_provider_does_not_know_has_no_receipt() -> None:
    async with provider() as desk:
        assert await desk.gateway.status(text(), "SM" + "0" * 32) is None


@pytest.mark.parametrize("status", [500, 429, 401, 200])
async def test_a_provider_that_does_not_answer_has_told_nothing(status: int) -> None:
    async with serve(stubborn(status, f'["{BOB}"]'.encode(), [])) as url, gateway_to(url) as gateway:
        with pytest.raises(LookupFailedError) as caught:
            await gateway.status(text(), "SM1")
    assert BOB not in repr(caught.value)
    assert caught.value.__context__ is None


async def test_asking_takes_no_longer_than_a_call_may() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, gateway_to(url, call_timeout=0.2) as gateway:
        with pytest.raises(LookupFailedError, match="timed out"):
            await gateway.status(text(), "SM1")
