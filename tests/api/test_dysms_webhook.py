"""What the second provider pushes: believed only at the secret address, right whenever it comes and however often."""

import json
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from api.app import build_app
from api.routes import dysms
from api.wiring import edge
from domain.records.rows import transaction
from notifications.gateway import Receipt
from notifications.receipts import Teller, take_receipt
from notifications.trial import Trial
from tests.support.clinic import Clinic
from tests.support.http import serve
from tests.support.problems import refused

SECRET = "s" * 40
PATH = f"/webhooks/dysms/{SECRET}/reports"
BIZ_ID = "900619746936498440^0"


class Pushed:
    """One attempt for Bob that this provider took, and the address to which it pushes."""

    def __init__(self, clinic: Clinic, http: httpx.AsyncClient, attempt_id: UUID) -> None:
        self.clinic = clinic
        self.http = http
        self.attempt_id = attempt_id

    def item(self, *, success: bool = True, code: str = "DELIVERED", **changed: Any) -> dict[str, Any]:
        return {
            "phone_number": "19900000002",
            "send_time": "2026-03-02 22:00:00",
            "report_time": "2026-03-02 22:00:03",
            "success": success,
            "err_code": code,
            "err_msg": "",
            "sms_size": "1",
            "biz_id": BIZ_ID,
            "out_id": str(self.attempt_id),
            **changed,
        }

    async def push(self, *items: Any, path: str = PATH) -> httpx.Response:
        return await self.http.post(path, content=json.dumps(items).encode())

    async def tell(self, *items: Any) -> None:
        answer = await self.push(*items)
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "OK"})

    async def states(self) -> tuple[str, str, str]:
        """The message's state, the attempt's last receipt and why it failed."""
        async with transaction(self.clinic.trial.pool) as connection:
            row = await connection.fetchrow(
                "select state, receipt, failure from attempts join messages on messages.id = message_id "
                "where attempts.id = $1",
                self.attempt_id,
            )
        assert row is not None
        return row["state"], row["receipt"], row["failure"]


async def took(clinic: Clinic, biz_id: str) -> UUID:
    """Let an emergency ring Bob, and make the attempt one that this provider took under this id."""
    _, caregiver = await clinic.lin()
    clinic.fault("no-receipt")
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    clinic.emulator.script()
    attempt = UUID((clinic.emulator.messages[-1].callback_url or "").rpartition("=")[2])
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute(
            "update attempts set provider = 'dysms', provider_id = $2 where id = $1", attempt, biz_id
        )
    return attempt


@pytest.fixture
async def http(ward: Clinic) -> AsyncIterator[httpx.AsyncClient]:
    parts = edge(ward.settings)
    keys = replace(parts.provider_keys, dysms_report_secret=SECRET)
    async with (
        serve(build_app(ward.trial, replace(parts, provider_keys=keys))) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


@pytest.fixture
async def pushed(ward: Clinic, http: httpx.AsyncClient) -> Pushed:
    return Pushed(ward, http, await took(ward, BIZ_ID))


async def test_a_report_at_the_secret_address_is_believed(pushed: Pushed) -> None:
    await pushed.tell(pushed.item())
    assert await pushed.states() == ("delivered", "delivered", "")


async def test_a_lost_text_is_a_failure_at_once(pushed: Pushed) -> None:
    before = pushed.clinic.rung().get("Dana", 0)
    await pushed.tell(pushed.item(success=False, code="isv.SMS_CONTENT_ILLEGAL"))
    assert await pushed.states() == ("failed", "failed", "content")
    await pushed.clinic.settle()
    assert pushed.clinic.rung()["Dana"] == before + 1


async def test_a_report_twice_and_one_that_comes_too_late_change_nothing(pushed: Pushed) -> None:
    await pushed.tell(pushed.item(), pushed.item())
    before = await pushed.clinic.everything()
    await pushed.tell(pushed.item())
    assert await pushed.clinic.everything() == before
    await pushed.tell(pushed.item(success=False, code="UNDELIV"))
    assert (await pushed.states())[:2] == ("delivered", "delivered")


async def test_a_text_that_was_found_without_its_id_is_told_of_by_its_attempt(
    ward: Clinic, http: httpx.AsyncClient
) -> None:
    pushed = Pushed(ward, http, await took(ward, ""))
    await pushed.tell(pushed.item())
    assert (await pushed.states())[0] == "delivered"
    async with transaction(ward.trial.pool) as connection:
        known = await connection.fetchval("select provider_id from attempts where id = $1", pushed.attempt_id)
    assert known == BIZ_ID


async def test_who_does_not_know_the_secret_changes_nothing(pushed: Pushed) -> None:
    before = await pushed.clinic.everything()
    for secret in ("wrong", SECRET[:-1], SECRET + "s", "%00", "%E5%AF%86", "%FF"):
        answer = await pushed.push(pushed.item(), path=f"/webhooks/dysms/{secret}/reports")
        refused(answer, 404, "not-found")
        assert SECRET not in answer.text
    assert await pushed.clinic.everything() == before


async def test_without_a_second_provider_no_address_is_the_right_one(pushed: Pushed) -> None:
    for secret in (SECRET, "", "None"):
        path = f"/webhooks/dysms/{secret}/reports"
        answer = await pushed.clinic.http.post(path, content=json.dumps([pushed.item()]).encode())
        refused(answer, 404, "not-found")
    assert (await pushed.states())[0] == "accepted"


async def test_a_report_that_names_another_text_of_the_provider_is_passed_over(pushed: Pushed) -> None:
    before = await pushed.clinic.everything()
    await pushed.tell(pushed.item(success=False, code="UNDELIV", biz_id="1^0"))
    assert await pushed.clinic.everything() == before


async def test_what_is_none_of_ours_is_taken_and_hides_no_other(pushed: Pushed) -> None:
    strangers = [pushed.item(out_id=str(uuid4())), pushed.item(out_id="an order"), {}, None, 7]
    await pushed.tell(*strangers, pushed.item(), *strangers)
    assert (await pushed.states())[0] == "delivered"


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\xff", b"null"])
async def test_what_is_no_list_of_reports_is_refused(pushed: Pushed, body: bytes) -> None:
    refused(await pushed.http.post(PATH, content=body), 422, "body.invalid")


async def test_a_push_that_is_too_large_is_refused(pushed: Pushed) -> None:
    refused(await pushed.push(pushed.item(err_msg="x" * 65_536)), 413, "body.too-large")
    assert (await pushed.states())[0] == "accepted"


async def test_a_report_that_makes_trouble_hides_no_other_and_the_push_comes_again(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Pushed(pushed.clinic, pushed.http, await took(pushed.clinic, BIZ_ID))

    async def breaks_for_one(trial: Trial, receipt: Receipt, teller: Teller) -> bool:
        if receipt.attempt_id == pushed.attempt_id:
            raise RuntimeError("one row is broken")
        return await take_receipt(trial, receipt, teller)

    with monkeypatch.context() as broken:
        broken.setattr(dysms, "take_receipt", breaks_for_one)
        assert (await other.push(pushed.item(), other.item())).status_code == 500
    assert ((await pushed.states())[0], (await other.states())[0]) == ("accepted", "delivered")
    await other.tell(pushed.item(), other.item())
    assert (await pushed.states())[0] == "delivered"


async def test_the_log_says_how_many_were_taken_and_nobody_s_number(log: StringIO, pushed: Pushed) -> None:
    await pushed.tell(pushed.item(), pushed.item(out_id="an order"), pushed.item(biz_id="1^0"))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [each for each in lines if each["event"] == "receipt.push"]
    assert (line["taken"], line["ignored"]) == (1, 2)
    assert not any(word in log.getvalue() for word in ("19900000002", SECRET, "an order"))
