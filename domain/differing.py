"""Where two contents under one id differ: places only, never what was answered there."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from domain.answers import Answer
from domain.errors import Fault
from domain.intake import Arrival
from domain.report import Report
from domain.truth import by_item

_PLAIN = {"form_id": "/formId", "form_version": "/formVersion", "reporter": "/reporter", "corrects": ""}


def differences(first: Report, arrival: Arrival) -> tuple[Fault, ...]:
    """Name every place of a body that is not as the report stored first under its id; see `domain.report.digest`."""
    return (*_of_fields(first, arrival), *_of_onset(first, arrival), *_of_answers(first, arrival))


def _of_fields(first: Report, arrival: Arrival) -> Iterator[Fault]:
    for field, pointer in _PLAIN.items():
        if getattr(first.submission, field) != getattr(arrival.submission, field):
            yield Fault(pointer, "is not as in the stored report")


def _of_onset(first: Report, arrival: Arrival) -> Iterator[Fault]:
    before, after = first.submission.onset_at, arrival.submission.onset_at
    if _stamp(before) != _stamp(after):
        yield Fault("/onsetAt", "is not as in the stored report")


def _stamp(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


def _of_answers(first: Report, arrival: Arrival) -> Iterator[Fault]:
    left = Counter(first.submission.answers)
    for place, answer in enumerate(arrival.submission.answers):
        if left[answer] > 0:
            left[answer] -= 1
        else:
            yield Fault(f"/answers/{place}", "is not in the stored report")
    changed = set(by_item(arrival.submission.answers))
    yield from (_missing(each) for each in left.elements() if each.item_id not in changed)


def _missing(answer: Answer) -> Fault:
    return Fault("/answers", f"An answer to {answer.item_id} is in the stored report, and not in this one.")
