"""What comes back from the provider: genuine and forged callbacks, and what a status means."""

from typing import get_args
from uuid import UUID

import pytest

from notifications.emulator.callbacks import sign
from notifications.gateway import FailureClass, Receipt, ReceiptEvent, receipt_event
from notifications.twilio import signature_is_valid
from notifications.twilio_words import MalformedReceiptError, parse_status
from tests.notifications.provider import BOB, TOKEN, Call, provider, text


async def signed() -> Call:
    async with provider() as desk:
        await desk.gateway.send(text())
        await desk.emulator.idle()
        return desk.receiver.taken[0]


async def test_a_genuine_callback_is_accepted() -> None:
    call = await signed()
    assert signature_is_valid(TOKEN, call.url, call.fields, call.signature)


async def test_a_callback_that_anybody_touched_is_refused() -> None:
    call = await signed()
    form, url, signature = call.fields, call.url, call.signature
    without_to = {name: value for name, value in form.items() if name != "To"}
    assert not signature_is_valid("another token", url, form, signature)
    assert not signature_is_valid(TOKEN, url, form | {"MessageStatus": "delivered"}, signature)
    assert not signature_is_valid(TOKEN, url, form | {"ErrorCode": "30003"}, signature)
    assert not signature_is_valid(TOKEN, url, without_to, signature)
    assert not signature_is_valid(TOKEN, url.replace("attempt=0", "attempt=1"), form, signature)
    assert not signature_is_valid(TOKEN, url, form, (signature or "")[:-1])


@pytest.mark.parametrize("signature", [None, "", "签名"])
async def test_a_callback_without_a_signature_is_refused(signature: str | None) -> None:
    call = await signed()
    assert not signature_is_valid(TOKEN, call.url, call.fields, signature)


def test_an_empty_token_validates_nothing_not_even_its_own_signature() -> None:
    url, form = "https://nightbell.example/webhooks/twilio/status?attempt=1", {"MessageSid": "SM1"}
    assert signature_is_valid(TOKEN, url, form, sign(TOKEN, url, form))
    assert not signature_is_valid("", url, form, sign("", url, form))


def test_a_status_form_becomes_a_receipt() -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    expected = Receipt(
        attempt_id=UUID(int=1),
        provider_id="SM1",
        status="undelivered",
        code=30003,
        failure=FailureClass.TRANSIENT,
    )
    assert parse_status(form, UUID(int=1)) == expected
    without = parse_status(form | {"ErrorCode": ""}, UUID(int=1))
    assert (without.code, without.failure) == (0, None)


def test_a_broken_status_form_names_every_bad_field_and_no_value() -> None:
    with pytest.raises(MalformedReceiptError, match=r"bad MessageSid, MessageStatus, ErrorCode$"):
        parse_status({"To": BOB, "MessageStatus": "", "ErrorCode": "٣"}, UUID(int=1))


@pytest.mark.parametrize(
    ("event", "statuses"),
    [
        ("accepted", "accepted scheduled queued sending sent"),
        ("delivered", "delivered read"),
        ("failed", "undelivered failed canceled"),
        (None, "received receiving partially_delivered Delivered something-new"),
    ],
)
def test_every_status_means_one_thing_and_undelivered_is_a_failure(
    event: ReceiptEvent | None, statuses: str
) -> None:
    assert event is None or event in get_args(ReceiptEvent)
    assert [receipt_event(status) for status in statuses.split()] == [event] * len(statuses.split())
