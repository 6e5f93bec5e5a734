"""What the phones show: what really arrived as JSON, everything on the page."""

import httpx
import msgspec

from notifications.emulator import Fault, FaultKind, PhoneMessage
from tests.notifications.provider import BOB, BODY, DANA, NOW, Desk, provider, text


async def shown(desk: Desk, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=desk.base_url) as http:
        return await http.get(path)


async def sent(desk: Desk, to: str, body: str, *faults: Fault) -> None:
    desk.emulator.script(*faults)
    await desk.gateway.send(text(to, body=body))
    await desk.emulator.idle()


async def test_a_phone_has_its_own_texts_oldest_first() -> None:
    async with provider() as desk:
        for to, body in ((BOB, "first"), (DANA, "for dana"), (BOB, "second")):
            await sent(desk, to, body)
        answer = await shown(desk, f"/emulator/phones/{BOB}/messages")
        first = desk.emulator.messages[0]
    assert answer.json()[0] == {
        "sid": first.sid,
        "to": BOB,
        "body": "first",
        "receivedAt": "2026-03-02T14:00:00Z",
        "status": "delivered",
    }
    received = msgspec.json.decode(answer.content, type=tuple[PhoneMessage, ...])
    assert [(message.body, message.received_at) for message in received] == [("first", NOW), ("second", NOW)]


async def test_a_phone_never_has_what_was_lost_or_refused() -> None:
    async with provider() as desk:
        for kind in (
            FaultKind.UNDELIVERED,
            FaultKind.FAILED,
            FaultKind.REFUSE,
            FaultKind.RATE_LIMIT,
            FaultKind.DROP,
        ):
            await sent(desk, BOB, kind, Fault(kind=kind, code=30003))
        assert (await shown(desk, f"/emulator/phones/{BOB}/messages")).json() == []


async def test_a_phone_has_what_we_were_never_told_about() -> None:
    async with provider() as desk:
        for kind in (FaultKind.ERROR_AFTER_ACCEPT, FaultKind.NO_RECEIPT):
            await sent(desk, BOB, kind, Fault(kind=kind))
        answer = await shown(desk, f"/emulator/phones/{BOB}/messages")
    assert [message["body"] for message in answer.json()] == ["error-after-accept", "no-receipt"]


async def test_the_page_shows_newest_first_and_says_in_words_what_never_arrived() -> None:
    async with provider() as desk:
        await sent(desk, BOB, "an old one")
        await sent(desk, DANA, "a lost one", Fault(kind=FaultKind.UNDELIVERED, code=30003))
        page = (await shown(desk, "/")).text
    assert page.index(DANA) < page.index("a lost one") < page.index(BOB) < page.index("an old one")
    assert "undelivered, never reached this phone (error 30003)" in page
    assert '<span class="status">delivered</span>' in page


async def test_the_page_marks_each_text_s_language() -> None:
    async with provider() as desk:
        await sent(desk, BOB, BODY)
        await sent(desk, BOB, "plain words")
        page = (await shown(desk, "/")).text
    assert f'<p class="bubble" lang="zh-CN">{BODY}</p>' in page
    assert '<p class="bubble" lang="en">plain words</p>' in page


async def test_a_text_cannot_become_part_of_the_page() -> None:
    async with provider() as desk:
        await sent(desk, BOB, "<script>alert(1)</script>")
        answer = await shown(desk, "/")
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_page_is_there_before_any_text_is() -> None:
    async with provider() as desk:
        answer = await shown(desk, "/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "No phone has received anything yet." in answer.text
