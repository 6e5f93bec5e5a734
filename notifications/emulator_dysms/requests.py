"""Reading the calls of Dysms: what a caller asked, or why it is refused."""

import json
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from notifications.emulator_dysms.texts import COUNTRY, Text, china, detail, render, variables

_MOBILE = re.compile(r"(?:\+|\+86|0086|86)?(1\d{10})")

_LARGEST_PAGE = 50


class RefusalError(Exception):
    """The provider answers `status` with its code. What it knows the meaning of comes with status 200."""

    def __init__(self, code: str, status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Submission(Struct, frozen=True, kw_only=True):
    """What SendSms asks for; `to` is E.164, `content` as a phone will show it."""

    to: str
    template: str
    content: str
    out_id: str


class Registered(Struct, frozen=True):
    """What the account may send: its signature, and its templates by code ("编号${code}")."""

    sign_name: str
    templates: Mapping[str, str]


def mobile(text: str) -> str:
    """Return a number of mainland China as E.164. Raises RefusalError for any other."""
    found = _MOBILE.fullmatch(text)
    if found is None:
        raise RefusalError("isv.MOBILE_NUMBER_ILLEGAL")
    return COUNTRY + found[1]


def submission(asked: Mapping[str, str], registered: Registered) -> Submission:
    """Read a SendSms. Raises RefusalError with the code the real one gives."""
    for name in ("PhoneNumbers", "SignName", "TemplateCode"):
        if not asked.get(name):
            raise RefusalError(f"Missing{name}", 400)
    if asked["SignName"] != registered.sign_name:
        raise RefusalError("isv.SMS_SIGNATURE_ILLEGAL")
    template = registered.templates.get(asked["TemplateCode"])
    if template is None:
        raise RefusalError("isv.SMS_TEMPLATE_ILLEGAL")
    values = _values(asked.get("TemplateParam") or "{}")
    if not variables(template) <= values.keys():
        raise RefusalError("isv.TEMPLATE_MISSING_PARAMETERS")
    return Submission(
        to=mobile(asked["PhoneNumbers"]),
        template=asked["TemplateCode"],
        content=render(registered.sign_name, template, values),
        out_id=asked.get("OutId", ""),
    )


def _values(text: str) -> Mapping[str, str]:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise RefusalError("isv.INVALID_JSON_PARAM")
    return values


def page(texts: Iterable[Text], asked: Mapping[str, str]) -> Mapping[str, object]:
    """Return the answer to a QuerySendDetails, newest first; `texts` come oldest first."""
    to, size, number = (
        mobile(asked.get("PhoneNumber", "")),
        _number(asked, "PageSize"),
        _number(asked, "CurrentPage"),
    )
    if not re.fullmatch(r"\d{8}", asked.get("SendDate", "")) or not 1 <= size <= _LARGEST_PAGE or number < 1:
        raise RefusalError("isv.INVALID_PARAMETERS")
    fitting = [text for text in texts if text.to == to and _fits(text, asked)][::-1]
    rows = fitting[(number - 1) * size : number * size]
    return {
        "TotalCount": str(len(fitting)),
        "SmsSendDetailDTOs": {"SmsSendDetailDTO": [detail(text) for text in rows]},
    }


def _fits(text: Text, asked: Mapping[str, str]) -> bool:
    day = china(text.sent)[:10].replace("-", "")
    return day == asked["SendDate"] and asked.get("BizId", text.biz_id) == text.biz_id


def _number(asked: Mapping[str, str], name: str) -> int:
    value = asked.get(name, "")
    return int(value) if value.isdecimal() else 0
