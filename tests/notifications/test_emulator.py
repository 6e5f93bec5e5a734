"""The emulated provider: its public API, its callbacks, its faults, its phones."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from notifications.emulator import Emulator, Fault, FaultKind
from notifications.emulator.messages import segments
from notifications.emulator.requests import submission
from notifications.gateway import Accepted, Refused, Unknown
from tests.notifications.provider import (
    ACCOUNT_SID,
    BOB,
    BODY,
    DANA,
    NOW,
    SENDER,
    SERVICE_SID,
    TOKEN,
    Desk,
    provider,
    text,
)

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
WANTED = {"To": BOB, "From": SENDER, "Body": "hello"}


def client(desk: Desk, password: str = TOKEN) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=desk.base_url, auth=(ACCOUNT_SID, password))


async def told(desk: Desk, *faults: Fault) -> list[str]:
    """Send one text under these faults; return the statuses told about it, in order."""
    desk.emulator.script(*faults)
    await desk.gateway.send(text())
    await desk.emulator.idle()
    return desk.receiver.statuses


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"To": None}, 21604),
        ({"Body": None}, 21602),
        ({"Body": ""}, 21602),
        ({"From": None}, 21603),
        ({"To": "13800000001"}, 21211),
        ({"To": "+86 138"}, 21211),
        ({"From": "nightbell"}, 21212),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
    ],
)
async def test_a_request_the_real_api_refuses_is_refused_with_its_code(
    wrong: dict[str, str | None], code: int
) -> None:
    form = {name: value for name, value in (WANTED | wrong).items() if value is not None}
    async with provider() as desk, client(desk) as http:
        answer = await http.post(MESSAGES, data=form)
        assert desk.emulator.messages == ()
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)


async def test_a_body_of_1600_characters_is_accepted() -> None:
    async with provider() as desk, client(desk) as http:
        assert (await http.post(MESSAGES, data=WANTED | {"Body": "界" * 1600})).status_code == 201


async def test_only_the_account_itself_gets_in() -> None:
    other = MESSAGES.replace(ACCOUNT_SID, "AC" + "f" * 32)
    async with provider() as desk, client(desk, "wrong") as stranger, client(desk) as owner:
        answers = [
            await stranger.post(MESSAGES, data=WANTED),
            await stranger.get(MESSAGES),
            await owner.get(other),
            await owner.get(MESSAGES, auth=None),
        ]
        assert desk.emulator.messages == ()
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, 20003)] * 4


async def test_a_text_can_be_fetched_and_an_unknown_one_is_404() -> None:
    async with provider() as desk, client(desk) as http:
        made = (await http.post(MESSAGES, data=WANTED)).json()
        await desk.emulator.idle()
        kept = (await http.get(made["uri"])).json()
        missing = await http.get(made["uri"].replace(made["sid"], "SM" + "0" * 32))
    assert (made["status"], made["date_sent"]) == ("queued", None)
    assert kept == made | {"status": "delivered", "date_sent": "Mon, 02 Mar 2026 14:00:00 +0000"}
    assert (missing.status_code, missing.json()["code"]) == (404, 20404)


async def test_a_messaging_service_picks_its_sender_when_it_sends() -> None:
    async with provider(sender=SERVICE_SID) as desk, client(desk) as http:
        made = (
            await http.post(MESSAGES, data={"To": BOB, "Body": "x", "MessagingServiceSid": SERVICE_SID})
        ).json()
        await desk.emulator.idle()
        kept = (await http.get(made["uri"])).json()
        assert isinstance(await desk.gateway.send(text()), Accepted)
        await desk.emulator.idle()
    assert (made["from"], made["num_segments"], made["messaging_service_sid"]) == (None, "0", SERVICE_SID)
    assert (kept["from"], kept["num_segments"]) == (SENDER, "1")
    assert desk.receiver.taken[0].fields["MessagingServiceSid"] == SERVICE_SID


async def test_the_list_is_newest_first_and_pages_lose_and_repeat_nothing() -> None:
    async with provider() as desk, client(desk) as http:
        made = [(await http.post(MESSAGES, data=WANTED | {"Body": str(n)})).json()["body"] for n in range(5)]
        await http.post(MESSAGES, data=WANTED | {"To": DANA})
        seen: list[str] = []
        place: str | None = f"{MESSAGES}?To=%2B{BOB[1:]}&PageSize=2"
        while place and len(seen) <= len(made):
            page = (await http.get(place)).json()
            seen += [message["body"] for message in page["messages"]]
            # A text that comes in between must not move the next page.
            await http.post(MESSAGES, data=WANTED | {"Body": "later"})
            place = page["next_page_uri"]
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 1),
        ({"To": BOB, "From": SENDER}, 1),
        ({"To": DANA}, 0),
        ({"From": DANA}, 0),
        ({"DateSent": "2026-03-02"}, 1),
        ({"DateSent": "2026-03-01"}, 0),
        ({"DateSent>": "2026-03-02"}, 1),
        ({"DateSent>": "2026-03-03"}, 0),
        ({"DateSent<": "2026-03-02"}, 1),
        ({"DateSent<": "2026-03-01"}, 0),
        ({"DateSent>": "2026-03-02T14:00:00Z", "DateSent<": "2026-03-02T14:00:00Z"}, 1),
        ({"DateSent>": "2026-03-02T14:00:01Z"}, 0),
        ({"DateSent<": "2026-03-02T13:59:59Z"}, 0),
    ],
)
async def test_the_list_filters_by_number_and_by_date(query: dict[str, str], found: int) -> None:
    async with provider() as desk, client(desk) as http:
        await http.post(MESSAGES, data=WANTED)
        await desk.emulator.idle()
        assert len((await http.get(MESSAGES, params=query)).json()["messages"]) == found


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("界" * 70, 1),
        ("界" * 71, 2),
        ("界" * 134, 2),
        ("界" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        (BODY, 1),
    ],
)
def test_segments_are_counted_as_carriers_count(body: str, count: int) -> None:
    assert segments(body) == count


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        ((), ["queued", "sent", "delivered"]),
        ((Fault(kind=FaultKind.UNDELIVERED, code=30003),), ["queued", "sent", "undelivered"]),
        ((Fault(kind=FaultKind.FAILED, code=30007),), ["queued", "failed"]),
        ((Fault(kind=FaultKind.NO_RECEIPT),), []),
        ((Fault(kind=FaultKind.DUPLICATE),), ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ((Fault(kind=FaultKind.REORDER),), ["queued", "delivered", "sent"]),
    ],
)
async def test_receipts_come_as_the_script_says(faults: tuple[Fault, ...], statuses: list[str]) -> None:
    async with provider() as desk:
        assert await told(desk, *faults) == statuses


async def test_a_failing_receipt_names_its_code_and_the_others_none() -> None:
    async with provider() as desk:
        await told(desk, Fault(kind=FaultKind.UNDELIVERED, code=30003))
        [message] = desk.emulator.messages
    first, last = desk.receiver.taken[0].fields, desk.receiver.taken[-1].fields
    common = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
    }
    assert first == common | {"From": SENDER, "To": BOB, "MessageStatus": "queued", "SmsStatus": "queued"}
    assert last == first | {"MessageStatus": "undelivered", "SmsStatus": "undelivered", "ErrorCode": "30003"}


async def test_a_receipt_can_come_before_the_answer() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.RECEIPT_FIRST))
        await desk.gateway.send(text())
        assert desk.receiver.statuses == ["queued", "sent", "delivered"]


async def test_a_text_begins_its_way_only_when_the_answer_is_out() -> None:
    emulator, answered = Emulator(ACCOUNT_SID, TOKEN, lambda: NOW), asyncio.Event()
    emulator.accept(submission(WANTED), answered)
    await asyncio.sleep(0.01)
    assert emulator.messages[0].status == "queued"
    answered.set()
    await emulator.idle()
    assert emulator.messages[0].status == "delivered"


async def test_a_callback_is_tried_again_while_the_receiver_is_down() -> None:
    async with provider() as desk:
        desk.receiver.excuses = [500, 503]
        assert await told(desk) == ["queued", "sent", "delivered"]
        assert desk.emulator.given_up == 0


async def test_a_callback_the_receiver_refuses_is_given_up() -> None:
    async with provider(token="another token") as desk:
        assert await told(desk) == []
        assert desk.emulator.given_up == 3


async def test_an_answer_that_comes_in_time_is_only_late() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.DELAY, seconds=0.05))
        assert isinstance(await desk.gateway.send(text()), Accepted)


async def test_an_answer_that_comes_too_late_was_an_acceptance_all_the_same() -> None:
    async with provider(call_timeout=0.1) as desk:
        desk.emulator.script(Fault(kind=FaultKind.DELAY, seconds=0.3))
        assert isinstance(await desk.gateway.send(text()), Unknown)
        await asyncio.wait_for(desk.receiver.told.wait(), 10)
        await desk.emulator.idle()
        [received] = desk.emulator.phone(BOB)
        assert await desk.gateway.find(text(), NOW) == Accepted(received.sid)


async def test_faults_strike_one_number_for_so_many_texts_and_in_sequence() -> None:
    async with provider() as desk:
        desk.emulator.script(
            Fault(kind=FaultKind.REFUSE, code=21610, number=BOB, times=2),
            Fault(kind=FaultKind.ERROR_AFTER_ACCEPT, number=BOB, times=1),
        )
        to_dana = await desk.gateway.send(text(DANA))
        to_bob = [type(await desk.gateway.send(text())) for _ in range(4)]
    assert isinstance(to_dana, Accepted)
    assert to_bob == [Refused, Refused, Unknown, Accepted]


async def test_a_script_arrives_as_json_and_an_empty_one_ends_it() -> None:
    script = [
        {"kind": "undelivered", "code": 30003, "number": BOB, "times": 1},
        {"kind": "delay", "seconds": 0},
    ]
    async with provider() as desk, client(desk) as http:
        assert (await http.put("/emulator/faults", json=script)).status_code == 204
        assert await told_by(desk) == "undelivered"
        await http.put("/emulator/faults", json=[{"kind": "failed", "code": 30007}])
        assert await told_by(desk) == "failed"
        await http.put("/emulator/faults", json=[])
        assert await told_by(desk) == "delivered"


async def told_by(desk: Desk) -> str:
    await desk.gateway.send(text())
    await desk.emulator.idle()
    return desk.receiver.statuses[-1]


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "explode"},
        {"kind": "drop", "surprise": 1},
        {"kind": "refuse"},
        {"kind": "undelivered", "code": 0},
        {"kind": "drop", "times": 0},
        {"kind": "drop", "number": "bob"},
        {"kind": "delay", "seconds": 1e9},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(line, Fault)
    async with provider() as desk, client(desk) as http:
        assert (await http.put("/emulator/faults", json=[line])).status_code == 400
