"""A body for every operation that takes one, in English and in Chinese: the tests send each as it stands.

Codes, tokens and passwords have the right form and open nothing.
"""

from collections.abc import Mapping

from api.example import Example, Value, both
from api.examples_of_the_bell import OF_THE_BELL

_PHONE = "7f9c24e8-3b12-4fef-91e0-56a2d5a1c001"
_OTHER_PHONE = "1d2a5a0e-88d4-4c0a-8a57-0f4e2f6b7c02"
_DESK = "c3f1b6a4-52d7-4b7e-9d5c-6a1e0b9f3d03"
_REMINDER = "2b1f7c80-6d1e-4f53-9b7a-3c5d8e9f0a05"
_OTHER_REMINDER = "9d3a1e72-0c4b-4a68-8f15-6b7c8d9e0f06"
_SITE = "5b0e7d1c-0a34-4f6b-8c29-7e1d3a9b2f04"


BLACK_STOOL: Mapping[str, Value] = {
    "formId": "on-demand",
    "formVersion": 2,
    "language": "en",
    "answers": (
        {"type": "choice", "itemId": "vomited-blood", "choice": "no"},
        {"type": "choice", "itemId": "black-stool", "choice": "yes"},
        {"type": "number", "itemId": "temperature", "number": 36.8},
        {"type": "choice", "itemId": "temperature-method", "choice": "ear"},
        {"type": "text", "itemId": "free-text", "text": "Since this morning. A little dizzy."},
    ),
    "deviceTime": "2026-03-10T08:59:12+08:00",
    "ageSeconds": 4.2,
    "timeZone": "Asia/Shanghai",
    "onsetAt": "2026-03-10T07:30:00+08:00",
    "reporter": "participant",
    "appVersion": "1.4.0",
}
FEVER: Mapping[str, Value] = {
    "formId": "on-demand",
    "formVersion": 2,
    "language": "zh-CN",
    "answers": (
        {"type": "choice", "itemId": "shaking-chills", "choice": "yes"},
        {"type": "choice", "itemId": "more-confused", "choice": "dont-know"},
        {"type": "number", "itemId": "temperature", "number": 38.2},
        {"type": "choice", "itemId": "temperature-method", "choice": "armpit"},
        {"type": "text", "itemId": "free-text", "text": "昨晚开始发冷。"},
    ),
    "deviceTime": "2026-03-10T08:58:40+08:00",
    "appVersion": "1.4.0",
}


EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "device.activate": (
        Example("en", "A code, typed as it is printed", {"code": "K7Q4-MM3P-9X3Q", "deviceId": _PHONE}),
        Example("zh-CN", "研究中心发的激活码", {"code": "P3WX-7H4N-KD4G", "deviceId": _OTHER_PHONE}),
    ),
    "token.rotate": both(
        "The newest refresh token of this device",
        "本设备最新的刷新令牌",
        {"refreshToken": "the-newest-refresh-token", "deviceId": _PHONE},
    ),
    "staff-token.rotate": both(
        "The newest refresh token of this desk",
        "本工作站最新的刷新令牌",
        {"refreshToken": "the-newest-refresh-token", "deviceId": _DESK},
    ),
    "staff.sign-in": both(
        "An investigator at her desk",
        "研究者在工作站登录",
        {"email": "bob@example.org", "password": "a long password", "totp": "287082", "deviceId": _DESK},
    ),
    "directory-sign-in.begin": both(
        "A desk whose browser is to be sent to the directory",
        "工作站通过医院目录登录",
        {"deviceId": _DESK},
    ),
    "directory-sign-in.complete": both(
        "What the browser has brought back",
        "浏览器带回的授权码",
        {"code": "the-code-of-the-directory", "state": "the-state-of-this-sign-in", "deviceId": _DESK},
    ),
    "report.submit": (
        Example("en", "Black stool since the morning: an emergency", BLACK_STOOL),
        Example("zh-CN", "发热 38.2 °C，并有寒战", FEVER),  # noqa: RUF001 - a Chinese sentence has a Chinese comma
    ),
    "report-batch.submit": both(
        "Two reports that waited for a connection",
        "离线期间填写的两份报告",
        {
            "reports": (
                {**BLACK_STOOL, "reportId": "0f8c1f2e-4a53-4d8b-9b1e-7c2d3e4f5a01", "ageSeconds": 5400},
                {**FEVER, "reportId": "0f8c1f2e-4a53-4d8b-9b1e-7c2d3e4f5a02", "ageSeconds": 60.5},
            )
        },
    ),
    "report.correct": (
        Example(
            "en",
            "She had ticked the wrong line",
            {
                **BLACK_STOOL,
                "correctionId": "0f8c1f2e-4a53-4d8b-9b1e-7c2d3e4f5a03",
                "reason": "I had ticked no by mistake.",
            },
        ),
        Example(
            "zh-CN",
            "体温填错了",
            {**FEVER, "correctionId": "0f8c1f2e-4a53-4d8b-9b1e-7c2d3e4f5a04", "reason": "体温填错了。"},
        ),
    ),
    "participant.register": (
        Example(
            "en",
            "The seventh participant of a site",
            {"siteId": _SITE, "subjectNumber": "ZN-0007", "phase": "phase-1"},
        ),
        Example(
            "zh-CN",
            "II 期受试者",
            {"siteId": _SITE, "subjectNumber": "ZN-0031", "phase": "phase-2"},
        ),
    ),
    "administration.record": both("Given on the second of March", "3 月 2 日给药", {"givenOn": "2026-03-02"}),
    "administration.correct": both(
        "It was given on the third of March",
        "实际给药日期为 3 月 3 日",
        {"givenOn": "2026-03-03", "reason": "transcription error"},
    ),
    "visit.record": (
        Example("en", "The visit took place", {"action": "complete", "completedOn": "2026-03-09"}),
        Example(
            "zh-CN",
            "因节假日改期",
            {"action": "reschedule", "targetDate": "2026-10-09", "reason": "国庆节假期"},
        ),
    ),
    "participant.end": both(
        "She has withdrawn", "受试者退出研究", {"reason": "withdrawn", "endedOn": "2026-03-10"}
    ),
    "complication.record": both(
        "A hepatic encephalopathy on the tenth of March",
        "3 月 10 日发生肝性脑病",
        {"complication": "hepatic-encephalopathy", "occurredOn": "2026-03-10"},
    ),
    "sms-consent.record": both(
        "She wants to be reminded by SMS",
        "同意接收短信提醒",
        {"phone": "+8619900000100", "consentedOn": "2026-03-01"},
    ),
    "consent.record": both(
        "She lets her caregiver in",
        "同意家属使用",
        {"consentedOn": "2026-03-01", "version": "v2.1 2026-02-10"},
    ),
    "account.update": (
        Example("en", "Travelling", {"timeZone": "Europe/London", "reminderHour": 10}),
        Example("zh-CN", "改用中文，早上八点提醒", {"language": "zh-CN", "reminderHour": 8}),  # noqa: RUF001 - as above
    ),
    "reminder-receipt.record": both(
        "One alarm set, another one shown",
        "一个提醒已设置，另一个已显示",  # noqa: RUF001 - as above
        {
            "planVersion": 1,
            "receipts": (
                {"reminderId": _REMINDER, "event": "scheduled", "at": "2026-03-09T14:01:12+08:00"},
                {"reminderId": _OTHER_REMINDER, "event": "shown", "at": "2026-03-09T09:00:03+08:00"},
            ),
        },
    ),
    "activation-code.issue": (
        Example(
            "en",
            "For a caregiver who reads English",
            {"role": "caregiver", "language": "en", "timeZone": "Europe/London"},
        ),
        Example("zh-CN", "发给受试者本人", {"role": "participant", "language": "zh-CN"}),
    ),
    **OF_THE_BELL,
}
"""By the name of the operation."""
