"""What of a report does not fit, and that it is judged all the same (contract.md; cases.md 19 and 21)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import intake, reporting
from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.errors import Fault
from domain.intake import Arrival, Origin
from domain.limits import Use
from domain.past import NOTHING_PAST
from domain.people import ParticipantState, Role
from domain.protocol.schema import Level
from domain.report import Misfit, Proof, Report, digest
from domain.reporting import Outcome
from domain.task import Task
from domain.triage import Triage, triage
from tests.support import filings
from tests.support.alerts import roster
from tests.support.filings import a_context, a_sender, a_submission, an_arrival, an_origin
from tests.support.protocol import shipped

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
BLACK = ChoiceAnswer("black-stool", "yes")
WELL = ChoiceAnswer("fainted", "no")


def arrives(*answers: Answer, form: str = "on-demand", version: int = 1, **fields: object) -> Arrival:
    return an_arrival(replace(a_submission(NOW, *answers, form=form, version=version), **fields))


def filed(arrival: Arrival, origin: Origin | None = None, use: Use | None = None) -> Outcome:
    filing = filings.a_filing(origin or an_origin(NOW))
    filing = filing if use is None else replace(filing, use=use)
    return filings.filed(filing, arrival, filings.a_bell(roster()), a_context(NOW))


def report_of(outcome: Outcome) -> Report:
    assert outcome.report is not None
    return outcome.report


def tasks(outcome: Outcome) -> set[str]:
    assert outcome.decision is not None
    return {each.after.kind.value for each in outcome.decision.changes if isinstance(each.after, Task)}


MISFITS: dict[Misfit, tuple[Arrival, Origin]] = {
    Misfit.UNREADABLE: (replace(arrives(BLACK), is_json=False), an_origin(NOW)),
    Misfit.BODY: (replace(arrives(BLACK), faults=(Fault("/x", "no such field"),)), an_origin(NOW)),
    Misfit.FORM: (arrives(BLACK, version=99), an_origin(NOW)),
    Misfit.ANSWERS: (arrives(BLACK, ChoiceAnswer("urine", "lots")), an_origin(NOW)),
    Misfit.OTHER_REPORTER: (arrives(BLACK, reporter="caregiver"), an_origin(NOW)),
    Misfit.REPLACED_PHONE: (
        arrives(BLACK),
        an_origin(NOW, sender=a_sender(Proof.DEVICE, is_verified=False)),
    ),
    Misfit.ENDED: (arrives(BLACK), an_origin(NOW, state=ParticipantState.ENDED)),
    Misfit.ORIGINAL_UNKNOWN: (
        arrives(BLACK, corrects=UUID(int=7), reason="wrong line"),
        an_origin(NOW, has_original=False),
    ),
    Misfit.REASON_MISSING: (arrives(BLACK, corrects=UUID(int=7)), an_origin(NOW)),
}


@pytest.mark.parametrize("misfit", MISFITS, ids=str)
def test_what_does_not_fit_is_named_judged_rung_and_made_a_task(misfit: Misfit) -> None:
    arrival, origin = MISFITS[misfit]
    outcome = filed(arrival, origin)
    report = report_of(outcome)
    assert report.quarantine == (misfit,)
    assert (report.triage.level, report.rang) == (Level.EMERGENCY, True)
    assert report.alert_id is not None
    assert "quarantined-report" in tasks(outcome)


def test_a_report_that_fits_is_in_no_quarantine() -> None:
    outcome = filed(arrives(BLACK))
    assert report_of(outcome).quarantine == ()
    assert tasks(outcome) == set()


@pytest.mark.parametrize("form", ["on-demand", "check-in", "caregiver", "never-heard-of"])
def test_an_unknown_version_or_form_hides_no_red_flag(form: str) -> None:
    for answer in (BLACK, ChoiceAnswer("breathless-at-rest", "yes")):
        report = report_of(filed(arrives(answer, form=form, version=99)))
        assert (report.triage.level, report.quarantine) == (Level.EMERGENCY, (Misfit.FORM,))


def test_a_sign_that_only_the_caregivers_form_asks_for_is_judged_under_any_name() -> None:
    report = report_of(filed(arrives(ChoiceAnswer("cannot-be-woken", "yes"), form="from-the-future")))
    assert report.triage.level is Level.EMERGENCY


@pytest.mark.parametrize(("form", "version"), [("on-demand", 2), ("on-demand", 99), ("check-in", 1)])
def test_a_sign_that_its_form_does_not_ask_for_is_judged_by_the_form_that_does(
    form: str, version: int
) -> None:
    arrival = arrives(WELL, ChoiceAnswer("cannot-be-woken", "yes"), form=form, version=version)
    report = report_of(filed(arrival))
    assert report.triage.level is Level.EMERGENCY
    assert report.quarantine


def test_a_report_is_scored_by_its_own_form_version() -> None:
    submission = a_submission(NOW, BLACK)
    (form,) = intake.forms_for(submission, shipped())
    assert (form.id, form.version) == ("on-demand", 1)


def test_an_answer_to_a_red_flag_that_cannot_be_read_is_dont_know() -> None:
    (form,) = intake.forms_for(a_submission(NOW), shipped())
    given = (
        ChoiceAnswer("black-stool", "jet-black"),
        NumberAnswer("fainted", 1.0),
        WELL,
        TextAnswer("x", "y"),
    )
    read = intake.in_doubt(form, shipped().rules, given)
    assert read[:3] == (ChoiceAnswer("black-stool", "dont-know"), ChoiceAnswer("fainted", "dont-know"), WELL)


def test_words_beside_an_urgent_answer_are_read_by_a_human_too() -> None:
    assert tasks(filed(arrives(BLACK, TextAnswer("free-text", "since noon")))) == {"free-text"}
    assert tasks(filed(arrives(WELL, TextAnswer("free-text", "since noon")))) == {"routine-report"}
    assert tasks(filed(arrives(WELL, TextAnswer("free-text", "  ")))) == set()


def broken(*_: object) -> Triage:
    raise ZeroDivisionError


def test_a_judge_that_fails_leaves_it_urgent_rung_and_before_a_human() -> None:
    filing = filings.a_filing(an_origin(NOW))
    outcome = filings.filed(filing, arrives(WELL), filings.a_bell(roster()), a_context(NOW), broken)
    report = report_of(outcome)
    assert (report.triage.triaged, report.triage.level, report.rang) == (False, Level.URGENT, True)
    assert tasks(outcome) == {"untriaged-report"}


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("ago", "rings"), [(None, True), (6 * HOUR, True), (5 * HOUR, False)])
def test_a_phone_that_nobody_vouches_for_rings_once_in_six_hours(ago: timedelta | None, rings: bool) -> None:
    origin = an_origin(NOW, sender=a_sender(Proof.DEVICE, is_verified=False))
    use = Use(within_a_day=3, rang_unverified_at=None if ago is None else NOW - ago, flood_task=None)
    outcome = filed(arrives(BLACK), origin, use)
    report = report_of(outcome)
    assert (report.rang, report.alert_id is not None) == (rings, rings)
    assert (report.triage.level, report.is_verified) == (Level.EMERGENCY, False)
    assert tasks(outcome) == {"quarantined-report"}
    verified = report_of(filed(arrives(BLACK), use=use))
    assert verified.rang


def test_equal_content_is_told_by_what_was_answered_and_not_by_when_it_was_sent() -> None:
    one = a_submission(NOW, BLACK, WELL)
    assert digest(replace(one, answers=(WELL, BLACK))) == digest(one)
    later = replace(one, device_time=NOW + HOUR, age=3.0, app_version="2", language="zh-CN", time_zone="X")
    assert digest(later) == digest(one)
    others = (
        replace(one, answers=(BLACK,)),
        replace(one, answers=(BLACK, WELL, WELL)),
        replace(one, onset_at=NOW),
        replace(one, form_version=2),
        replace(one, form_id="check-in"),
        replace(one, reporter="participant"),
        replace(one, corrects=UUID(int=1)),
    )
    assert len({digest(each) for each in (one, *others)}) == 1 + len(others)


def test_nothing_is_read_of_the_past_when_advice_is_given_from_the_answers_alone() -> None:
    seen: list[object] = []

    def judge(*given: object) -> Triage:
        seen.append(given[-1])
        return triage(*given)  # type: ignore[arg-type]  # passed on as it came

    found = reporting.judge(a_submission(NOW, BLACK), shipped(), judge)
    assert (found.level, seen) == (Level.EMERGENCY, [NOTHING_PAST])


def test_a_caregivers_account_does_not_fill_in_the_participants_form() -> None:
    report = report_of(filed(arrives(BLACK), an_origin(NOW, role=Role.CAREGIVER)))
    assert report.quarantine == (Misfit.FORM,)
    assert report.triage.form_id == "on-demand"


def test_what_pages_is_never_stored_without_its_bell() -> None:
    filing, arrival = filings.a_filing(an_origin(NOW)), arrives(BLACK)
    weighed = reporting.weigh(filing, arrival, shipped(), triage, a_context(NOW))
    with pytest.raises(ValueError, match="without its bell"):
        reporting.submit(filing, arrival, weighed, None, shipped(), a_context(NOW))


@pytest.mark.parametrize(
    ("celsius", "level"),
    [
        (39.25, Level.URGENT),
        (38.04, Level.URGENT),
        (36.62, Level.NONE),
        (385.0, Level.URGENT),
        (12.0, Level.URGENT),
    ],
)
def test_a_temperature_that_does_not_fit_is_named_and_no_reason_not_to_look(
    celsius: float, level: Level
) -> None:
    report = report_of(filed(arrives(NumberAnswer("temperature", celsius))))
    assert (report.triage.level, report.quarantine) == (level, (Misfit.ANSWERS,))


def test_what_any_form_finds_is_found_where_several_could_be_meant() -> None:
    given = (ChoiceAnswer("belly-pain", "severe-or-constant"), ChoiceAnswer("cannot-be-woken", "yes"))
    found = report_of(filed(arrives(*given))).triage
    assert set(found.signals) == {"infection", "confusion"}
    assert {"i4-severe-belly-pain", "e1-not-awake-or-not-clear"} <= {each.rule for each in found.fired}


def test_a_reaction_is_heard_while_nobody_has_entered_the_administration() -> None:
    report = report_of(filed(arrives(ChoiceAnswer("reaction", "yes"), version=2)))
    assert report.triage.level is Level.EMERGENCY
    assert (
        report_of(filed(arrives(ChoiceAnswer("reaction", "dont-know"), version=2))).triage.level
        is Level.URGENT
    )
