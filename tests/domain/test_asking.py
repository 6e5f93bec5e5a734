"""Skip logic: what is asked after what, and the three ways in which an item can have no "yes" and no "no"."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from domain import asking, intake
from domain.answers import Answer, ChoiceAnswer
from domain.asking import ItemState
from domain.past import Past
from domain.protocol.schema import Form
from domain.report import Misfit
from tests.support import filings
from tests.support.protocol import shipped

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
DONT_KNOW = shipped().rules.dont_know_choice


def form(name: str) -> Form:
    (found,) = (each for each in shipped().current_forms if each.id == name)
    return found


def chose(item: str, choice: str) -> ChoiceAnswer:
    return ChoiceAnswer(item, choice)


def unasked(name: str, *answers: Answer, days: tuple[int, ...] = ()) -> frozenset[str]:
    return asking.unasked(form(name), answers, Past(days=days), DONT_KNOW)


def test_before_anything_is_answered_no_follow_up_is_asked() -> None:
    assert unasked("check-in") == {"dizzy-on-standing", "reaction", "newly-yellow"}
    assert unasked("caregiver") == {"dizzy-on-standing", "date-error-new"}


@pytest.mark.parametrize(
    ("name", "answer", "asked"),
    [
        ("check-in", chose("stool-blood", "streaks"), "dizzy-on-standing"),
        ("on-demand", chose("black-stool", "yes"), "dizzy-on-standing"),
        ("check-in", chose("behaviour-change", "yes"), "newly-yellow"),
        ("caregiver", chose("date-error", "one-day"), "date-error-new"),
    ],
)
def test_a_sign_has_its_follow_up_asked_and_no_or_dont_know_has_not(
    name: str, answer: ChoiceAnswer, asked: str
) -> None:
    assert asked not in unasked(name, answer)
    for other in ("no", DONT_KNOW):
        assert asked in unasked(name, replace(answer, choice=other))


@pytest.mark.parametrize(
    ("days", "asked"), [((0,), True), ((2, 90), True), ((3,), False), ((), False), ((-1,), False)]
)
def test_reactions_are_asked_for_on_the_day_and_the_two_after_it(days: tuple[int, ...], asked: bool) -> None:
    assert ("reaction" not in unasked("on-demand", days=days)) is asked


def test_dont_know_not_answered_and_not_asked_are_three_things() -> None:
    given = (chose("fainted", "no"), chose("urine", DONT_KNOW))
    states = asking.states(form("on-demand"), given, Past(), DONT_KNOW)
    assert states["fainted"] is ItemState.ANSWERED
    assert states["urine"] is ItemState.DONT_KNOW
    assert states["belly-pain"] is ItemState.NOT_ANSWERED
    assert states["dizzy-on-standing"] is ItemState.NOT_ASKED
    assert list(states) == [item.id for item in form("on-demand").items]


def test_an_answer_that_was_not_asked_for_is_named_and_still_judged() -> None:
    given = (chose("dizzy-on-standing", "yes"), chose("black-stool", "no"))
    said = filings.a_submission(NOW, *given, version=2)
    found = intake.read(filings.an_arrival(said), filings.an_origin(NOW), Past(at=(NOW,)), shipped())
    assert found.misfits == (Misfit.ANSWERS,)
    assert [fault.pointer for fault in found.faults] == ["/answers/0"]
    asked = filings.a_submission(NOW, given[0], chose("black-stool", "yes"), version=2)
    fits = intake.read(filings.an_arrival(asked), filings.an_origin(NOW), Past(at=(NOW,)), shipped())
    assert (fits.misfits, fits.faults) == ((), ())
