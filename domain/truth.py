"""Whether a condition is true of a report, and of what is past: true, false, or unknown (Kleene).

An unanswered item is not a "no", and neither is "don't know": both leave what asks for them unknown. What looks back
is unknown while there is nothing to look at. Where a time matters, every instant at which the report or an earlier one
may have been is read, and the one that makes the condition true counts (trial.md §3).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.local_time import local_date
from domain.past import Earlier, Past
from domain.protocol.conditions import (
    Again,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Day,
    Disagrees,
    Fallen,
    Is,
    Risen,
    RisenDaily,
    RuleFired,
    Under,
    Worse,
    Written,
)
from domain.protocol.forms import ChoiceItem, Form
from domain.protocol.names import Key

Given = Mapping[str, Sequence[Answer]]
"""The answers by item id. An item answered twice has two, and what is true of one of them is true."""

Truth = bool | None

_NOISE: Final = 1e-9
"""Far above the error of binary arithmetic on two readings, far below the finest step."""


class Before(Struct, frozen=True):
    """An earlier report, with its answers by item."""

    report: Earlier
    given: Given


class Facts(Struct, frozen=True, kw_only=True):
    """Everything a condition can be asked about; see `facts_of`."""

    form: Form
    given: Given
    past: Past
    earlier: tuple[Before, ...]
    """Those of the past, gathered once for all the conditions that look back."""
    dont_know: Key
    fired: dict[str, Truth]
    """By the source of the rules judged so far: true when one of them fired. It grows while they are judged."""


def facts_of(form: Form, answers: Answers, past: Past, dont_know: Key) -> Facts:
    """Gather what is to be known of one report, before any rule of it was judged."""
    earlier = tuple(Before(each, by_item(each.answers)) for each in past.earlier)
    return Facts(form=form, given=by_item(answers), past=past, earlier=earlier, dont_know=dont_know, fired={})


def by_item(answers: Answers) -> Given:
    """Gather the answers by item id, in the order of the answers."""
    given: dict[str, list[Answer]] = {}
    for answer in answers:
        given.setdefault(answer.item_id, []).append(answer)
    return given


def holds(condition: Condition, facts: Facts) -> Truth:
    """Return whether the condition is true, or None when nothing tells."""
    return TESTS[type(condition)](condition, facts)


def either(truths: Iterable[Truth]) -> Truth:
    """Kleene "or"; false of nothing."""
    unknown = False
    for truth in truths:
        if truth is True:
            return True
        unknown = unknown or truth is None
    return None if unknown else False


def both(truths: Iterable[Truth]) -> Truth:
    """Kleene "and"; true of nothing."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def _of_joint(condition: AnyOf | AllOf, facts: Facts) -> Truth:
    truths = [holds(part, facts) for part in condition.of]
    return either(truths) if isinstance(condition, AnyOf) else both(truths)


def _of_day(condition: Day, facts: Facts) -> Truth:
    if not facts.past.days:
        return True if condition.or_unknown else None
    return any(condition.first <= day <= condition.last for day in facts.past.days)


def _of_rules(condition: RuleFired, facts: Facts) -> Truth:
    return either(facts.fired[source] for source in condition.sources if source in facts.fired)


def _of_answers(test: Is | Between | Written | Under, facts: Facts) -> Truth:
    given = facts.given.get(test.item)
    if not given:
        return None
    if len(given) == 1:
        return _tells(test, given[0], facts.dont_know)
    return either(_tells(test, answer, facts.dont_know) for answer in given)


def _tells(test: Is | Between | Written | Under, answer: Answer, dont_know: Key) -> Truth:
    if isinstance(test, Is) and isinstance(answer, ChoiceAnswer):
        return answer.choice in test.choices or (None if answer.choice == dont_know else False)
    if isinstance(test, Between) and isinstance(answer, NumberAnswer):
        return _lies_between(test, answer.number)
    if isinstance(test, Written) and isinstance(answer, TextAnswer):
        return bool(answer.text.strip())
    if isinstance(test, Under) and isinstance(answer, NumberAnswer) and test.cut_off.value is not None:
        return answer.number < test.cut_off.value
    return None


def _lies_between(test: Between, number: float) -> bool:
    not_under = test.at_least is None or test.at_least <= number
    return not_under and (test.below is None or number < test.below)


def _of_past(test: Again | Risen | RisenDaily | Fallen | Worse | Disagrees, facts: Facts) -> Truth:
    return _looks_back(test, facts) if facts.earlier else None


def _looks_back(test: Again | Risen | RisenDaily | Fallen | Worse | Disagrees, facts: Facts) -> Truth:
    match test:
        case Again():
            before = _earlier_numbers(_near(facts, test.within.value), test.item)
            return any(number >= test.at_least for number in before) if before else None
        case Risen():
            before = _earlier_numbers(_near(facts, test.within), test.item)
            return _exceeds(_numbers(facts.given, test.item), before, test.by)
        case Fallen():
            return _exceeds(_baseline_numbers(facts, test.item), _numbers(facts.given, test.item), test.by)
        case RisenDaily():
            return _rises_daily(test, facts)
        case Worse():
            return either(_is_worse(test, item, facts) for item in test.items)
        case Disagrees():
            return either(_is_disputed(test, item, facts) for item in test.items)


def _exceeds(higher: Sequence[float], lower: Sequence[float], by: float) -> Truth:
    """Say whether any of the first is so much above any of the second; unknown where one is missing."""
    if not higher or not lower:
        return None
    return max(higher) - min(lower) >= by - _NOISE


def _numbers(given: Given, item: Key) -> list[float]:
    return [each.number for each in given.get(item, ()) if isinstance(each, NumberAnswer)]


def _earlier_numbers(earlier: Iterable[Before], item: Key) -> list[float]:
    return [number for each in earlier for number in _numbers(each.given, item)]


def _near(facts: Facts, within: timedelta) -> Iterator[Before]:
    """Yield the earlier reports that may have been within so much time of this one."""
    for each in facts.earlier:
        if any(abs(now - then) <= within for now in facts.past.at for then in each.report.at):
            yield each


def _of_reporter(facts: Facts) -> tuple[Before, ...]:
    return tuple(each for each in facts.earlier if each.report.reporter is facts.past.reporter)


def _baseline_numbers(facts: Facts, item: Key) -> list[float]:
    """Return the item's number in the reporter's first report that has one."""
    found = (_numbers(each.given, item) for each in reversed(_of_reporter(facts)))
    return next(filter(None, found), [])


def _rises_daily(test: RisenDaily, facts: Facts) -> Truth:
    now = _numbers(facts.given, test.item)
    if not now or not facts.past.at:
        return None
    zone = ZoneInfo(facts.past.time_zone)
    days = _by_day(_near(facts, test.within), test.item, zone)
    if not days:
        return None
    for instant in facts.past.at:
        days.setdefault(local_date(instant, zone), []).extend(now)
    rises = [day for day in days if _rose(days, day, test.by)]
    return len(rises) >= test.days


def _by_day(earlier: Iterable[Before], item: Key, zone: ZoneInfo) -> dict[date, list[float]]:
    days: dict[date, list[float]] = {}
    for each in earlier:
        for day in {local_date(instant, zone) for instant in each.report.at}:
            if numbers := _numbers(each.given, item):
                days.setdefault(day, []).extend(numbers)
    return days


def _rose(days: Mapping[date, list[float]], day: date, by: float) -> bool:
    before = days.get(day - timedelta(days=1))
    return bool(before) and max(days[day]) - min(before or days[day]) >= by - _NOISE


def _grades(form: Form, given: Given, item: Key) -> list[int]:
    """Return the grades of the answers to an item; "don't know" has none."""
    asked = next((each for each in form.items if each.id == item), None)
    if not isinstance(asked, ChoiceItem):
        return []
    grades = {choice.id: choice.grade for choice in asked.choices}
    chosen = (grades.get(each.choice) for each in given.get(item, ()) if isinstance(each, ChoiceAnswer))
    return [grade for grade in chosen if grade is not None]


def _is_worse(test: Worse, item: Key, facts: Facts) -> Truth:
    now = _grades(facts.form, facts.given, item)
    hers = _of_reporter(facts)
    ordered = hers if test.than == "last" else reversed(hers)
    found = (_grades(facts.form, each.given, item) for each in ordered)
    before = next(filter(None, found), [])
    return max(now) - min(before) >= test.grades if now and before else None


def _is_disputed(test: Disagrees, item: Key, facts: Facts) -> Truth:
    now = set(_grades(facts.form, facts.given, item))
    near = _near(facts, test.within)
    others = [each for each in near if each.report.reporter is not facts.past.reporter]
    theirs = {grade for each in others for grade in _grades(facts.form, each.given, item)}
    return now != theirs if now and theirs else None


TESTS: Final[Mapping[type, Callable[..., Truth]]] = {  # type: ignore[explicit-any]  # each takes its own kind
    **dict.fromkeys((AnyOf, AllOf), _of_joint),
    **dict.fromkeys((Is, Between, Written, Under), _of_answers),
    **dict.fromkeys((Again, Risen, RisenDaily, Fallen, Worse, Disagrees), _of_past),
    Day: _of_day,
    RuleFired: _of_rules,
}
"""How each kind of condition is decided; a test sees that none is missing."""
