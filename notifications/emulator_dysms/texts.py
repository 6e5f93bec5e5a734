"""A text as emulated Dysms keeps it, shows it in its list, reports it and puts it on a phone."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from notifications.emulator import PhoneMessage
from notifications.emulator.messages import segments

COUNTRY = "+86"

WAITING, FAILED, DELIVERED = 1, 2, 3
"""SendStatus."""

_CHINA = ZoneInfo("Asia/Shanghai")

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Text(Struct, frozen=True, kw_only=True):
    """One accepted text. Times are aware UTC; `to` is E.164; `received` is None until the carrier has answered."""

    biz_id: str
    to: str
    template: str
    content: str
    out_id: str
    sent: datetime
    received: datetime | None = None
    status: int = WAITING
    code: str = ""


def variables(template: str) -> frozenset[str]:
    """Return the names that a registered template must be filled with: "code" of "编号${code}"."""
    return frozenset(_VARIABLE.findall(template))


def render(sign_name: str, template: str, values: Mapping[str, str]) -> str:
    """Return what a phone shows: the signature in its brackets, then the template, filled."""
    return f"【{sign_name}】" + _VARIABLE.sub(lambda found: values[found[1]], template)


def china(instant: datetime) -> str:
    """Return an instant as the provider writes it, in China's time: "2026-03-02 22:00:00"."""
    return instant.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")


def on_phone(text: Text) -> PhoneMessage:
    """Return what the phone shows of a text it received."""
    return PhoneMessage(
        sid=text.biz_id,
        to=text.to,
        body=text.content,
        received_at=text.received or text.sent,
        status="delivered",
    )


def detail(text: Text) -> Mapping[str, object]:
    """Return a row of QuerySendDetails. It does not name the BizId, as the real one does not."""
    later = {} if text.received is None else {"ReceiveDate": china(text.received), "ErrCode": text.code}
    return {
        "PhoneNum": text.to.removeprefix(COUNTRY),
        "SendStatus": text.status,
        "TemplateCode": text.template,
        "Content": text.content,
        "SendDate": china(text.sent),
        "OutId": text.out_id,
        **later,
    }


def report(text: Text) -> Mapping[str, object]:
    """Return an item of the push "SmsReport"."""
    return {
        "phone_number": text.to.removeprefix(COUNTRY),
        "send_time": china(text.sent),
        "report_time": china(text.received or text.sent),
        "success": text.status == DELIVERED,
        "err_code": text.code,
        "err_msg": "用户接收成功" if text.status == DELIVERED else "运营商未送达",
        "sms_size": str(segments(text.content)),
        "biz_id": text.biz_id,
        "out_id": text.out_id,
    }
