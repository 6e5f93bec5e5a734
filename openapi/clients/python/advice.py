"""Advice without a network: the level of a report by the rules that its form brings along (FormView.levelRules)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from openapi.clients.python.store import Json


class Known(Struct, frozen=True):
    """What the phone knows when somebody has finished: her answers by item, and the days after administrations."""

    answers: dict[str, str | float]
    days: list[int]


def known(answers: list[Json], schedule: Json, now: datetime) -> Known:
    """Return what a report's rules may look at; `schedule` is empty while none was read."""
    zone = ZoneInfo(str(schedule.get("timeZone", "UTC")))
    today = now.astimezone(zone).date()
    given = [date.fromisoformat(each) for each in schedule.get("administrationDates", [])]
    return Known(
        answers={str(each["itemId"]): each[each["type"]] for each in answers if each.get("type") in each},
        days=[(today - each) // timedelta(days=1) for each in given],
    )


def rank(form: Json, facts: Known) -> int:
    """Return the place, in the form's `advice`, of the highest level whose rule is true.

    A level without advice is taken for the highest there is: what is not known must not look harmless.
    """
    levels = [each["level"] for each in form["advice"]]
    fired = [each["level"] for each in form["levelRules"] if holds(each["when"], facts)]
    return max((levels.index(each) if each in levels else len(levels) - 1 for each in fired), default=0)


def holds(test: Json, facts: Known) -> bool | None:
    """Decide a test; None where it is unknown, as every kind of test is that this app does not know yet."""
    match test.get("test"):
        case "any":
            return _any([holds(each, facts) for each in test["of"]])
        case "all":
            return _not(_any([_not(holds(each, facts)) for each in test["of"]]))
        case "day":
            return _day(test, facts)
        case "is" | "between" | "written":
            return _of_an_answer(test, facts.answers.get(test["itemId"]))
        case _:
            return None


def _any(parts: list[bool | None]) -> bool | None:
    return True if True in parts else (None if None in parts else False)


def _not(part: bool | None) -> bool | None:
    return None if part is None else not part


def _day(test: Json, facts: Known) -> bool | None:
    if not facts.days:
        return True if test["orUnknown"] else None
    return any(test["first"] <= day <= test["last"] for day in facts.days)


def _of_an_answer(test: Json, answer: str | float | None) -> bool | None:
    if test["test"] == "between":
        return None if not isinstance(answer, int | float) else _between(test, answer)
    if not isinstance(answer, str):
        return None
    if test["test"] == "written":
        return bool(answer.strip())
    return None if answer == "dont-know" and answer not in test["choices"] else answer in test["choices"]


def _between(test: Json, answer: float) -> bool:
    low, high = test.get("atLeast", float("-inf")), test.get("below", float("inf"))
    return bool(low <= answer < high)
