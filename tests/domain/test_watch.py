"""What a look means: safe only if nothing at all was found, and the heart beats only then."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.records.auditor import KINDS
from domain.watch import Finding, Look, silenced_by

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
WELL = {"bell": timedelta(seconds=1), "calendar": timedelta(seconds=1)}


def look(counts: Mapping[str, int] = {}, *, clock_is_right: bool = True) -> Look:
    """A look that found this much of these kinds, each a minute old and more."""
    return Look(
        at=NOON,
        findings=tuple(finding(kind, counts.get(kind, 0)) for kind in KINDS),
        drift=timedelta(seconds=0 if clock_is_right else 3),
        clock_is_right=clock_is_right,
        seconds=0.001,
    )


def finding(kind: str, count: int) -> Finding:
    return Finding(
        kind=kind,
        count=count,
        oldest=NOON - timedelta(minutes=count) if count else None,
        ids=(UUID(int=7),) if count else (),
    )


def test_a_trial_at_rest_is_safe_and_its_heart_beats() -> None:
    assert look().is_safe
    assert look().oldest is None
    assert silenced_by(look(), WELL) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_one_finding_of_any_kind_is_unsafe_and_silences_the_heart(kind: str) -> None:
    seen = look({kind: 1})
    assert not seen.is_safe
    assert silenced_by(seen, WELL) == {kind: 1}


def test_everything_that_was_found_is_named() -> None:
    seen = look({"alerts_exhausted": 2, "tasks_past_their_time": 5})
    assert silenced_by(seen, WELL) == {"alerts_exhausted": 2, "tasks_past_their_time": 5}
    assert seen.oldest == NOON - timedelta(minutes=5)


def test_a_wrong_clock_is_unsafe_and_silences_the_heart() -> None:
    assert not look(clock_is_right=False).is_safe
    assert silenced_by(look(clock_is_right=False), WELL) == {"clock": 1}


def test_an_auditor_without_an_answer_silences_the_heart() -> None:
    assert silenced_by(None, WELL) == {"auditor": 1}


@pytest.mark.parametrize(
    ("bell", "calendar", "silent"),
    [
        (timedelta(seconds=10), timedelta(minutes=15), set()),
        (timedelta(seconds=10.1), timedelta(seconds=1), {"work-bell"}),
        (timedelta(seconds=1), timedelta(minutes=15, seconds=1), {"work-calendar"}),
    ],
)
def test_a_worker_whose_own_work_does_not_go_well_is_silent(
    bell: timedelta, calendar: timedelta, silent: set[str]
) -> None:
    assert set(silenced_by(look(), {"bell": bell, "calendar": calendar})) == silent


def test_a_worker_that_has_not_done_a_round_yet_is_silent() -> None:
    assert set(silenced_by(look(), {})) == {"work-bell", "work-calendar"}
    assert set(silenced_by(look(), {"bell": timedelta()})) == {"work-calendar"}
