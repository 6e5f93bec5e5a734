"""Reports as site staff read them: the questions and answers in the reader's own language."""

from api.shapes.alerts import AnswerView, FiredView, StaffReport
from api.words import known
from domain.answers import Answer, ChoiceAnswer, NumberAnswer
from domain.people import Role
from domain.protocol.schema import Form, NumberItem, Protocol
from domain.report import Report
from domain.texts import say, say_choice, say_item


def staff_report(protocol: Protocol, language: str, report: Report) -> StaffReport:
    """Show a report with its answers. What its form does not know is shown as it came."""
    form = _form(protocol, report)
    return StaffReport(
        report_id=report.id,
        reporter="caregiver" if report.reporter is Role.CAREGIVER else "participant",
        received_at=report.received_at,
        onset_at=known(report.submission.onset_at),
        level=report.triage.level.value,
        triaged=report.triage.triaged,
        fired=tuple(
            FiredView(rule=each.rule, level=each.level.value, items=each.items)
            for each in report.triage.fired
        ),
        answers=tuple(_answer(protocol, language, form, each) for each in report.submission.answers),
    )


def _form(protocol: Protocol, report: Report) -> Form | None:
    wanted = (report.submission.form_id, report.submission.form_version)
    return next((form for form in protocol.forms if (form.id, form.version) == wanted), None)


def _answer(protocol: Protocol, language: str, form: Form | None, answer: Answer) -> AnswerView:
    items = {} if form is None else {item.id: item for item in form.items}
    item = items.get(answer.item_id)
    if form is None or item is None:
        return AnswerView(item_id=answer.item_id, question=answer.item_id, answer=_plain(answer))
    match answer:
        case ChoiceAnswer():
            words = say_choice(protocol, language, item.id, answer.choice)
        case NumberAnswer() if isinstance(item, NumberItem):
            words = f"{answer.number:.{item.decimals}f} {say(protocol, language, f'unit.{item.unit}')}"
        case _:
            words = _plain(answer)
    question = say_item(protocol, language, form.id, item.id)
    return AnswerView(item_id=item.id, question=question, answer=words)


def _plain(answer: Answer) -> str:
    match answer:
        case ChoiceAnswer():
            return answer.choice
        case NumberAnswer():
            return str(answer.number)
        case _:
            return answer.text
