"""What Dysms pushes: reports of ours and of others, good and broken."""

import json
from typing import Any
from uuid import UUID

import pytest

from notifications.dysms_reports import MalformedReportsError, Reports, parse_reports, plain
from notifications.gateway import FailureClass, Receipt

ATTEMPT = UUID(int=1)
ITEM = {
    "phone_number": "13800000001",
    "send_time": "2026-03-02 22:00:00",
    "report_time": "2026-03-02 22:00:03",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "900^0",
    "out_id": str(ATTEMPT),
}


def read(*items: Any) -> Reports:
    return parse_reports(json.dumps(items).encode())


def test_a_report_becomes_a_receipt_in_words_of_ours() -> None:
    [delivered] = read(ITEM).receipts
    [failed] = read({**ITEM, "success": False, "err_code": "isv.SMS_CONTENT_ILLEGAL"}).receipts
    assert delivered == Receipt(attempt_id=ATTEMPT, provider_id="900^0", status="delivered")
    assert delivered.event == "delivered"
    assert failed == Receipt(
        attempt_id=ATTEMPT,
        provider_id="900^0",
        status="failed",
        failure=FailureClass.CONTENT,
        reason="isv.SMS_CONTENT_ILLEGAL",
    )
    assert failed.event == "failed"


def test_what_a_carrier_says_is_a_failure_with_a_path_and_is_kept_if_it_is_a_code() -> None:
    [carrier] = read({**ITEM, "success": False, "err_code": "MK:0013"}).receipts
    [wordy] = read({**ITEM, "success": False, "err_code": "用户 13800000001"}).receipts
    assert (carrier.failure, carrier.reason) == (FailureClass.UNLISTED, "MK:0013")
    assert (wordy.failure, wordy.reason) == (FailureClass.UNLISTED, "")


@pytest.mark.parametrize(
    "stranger",
    [
        {},
        "DELIVERED",
        None,
        {**ITEM, "out_id": "order-7"},
        {**ITEM, "out_id": ""},
        {**ITEM, "success": "perhaps"},
        {**ITEM, "biz_id": None},
        {name: value for name, value in ITEM.items() if name != "success"},
    ],
)
def test_an_item_that_is_none_of_ours_hides_no_other(stranger: Any) -> None:
    told = read(stranger, ITEM, stranger)
    assert ([each.attempt_id for each in told.receipts], told.strangers) == ([ATTEMPT], 2)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1", b"\xff", b'"[]"', b"[" * 5_000])
def test_what_is_no_list_is_no_push(body: bytes) -> None:
    with pytest.raises(MalformedReportsError):
        parse_reports(body)


def test_a_push_may_be_empty() -> None:
    assert read() == Reports((), 0)


@pytest.mark.parametrize("word", ["", "a b", "x" * 65, "号码", 7, None])
def test_what_does_not_look_like_a_code_is_not_kept(word: object) -> None:
    assert plain(word) == ""
