"""How a report is read: by which form, what of it does not fit, and which answers are judged.

A report is scored by its own form version (cases.md 19). Where nobody knows that form, every form that could be meant
is asked, and the highest level counts. An answer to a red flag that cannot be read is no "no": it is judged as "don't
know".
"""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct

from domain import answers, asking, checking_in
from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer
from domain.errors import Fault
from domain.past import Past
from domain.people import Account, Participant, ParticipantState, Site
from domain.plan import Course
from domain.protocol.conditions import Between, parts_of
from domain.protocol.schema import Audience, ChoiceItem, Form, Key, NumberItem, Protocol, RuleSet
from domain.report import Misfit, Sender, Submission


class Arrival(Struct, frozen=True, kw_only=True):
    """One report at the door: the client's id, what could be read of the body, and the body as it came."""

    report_id: UUID
    submission: Submission
    faults: tuple[Fault, ...] = ()
    """What of the body could not be read."""
    is_json: bool = True
    """False when the body is none; then only answers were looked for in it."""
    is_whole: bool = True
    """False when the body was too large, and only its beginning was read."""
    original: bytes


class Origin(Struct, frozen=True, kw_only=True):
    """Whom a report comes from, and what is known of her."""

    account: Account
    sender: Sender
    participant: Participant
    site: Site
    course: Course | None
    """Her plan as it stands, where the form is one to check in with."""
    has_original: bool
    """Whether the report that this one corrects is there; true of what corrects nothing."""


class Reading(Struct, frozen=True, kw_only=True):
    """What does not fit: why, and where."""

    misfits: tuple[Misfit, ...]
    faults: tuple[Fault, ...]


def read(arrival: Arrival, origin: Origin, past: Past, protocol: Protocol) -> Reading:
    """Read a report. Nothing makes it fail, and what does not fit takes nothing away from what does."""
    submission = arrival.submission
    exact = protocol.form(submission.form_id, submission.form_version)
    of_content = (
        *_of_form(exact, submission, origin.account, protocol),
        *_of_answers(exact, submission, past, protocol.rules.dont_know_choice),
        *_of_correction(submission, origin),
        *_of_window(arrival, past, origin, protocol),
    )
    found = (*_of_body(arrival), *(of_content if arrival.is_json else ()), *_of_origin(submission, origin))
    return Reading(
        misfits=tuple(dict.fromkeys(misfit for misfit, _ in found)),
        faults=(*arrival.faults, *(fault for _, fault in found if fault)),
    )


def in_doubt(form: Form, rules: RuleSet, given: Answers) -> Answers:
    """Return the answers as they are judged where they cannot be read as they came: doubt raises.

    A red flag whose answer does not fit is "don't know". A number out of range counts as the end of the range, where a
    rule has a threshold for it: 385 is no temperature, and no reason not to look.
    """
    if len(answers.fitting(form, given)) == len(given):
        return given
    flags = {item.id for item in form.items if isinstance(item, ChoiceItem) and item.red_flag}
    measured = {item.id: item for item in form.items if isinstance(item, NumberItem)}
    limits = {name: measured[name] for name in _thresholds(form, rules) if name in measured}
    return tuple(_or_doubt(form, flags, limits, rules.dont_know_choice, each) for each in given)


def _thresholds(form: Form, rules: RuleSet) -> Iterator[Key]:
    return (
        part.item
        for rule in rules.rules
        if rule.covers(form)
        for part in parts_of(rule.when)
        if isinstance(part, Between)
    )


def _or_doubt(
    form: Form, flags: set[Key], limits: dict[Key, NumberItem], dont_know: Key, answer: Answer
) -> Answer:
    if answers.fitting(form, (answer,)):
        return answer
    if answer.item_id in flags:
        return ChoiceAnswer(answer.item_id, dont_know)
    item = limits.get(answer.item_id)
    if item is not None and isinstance(answer, NumberAnswer):
        return NumberAnswer(item.id, min(max(answer.number, item.minimum), item.maximum))
    return answer


def forms_for(submission: Submission, protocol: Protocol) -> tuple[Form, ...]:
    """Return the form a report is scored by, or its newest version; beside it every form that asks what it does not.

    An item has one meaning wherever it is asked, and a sign under the wrong name of a form is a sign.
    """
    exact, current = protocol.form(submission.form_id, submission.form_version), protocol.current_forms
    named = (exact,) if exact else tuple(form for form in current if form.id == submission.form_id)
    foreign = {answer.item_id for answer in submission.answers} - {
        item.id for form in named for item in form.items
    }
    beside = (
        form for form in current if form not in named and any(item.id in foreign for item in form.items)
    )
    return (*named, *beside) or current


_Found = tuple[Misfit, Fault | None]


def _of_body(arrival: Arrival) -> Iterator[_Found]:
    if not arrival.is_json:
        yield Misfit.UNREADABLE, None
    elif arrival.faults:
        yield Misfit.BODY, None


def _of_form(
    exact: Form | None, submission: Submission, account: Account, protocol: Protocol
) -> Iterator[_Found]:
    if exact is None:
        known = any(form.id == submission.form_id for form in protocol.forms)
        place = "/formVersion" if known else "/formId"
        yield Misfit.FORM, Fault(place, "Nobody here knows this form version; read GET /v1/me/forms.")
    elif exact.audience is not Audience(account.role.value):
        yield Misfit.FORM, Fault("/formId", f"This form is for the {exact.audience}.")


def _of_answers(exact: Form | None, submission: Submission, past: Past, dont_know: Key) -> Iterator[_Found]:
    if exact is None:
        return
    yield from ((Misfit.ANSWERS, fault) for fault in answers.faults(exact, submission.answers))
    for place, _ in asking.out_of_turn(exact, submission.answers, past, dont_know):
        yield Misfit.ANSWERS, Fault(f"/answers/{place}", "This item is not asked after these answers.")


def _of_origin(submission: Submission, origin: Origin) -> Iterator[_Found]:
    if not origin.sender.is_verified:
        yield Misfit.REPLACED_PHONE, None
    if not origin.sender.is_consented:
        yield Misfit.CONSENT_WITHDRAWN, None
    if origin.participant.state is ParticipantState.ENDED:
        yield Misfit.ENDED, None
    if submission.reporter not in {"", origin.account.role.value}:
        yield Misfit.OTHER_REPORTER, Fault("/reporter", f"This is the account of the {origin.account.role}.")


def _of_correction(submission: Submission, origin: Origin) -> Iterator[_Found]:
    if submission.corrects is None:
        return
    if not origin.has_original:
        yield Misfit.ORIGINAL_UNKNOWN, None
    if not submission.reason.strip():
        yield Misfit.REASON_MISSING, Fault("/reason", "A correction says why.")


def _of_window(arrival: Arrival, past: Past, origin: Origin, protocol: Protocol) -> Iterator[_Found]:
    checks_in = arrival.submission.form_id in protocol.calendar.check_ins.forms
    if checks_in and origin.course and not checking_in.has_window(origin.course, past.at, _zones(origin)):
        yield Misfit.WINDOW_CLOSED, None


def _zones(origin: Origin) -> tuple[str, str]:
    return origin.account.time_zone, origin.site.time_zone
