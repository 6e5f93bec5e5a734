"""States that tests of an app often want, by name."""

from api.shapes.sandbox_states import NamedState, ParticipantState

NAMED = (
    NamedState(
        name="day-0",
        en="She was given the medicine today; nothing lies behind.",
        zh="今天给药，尚无任何记录。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(),
    ),
    NamedState(
        name="week-12",
        en="Week 12: every check-in done, every visit took place.",
        zh="第 12 周：每次自评均已完成，每次访视均已进行。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=12),
    ),
    NamedState(
        name="week-12-silent",
        en="Week 12: the last two check-ins were missed, and somebody has looked after her.",
        zh="第 12 周：最近两次自评未完成，研究团队已联系过她。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=12, missed_check_ins=2),
    ),
    NamedState(
        name="week-12-silent-and-ringing",
        en="Week 12: the last two check-ins were missed, and an emergency rings that nobody has answered.",
        zh="第 12 周：最近两次自评未完成，另有一个紧急警报正在呼叫，尚无人接手。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=12, missed_check_ins=2, open_alert="ringing"),
    ),
    NamedState(
        name="emergency-taken",
        en="An emergency that a doctor has taken and in which nobody has been reached yet.",
        zh="紧急警报已由医生接手，尚未联系到患者。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=4, open_alert="taken"),
    ),
    NamedState(
        name="emergency-reached",
        en="An emergency in which a doctor has reached her.",
        zh="紧急警报，医生已联系到患者。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=4, open_alert="reached"),
    ),
    NamedState(
        name="missed-visit",
        en="Week 9: the visit of week 8 did not take place.",
        zh="第 9 周：第 8 周的访视未进行。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=9, missed_visits=1),
    ),
    NamedState(
        name="phone-replaced",
        en="Her phone was replaced: the old one is signed out, the code is for the new one.",
        zh="手机已更换：旧手机已退出登录，激活码用于新手机。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=3, phone_replaced=True),
    ),
    NamedState(
        name="caregiver-out",
        en="She has taken back that her caregiver may look: the caregiver's phone is signed out.",
        zh="她撤回了照护者访问的同意：照护者的手机已退出登录。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=3, withdrawn_consent="caregiver-access"),
    ),
    NamedState(
        name="withdrawn",
        en="She has withdrawn from the trial in week 20.",
        zh="第 20 周退出研究。",
        state=ParticipantState(week=20, ended="withdrawn"),
    ),
    NamedState(
        name="withdrawn-and-ringing",
        en="She has withdrawn, and an alert about her runs on.",
        zh="已退出研究，但关于她的警报仍在继续。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=6, open_alert="ringing", ended="withdrawn"),
    ),
    NamedState(
        name="year-done",
        en="Week 52: the last check-in and the last visit are today.",
        zh="第 52 周：今天是最后一次自评和最后一次访视。",  # noqa: RUF001 - Chinese punctuation
        state=ParticipantState(week=52),
    ),
)
"""In the order of a year; each is executed by a test."""
