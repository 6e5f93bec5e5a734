"""Emulated Dysms: what it reports, the faults it plays, the phones it shows."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from notifications.emulator import Fault, FaultKind
from notifications.emulator_dysms.requests import Submission
from notifications.gateway import Accepted
from tests.notifications.dysms_provider import (
    BOB,
    DANA,
    NOW,
    SHOWN,
    Desk,
    provider,
    text,
)


async def told(desk: Desk, *faults: Fault) -> list[dict[str, Any]]:
    """Send one text under these faults; return the reports about it."""
    desk.emulator.script(*faults)
    await desk.gateway.send(text())
    await desk.emulator.idle()
    return desk.receiver.items


@pytest.mark.parametrize(
    ("faults", "successes"),
    [
        ((), [True]),
        ((Fault(kind=FaultKind.UNDELIVERED, reason="UNDELIV"),), [False]),
        ((Fault(kind=FaultKind.FAILED, reason="isv.SMS_CONTENT_ILLEGAL"),), [False]),
        ((Fault(kind=FaultKind.NO_RECEIPT),), []),
        ((Fault(kind=FaultKind.DUPLICATE),), [True, True]),
        ((Fault(kind=FaultKind.RECEIPT_FIRST),), [True]),
    ],
)
async def test_reports_come_as_the_script_says(faults: tuple[Fault, ...], successes: list[bool]) -> None:
    async with provider() as desk:
        assert [item["success"] for item in await told(desk, *faults)] == successes


async def test_a_report_is_written_as_the_provider_documents_it() -> None:
    async with provider() as desk:
        [item] = await told(desk)
        [kept] = desk.emulator.texts
    assert item == {
        "phone_number": "13800000001",
        "send_time": "2026-03-02 22:00:00",
        "report_time": "2026-03-02 22:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": kept.biz_id,
        "out_id": str(UUID(int=1)),
    }


async def test_a_report_can_come_before_the_answer() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.RECEIPT_FIRST))
        await desk.gateway.send(text())
        assert len(desk.receiver.items) == 1


async def test_a_text_begins_its_way_only_when_the_answer_is_out() -> None:
    async with provider() as desk:
        answered = asyncio.Event()
        desk.emulator.accept(Submission(to=BOB, template="SMS_1", content=SHOWN, out_id="ours"), answered)
        await asyncio.sleep(0.01)
        assert desk.emulator.phone(BOB) == ()
        answered.set()
        await desk.emulator.idle()
        assert len(desk.emulator.phone(BOB)) == 1


async def test_a_report_is_tried_again_while_the_receiver_is_down_and_then_given_up() -> None:
    async with provider() as desk:
        desk.receiver.excuses = [500, 404]
        assert len(await told(desk)) == 1
        assert desk.emulator.given_up == 0
        desk.receiver.excuses = [503] * 4
        assert len(await told(desk)) == 1
        assert desk.emulator.given_up == 1


async def test_faults_strike_one_number_for_so_many_texts() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.REFUSE, number=BOB, times=1, reason="isv.OUT_OF_SERVICE"))
        outcomes = [await desk.gateway.send(text(to)) for to in (DANA, BOB, BOB)]
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True, False, True]


async def test_faults_and_phones_are_there_over_http_too() -> None:
    async with provider() as desk, httpx.AsyncClient(base_url=desk.base_url) as http:
        script = [
            {"kind": "delay", "seconds": 0.01},
            {"kind": "undelivered", "reason": "UNDELIV", "times": 1},
        ]
        assert (await http.put("/emulator/faults", json=script)).status_code == 204
        await desk.gateway.send(text())
        await desk.gateway.send(text())
        await desk.emulator.idle()
        [received] = (await http.get(f"/emulator/phones/{BOB}/messages")).json()
    assert json.dumps(received["body"], ensure_ascii=False) == f'"{SHOWN}"'
    assert datetime.fromisoformat(received["receivedAt"]).astimezone(UTC) == NOW
