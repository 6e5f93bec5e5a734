"""Reports as site staff read them: the questions and answers in the reader's own language."""

from collections.abc import Iterator
from typing import Literal

from msgspec import UNSET

from api.shapes.alerts import AnswerView, FiredView, StaffReport, UnansweredView
from api.words import fault_views, known, skew_seconds
from domain import asking
from domain.answers import Answer, ChoiceAnswer, NumberAnswer
from domain.asking import ItemState
from domain.past import Past
from domain.people import Role
from domain.protocol.schema import ChoiceItem, Form, NumberItem, Protocol
from domain.report import Report
from domain.texts import say, say_choice, say_item


def staff_report(protocol: Protocol, language: str, report: Report) -> StaffReport:
    """Show a report with its answers. What its form does not know is shown as it came."""
    form = protocol.form(report.submission.form_id, report.submission.form_version)
    return StaffReport(
        report_id=report.id,
        reporter="caregiver" if report.reporter is Role.CAREGIVER else "participant",
        variant=report.variant,
        received_at=report.received_at,
        made_at=report.made_at,
        age_seconds=(report.received_at - report.made_at).total_seconds(),
        onset_at=known(report.submission.onset_at),
        clock_skew_seconds=skew_seconds(report),
        clock_doubtful=report.has_doubtful_clock,
        proof=report.proof.value,
        verified=report.is_verified,
        misfits=tuple(misfit.value for misfit in report.quarantine),
        faults=fault_views(report),
        corrects=report.submission.corrects or UNSET,
        reason=report.submission.reason or UNSET,
        level=report.triage.level.value,
        triaged=report.triage.triaged,
        broken=report.triage.broken,
        rule_set_version=report.triage.rule_set_version,
        fired=tuple(
            FiredView(rule=each.rule, level=each.level.value, items=each.items)
            for each in report.triage.fired
        ),
        answers=tuple(answer_view(protocol, language, form, each) for each in report.submission.answers),
        unanswered=() if form is None else tuple(_unanswered(protocol, language, form, report)),
    )


def _unanswered(protocol: Protocol, language: str, form: Form, report: Report) -> Iterator[UnansweredView]:
    past = Past(days=report.days)
    states = asking.states(form, report.submission.answers, past, protocol.rules.dont_know_choice)
    without = {ItemState.NOT_ASKED, ItemState.NOT_ANSWERED}
    for item in (each for each, state in states.items() if state in without):
        why: Literal["not-asked", "not-answered"] = (
            "not-asked" if states[item] is ItemState.NOT_ASKED else "not-answered"
        )
        question = say_item(protocol, language, form.id, item)
        yield UnansweredView(item_id=item, question=question, why=why)


def answer_view(protocol: Protocol, language: str, form: Form | None, answer: Answer) -> AnswerView:
    """Show one answer in words; what its form does not know, as it came."""
    items = {} if form is None else {item.id: item for item in form.items}
    item = items.get(answer.item_id)
    if form is None or item is None:
        return AnswerView(item_id=answer.item_id, question=answer.item_id, answer=_plain(answer))
    match answer:
        case ChoiceAnswer() if isinstance(item, ChoiceItem) and _is_choice(item, answer):
            words = say_choice(protocol, language, item.id, answer.choice)
        case NumberAnswer() if isinstance(item, NumberItem):
            words = f"{answer.number:.{item.decimals}f} {say(protocol, language, f'unit.{item.unit}')}"
        case _:
            words = _plain(answer)
    question = say_item(protocol, language, form.id, item.id)
    return AnswerView(item_id=item.id, question=question, answer=words)


def _is_choice(item: ChoiceItem, answer: ChoiceAnswer) -> bool:
    return any(choice.id == answer.choice for choice in item.choices)


def _plain(answer: Answer) -> str:
    match answer:
        case ChoiceAnswer():
            return answer.choice
        case NumberAnswer():
            return str(answer.number)
        case _:
            return answer.text
