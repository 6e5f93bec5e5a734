"""Emulated Dysms: its public API, its signature, its reports, its faults, its phones."""

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx
import pytest

from notifications.emulator_dysms.requests import RefusalError, Registered, submission
from notifications.emulator_dysms.signature import is_genuine
from tests.notifications.dysms_provider import (
    BOB,
    KEY_ID,
    NOW,
    REGISTERED,
    SECRET,
    SHOWN,
    SIGN_NAME,
    Desk,
    provider,
)

WANTED = {
    "PhoneNumbers": "13800000001",
    "SignName": SIGN_NAME,
    "TemplateCode": "SMS_1",
    "TemplateParam": '{"code": "K7Q4", "minutes": "15"}',
    "OutId": "ours",
}
ASKED = {"PhoneNumber": "13800000001", "SendDate": "20260302", "PageSize": "10", "CurrentPage": "1"}


def signed(
    desk: Desk,
    action: str,
    query: dict[str, str],
    *,
    key: str = KEY_ID,
    secret: str = SECRET,
    nonce: str = "",
    unsigned: str = "",
) -> dict[str, str]:
    """The headers of a call, as the provider's documentation computes them; `unsigned` leaves one out."""
    headers = {
        "host": desk.base_url.removeprefix("http://"),
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2026-03-02T14:00:00Z",
        "x-acs-signature-nonce": nonce or uuid4().hex,
        "x-acs-version": "2017-05-25",
    }
    names = sorted(headers.keys() - {unsigned})
    asked = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    call = f"POST\n/\n{asked}\n{lines}\n{';'.join(names)}\n{headers['x-acs-content-sha256']}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(call.encode()).hexdigest()}"
    made = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    said = f"Credential={key},SignedHeaders={';'.join(names)},Signature={made}"
    return {**headers, "Authorization": f"ACS3-HMAC-SHA256 {said}"}


async def call(desk: Desk, action: str, query: dict[str, str], **how: str) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(
            f"{desk.base_url}/?{urlencode(query)}", headers=signed(desk, action, query, **how)
        )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"PhoneNumbers": "1380000000"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "+447700900002"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "别人"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": '{"code": "K7Q4"}'}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": "K7Q4"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"code": 1, "minutes": 15}'}, "isv.INVALID_JSON_PARAM"),
        ({"PhoneNumbers": ""}, "MissingPhoneNumbers"),
        ({"SignName": ""}, "MissingSignName"),
        ({"TemplateCode": ""}, "MissingTemplateCode"),
    ],
)
async def test_a_request_the_real_api_refuses_is_refused_with_its_code(
    wrong: dict[str, str], code: str
) -> None:
    async with provider() as desk:
        answer = await call(desk, "SendSms", WANTED | wrong)
        assert desk.emulator.texts == ()
    assert answer.json()["Code"] == code
    assert answer.status_code == (400 if code.startswith("Missing") else 200)


@pytest.mark.parametrize("prefix", ["", "+", "+86", "86", "0086"])
def test_a_number_may_be_written_in_each_way_that_is_documented(prefix: str) -> None:
    asked = WANTED | {"PhoneNumbers": f"{prefix}13800000001"}
    assert submission(asked, Registered(SIGN_NAME, REGISTERED)).to == BOB


def test_what_is_not_registered_is_not_sent() -> None:
    with pytest.raises(RefusalError):
        submission(WANTED, Registered(SIGN_NAME, {}))


async def test_only_the_account_itself_gets_in() -> None:
    async with provider() as desk:
        answers = [
            await call(desk, "SendSms", WANTED, secret="another"),
            await call(desk, "SendSms", WANTED, key="another"),
            await call(desk, "QuerySendDetails", ASKED, secret="another"),
        ]
        async with httpx.AsyncClient() as http:
            answers.append(await http.post(f"{desk.base_url}/?{urlencode(WANTED)}"))
        assert desk.emulator.texts == ()
    assert [answer.json()["Code"] for answer in answers] == [
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
    ]


async def test_a_call_that_anybody_touched_is_not_genuine() -> None:
    async with provider() as desk:
        headers, loose = (
            {name.lower(): value for name, value in signed(desk, "SendSms", WANTED, unsigned=one).items()}
            for one in ("", "x-acs-action")
        )
    query = urlencode(WANTED).encode()

    def genuine(
        changed: dict[str, str], method: str = "POST", body: bytes = b"", asked: bytes = query
    ) -> bool:
        return is_genuine(SECRET, method, "/", asked, headers | changed, body)

    assert genuine({})
    assert not genuine({}, asked=query.replace(b"K7Q4", b"K7Q5"))
    assert not genuine({}, method="GET")
    assert not genuine({}, body=b"PhoneNumbers=1")
    assert not genuine({"x-acs-action": "QuerySendDetails"})
    assert not genuine({"host": "attacker.example"})
    assert not genuine(loose)
    assert not genuine({"authorization": ""})


async def test_a_call_cannot_be_made_twice_and_only_what_exists_can_be_called() -> None:
    async with provider() as desk:
        first = await call(desk, "SendSms", WANTED, nonce="once")
        again = await call(desk, "SendSms", WANTED, nonce="once")
        other = await call(desk, "DeleteEverything", WANTED)
        assert len(desk.emulator.texts) == 1
    assert [each.json()["Code"] for each in (first, again, other)] == [
        "OK",
        "SignatureNonceUsed",
        "InvalidAction.NotFound",
    ]


async def test_the_list_shows_a_day_of_a_number_newest_first_and_in_pages() -> None:
    async with provider() as desk:
        for number in range(3):
            await call(desk, "SendSms", WANTED | {"OutId": str(number)})
        await call(desk, "SendSms", WANTED | {"PhoneNumbers": "13900000002"})
        await desk.emulator.idle()
        desk.clock.now = NOW + timedelta(hours=2)
        await call(desk, "SendSms", WANTED | {"OutId": "tomorrow"})
        pages = [
            (await call(desk, "QuerySendDetails", ASKED | {"PageSize": "2", "CurrentPage": page})).json()
            for page in ("1", "2", "3")
        ]
        tomorrow = (await call(desk, "QuerySendDetails", ASKED | {"SendDate": "20260303"})).json()
        one = (await call(desk, "QuerySendDetails", ASKED | {"BizId": desk.emulator.texts[0].biz_id})).json()
    shown = [[row["OutId"] for row in page["SmsSendDetailDTOs"]["SmsSendDetailDTO"]] for page in pages]
    assert shown == [["2", "1"], ["0"], []]
    assert pages[0]["TotalCount"] == "3"
    assert [row["OutId"] for row in tomorrow["SmsSendDetailDTOs"]["SmsSendDetailDTO"]] == ["tomorrow"]
    assert one["SmsSendDetailDTOs"]["SmsSendDetailDTO"] == [
        {
            "PhoneNum": "13800000001",
            "SendStatus": 3,
            "TemplateCode": "SMS_1",
            "Content": SHOWN,
            "SendDate": "2026-03-02 22:00:00",
            "OutId": "0",
            "ReceiveDate": "2026-03-02 22:00:00",
            "ErrCode": "DELIVERED",
        }
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"SendDate": "2026-03-02"},
        {"PageSize": "51"},
        {"PageSize": "0"},
        {"CurrentPage": ""},
        {"PhoneNumber": "1"},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    async with provider() as desk:
        answer = (await call(desk, "QuerySendDetails", ASKED | wrong)).json()
    assert answer["Code"] in {"isv.INVALID_PARAMETERS", "isv.MOBILE_NUMBER_ILLEGAL"}
