"""The emulated phones: they ring until somebody picks up or the time is over, and what is pressed is signed."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from notifications.emulator import Emulator, Fault, FaultKind
from notifications.emulator.calls import CallRequest
from notifications.emulator.faults import Stage
from notifications.emulator.switchboard import NobodyRingsError
from tests.notifications.provider import ACCOUNT_SID, DANA, NOW, SENDER, TOKEN, call, provider

PLACE = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
ASKED = CallRequest(
    to=DANA, sender=SENDER, twiml="<Response/>", callback_url=None, events=("completed",), timeout=30
)


async def test_a_phone_rings_until_its_time_has_passed_by_the_trials_clock() -> None:
    now = [NOW]
    emulator, answered = Emulator(ACCOUNT_SID, TOKEN, lambda: now[0]), asyncio.Event()
    answered.set()
    emulator.switchboard.accept(ASKED, answered)
    await emulator.idle()
    assert [each.status for each in emulator.switchboard.phone(DANA)] == ["ringing"]
    ends = NOW + timedelta(seconds=30)
    assert emulator.switchboard.next_end(NOW) is None
    assert emulator.switchboard.next_end(ends) == ends
    now[0] = ends
    await emulator.idle()
    assert [each.status for each in emulator.switchboard.phone(DANA)] == ["no-answer"]
    assert emulator.switchboard.next_end(datetime.max.replace(tzinfo=NOW.tzinfo)) is None
    with pytest.raises(NobodyRingsError):
        await emulator.switchboard.press(DANA, "1")
    await emulator.close()


async def test_a_call_of_which_only_the_end_is_wanted_reports_no_more() -> None:
    async with provider() as desk:
        form = {
            "To": DANA,
            "From": SENDER,
            "Twiml": "<Response/>",
            "StatusCallback": f"{desk.base_url}/webhooks/twilio/voice/status",
        }
        async with httpx.AsyncClient(base_url=desk.base_url, auth=(ACCOUNT_SID, TOKEN)) as http:
            await http.post(PLACE, data=form)
        await desk.emulator.idle()
        await desk.emulator.switchboard.pick_up(DANA)
        assert desk.receiver.statuses == ["completed"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21201),
        ({"To": "12"}, 21211),
        ({"From": ""}, 21213),
        ({"From": "MG" + "b" * 32}, 21212),
        ({"Twiml": ""}, 21205),
        ({"Timeout": "601"}, 21220),
    ],
)
async def test_a_call_that_the_provider_would_refuse_is_refused(change: dict[str, str], code: int) -> None:
    form = {"To": DANA, "From": SENDER, "Twiml": "<Response/>"}
    async with (
        provider() as desk,
        httpx.AsyncClient(base_url=desk.base_url, auth=(ACCOUNT_SID, TOKEN)) as http,
    ):
        answer = await http.post(PLACE, data=form | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_fault_of_calls_spares_texts_and_a_fault_of_both_strikes_both() -> None:
    busy = Fault(kind=FaultKind.BUSY)
    assert not busy.strikes(Stage.RECEIPTS, DANA)
    assert busy.strikes(Stage.CALL, DANA, "voice")
    for channel, struck in (("voice", (True, False)), ("sms", (False, True)), (None, (True, True))):
        fault = Fault(kind=FaultKind.DROP, channel=channel)  # type: ignore[arg-type] # of a tuple of words
        assert (fault.strikes(Stage.ANSWER, DANA, "voice"), fault.strikes(Stage.ANSWER, DANA)) == struck


async def test_a_key_is_told_where_the_call_asks_for_it_and_a_dead_end_ends_the_call() -> None:
    async with provider() as desk:
        await desk.gateway.send(call())
        await desk.emulator.idle()
        assert await desk.emulator.switchboard.press(DANA, "1") == (), "this receiver has no such route"
        assert desk.receiver.statuses[-1] == "completed"
        (phone,) = desk.emulator.switchboard.phone(DANA)
    assert phone.words == ("One task. Press 1 & take it.", "Nothing was pressed.")


async def test_the_inbox_shows_a_call_beside_the_texts() -> None:
    async with provider() as desk, httpx.AsyncClient(base_url=desk.base_url) as http:
        await desk.gateway.send(call())
        await desk.emulator.idle()
        page = (await http.get("/")).text
    assert DANA in page
    assert "☎ One task. Press 1 &amp; take it." in page
    assert "ringing" in page
