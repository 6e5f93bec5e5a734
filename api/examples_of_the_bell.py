"""Examples of what sites and providers send: rota, policy, drills, answers, callbacks, the sandbox."""

from collections.abc import Mapping

from api.example import Example, Value, both

_COLLEAGUE = "e6a7c1d2-4b3f-4d58-9a06-1c2d3e4f5a07"
_OTHER_COLLEAGUE = "f7b8d2e3-5c40-4e69-8b17-2d3e4f5a6b08"
_SHIFT = "08c9e3f4-6d51-4f7a-9c28-3e4f5a6b7c09"
_OTHER_SHIFT = "19daf405-7e62-4a8b-8d39-4f5a6b7c8d10"
_AT_NIGHT: Value = (
    {"target": "on-call-1", "wait": "PT5M", "channels": ("sms", "voice")},
    {"target": "principal-investigator", "wait": "PT10M", "channels": ("sms", "voice")},
)
_USUAL: Value = (
    {"target": "on-call-1", "wait": "PT10M", "channels": ("sms", "voice")},
    {"target": "on-call-2", "wait": "PT10M", "channels": ("sms", "voice")},
    {"target": "principal-investigator", "wait": "PT10M", "channels": ("sms", "voice")},
)
_UNHURRIED: Value = (
    {"target": "on-call-1", "wait": "PT1H", "channels": ("sms",)},
    {"target": "principal-investigator", "wait": "PT2H", "channels": ("sms",)},
)

NIGHTS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.org//Rota//EN
X-WR-CALNAME:Nights
BEGIN:VEVENT
UID:night-1@example.org
DTSTAMP:20260301T000000Z
DTSTART;TZID=Asia/Shanghai:20260302T180000
DTEND;TZID=Asia/Shanghai:20260303T080000
RRULE:FREQ=WEEKLY;BYDAY=MO
CATEGORIES:on-call-1
SUMMARY:Night
ATTENDEE:mailto:bob@example.org
END:VEVENT
END:VCALENDAR
"""

_PROOF = {"password": "a long password", "totp": "287082"}

OF_THE_BELL: Mapping[str, tuple[Example, ...]] = {
    "pin.set": both(
        "Six digits, no run",
        "六位数字，不用连号",  # noqa: RUF001 - a Chinese comma
        {"pin": "318264", "proof": _PROOF},
    ),
    "password.set": both(
        "Another password",
        "新密码",
        {
            "password": "seven geese over the river",
            "proof": _PROOF,
        },
    ),
    "staff.invite": both(
        "An investigator who is new here",
        "邀请一位新研究者",
        {
            "name": "Grace",
            "email": "grace@example.org",
            "role": "investigator",
            "language": "en",
            "proof": _PROOF,
        },
    ),
    "colleague.invite": both(
        "Her code has expired",
        "编码过期后重新邀请",
        {"proof": _PROOF},
    ),
    "staff-invitation.read": both("The code of the mail", "邮件中的编码", {"code": "K7Q4-MM9P-GXRT-4HDN"}),
    "staff-invitation.accept": both(
        "Her password, her authenticator, her phone",
        "设置密码、身份验证器和手机",
        {
            "code": "K7Q4-MM9P-GXRT-4HDN",
            "password": "seven geese over the river",
            "totp": "287082",
            "phone": "+8619900000100",
        },
    ),
    "recovery-code.draw": both("All are used up", "恢复码已用完", {"proof": _PROOF}),
    "staff.close": (
        Example(
            "en",
            "She has left",
            {"reason": "left the hospital", "proof": _PROOF},
        ),
        Example(
            "zh-CN",
            "该人员已离职",
            {"reason": "已离职", "proof": _PROOF},
        ),
    ),
    "code.acknowledge": both("The code of the text", "短信中的编号", {"code": "K7Q4"}),
    "holiday.replace": both(
        "The first days of October", "国庆节", {"days": ("2026-10-01", "2026-10-02", "2026-10-03")}
    ),
    "escalation-policy.replace": both(
        "At night the principal investigator is rung second",
        "夜间第二个通知主要研究者",
        {
            "emergency": {"day": _USUAL, "night": _AT_NIGHT},
            "urgent": {"day": _UNHURRIED, "night": _AT_NIGHT},
            "providers": {"+86": ("dysms", "twilio")},
        },
    ),
    "drill-schedule.replace": (
        Example("en", "Every week at ten", {"every": "P7D", "at": "10:00"}),
        Example("zh-CN", "每两周一次，下午两点半", {"every": "P14D", "at": "14:30"}),  # noqa: RUF001 - as above
    ),
    "alert.contact": (
        Example("en", "The doctor spoke with the participant", {"outcome": "spoke-with-participant"}),
        Example("zh-CN", "患者已到院就诊", {"outcome": "in-care"}),
        Example("en", "Nobody answered the telephone", {"outcome": "not-reached"}),
    ),
    "alert.resolve": both(
        "Admitted to hospital",
        "已收治入院",
        {
            "disposition": "admitted",
            "note": "Endoscopy this afternoon; her son is with her.",
            "version": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "proof": _PROOF,
        },
    ),
    "phone-number.record": both(
        "The number at which the caregiver is called",
        "照护者的联系电话",
        {"phone": "+8619900000101", "language": "zh-CN"},
    ),
    "receipt.take": both(
        "Reached the phone",
        "短信已送达",
        {"MessageSid": "SM00000000000000000000000000000001", "MessageStatus": "delivered"},
    ),
    "rota.replace": both(
        "Two nights of one tier",
        "一级值班的两个夜班",
        {
            "shifts": (
                {
                    "staffId": _COLLEAGUE,
                    "tier": 1,
                    "startsAt": "2026-03-16T18:00:00+08:00",
                    "endsAt": "2026-03-17T08:00:00+08:00",
                },
                {
                    "staffId": _OTHER_COLLEAGUE,
                    "tier": 1,
                    "startsAt": "2026-03-17T18:00:00+08:00",
                    "endsAt": "2026-03-18T08:00:00+08:00",
                },
            )
        },
    ),
    "rota.override": both(
        "Somebody takes a night over",
        "有人接替一个夜班",
        {
            "staffId": _COLLEAGUE,
            "tier": 1,
            "startsAt": "2026-03-17T18:00:00+08:00",
            "endsAt": "2026-03-18T08:00:00+08:00",
            "reason": "at a congress",
        },
    ),
    "rota.swap": both(
        "Two people swap their nights",
        "两人互换夜班",
        {"shiftId": _SHIFT, "otherShiftId": _OTHER_SHIFT, "reason": "asked for by both"},
    ),
    "rota.import": both("A night, every week", "每周一个夜班", NIGHTS),
    "call-status.take": both(
        "Nobody has picked up",
        "无人接听",
        {"CallSid": "CA00000000000000000000000000000001", "CallStatus": "no-answer"},
    ),
    "keypad.answer": both(
        "She takes it", "接手", {"CallSid": "CA00000000000000000000000000000001", "Digits": "1"}
    ),
    "receipt.push": both(
        "It has arrived",
        "已送达",
        (
            {
                "success": True,
                "biz_id": "900619746936498440^0",
                "out_id": "7f9c24e8-3b12-4fef-91e0-56a2d5a1c001",
                "err_code": "DELIVERED",
            },
        ),
    ),
    "inbound.take": both("She cannot", "无法处理", {"From": "+15005550100", "Body": "NO K7Q4"}),
    "phone.reply": both("He takes it", "接手", {"body": "K7Q4"}),
    "phone.press": both("He takes it", "接手", {"digits": "1"}),
    "clock.move": both("Ten minutes pass", "时间前进十分钟", {"advance": "PT10M"}),
    "provider.script": both(
        "The next text to Bob does not arrive",
        "发给 Bob 的下一条短信未送达",
        ({"kind": "undelivered", "number": "+8619900000002", "times": 1, "code": 30005},),
    ),
    "participant.seed": (
        Example(
            "en",
            "Week 12, the last two check-ins missed, an alert that rings",
            {"state": {"week": 12, "missedCheckIns": 2, "openAlert": "ringing"}, "signIn": True},
        ),
        Example(
            "zh-CN",
            "两天前给药的受试者",
            {"phase": "phase-1", "daysSinceAdministration": 2},
        ),
    ),
}
"""By the name of the operation."""
