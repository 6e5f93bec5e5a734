"""A condition in words, as an investigator reads it in trial.md §2."""

from datetime import timedelta

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
from domain.protocol.schema import Form, NumberItem, Protocol
from domain.texts import say, say_choice


def in_words(condition: Condition, form: Form, protocol: Protocol, language: str) -> str:
    """Return the condition in English, with the answers in the language of the reader."""
    if isinstance(condition, AnyOf | AllOf):
        joint = " or " if isinstance(condition, AnyOf) else " and "
        return f"({joint.join(in_words(part, form, protocol, language) for part in condition.of)})"
    match condition:
        case Day():
            return f"it is day {condition.first} to {condition.last} after an administration"
        case RuleFired():
            return f"{' or '.join(condition.sources)} has fired"
        case Is() | Between() | Written() | Under():
            return f"{condition.item} {_of_answer(condition, form, protocol, language)}"
        case _:
            return _of_past(condition)


def _of_answer(
    condition: Is | Between | Written | Under, form: Form, protocol: Protocol, language: str
) -> str:
    match condition:
        case Is():
            chosen = (say_choice(protocol, language, condition.item, each) for each in condition.choices)
            return f"is “{'” or “'.join(chosen)}”"
        case Between():
            return f"is {_bounds(condition)}{_unit(form, condition.item, protocol, language)}"
        case Written():
            return "has words"
        case Under():
            cut_off = condition.cut_off.value
            limit = "the investigator's cut-off, which is not given" if cut_off is None else f"{cut_off:g}"
            return f"is under {limit}"


def _of_past(condition: Again | Risen | RisenDaily | Fallen | Worse | Disagrees) -> str:
    match condition:
        case Again():
            within = _lasting(condition.within.value)
            return f"{condition.item} was {condition.at_least:g} or more in an earlier report within {within}"
        case Risen():
            return (
                f"{condition.item} has risen by {condition.by:g} or more within {_lasting(condition.within)}"
            )
        case RisenDaily():
            how = f"by {condition.by:g} or more from one day to the next"
            return f"{condition.item} has risen {how}, on {condition.days} days within {_lasting(condition.within)}"
        case Fallen():
            return f"{condition.item} is {condition.by:g} or more under the reporter's baseline"
        case Worse():
            than = "the last report" if condition.than == "last" else "the baseline"
            return (
                f"one of {', '.join(condition.items)} is {condition.grades} grades or more worse than {than}"
            )
        case Disagrees():
            within = _lasting(condition.within)
            return (
                f"participant and caregiver disagree on one of {', '.join(condition.items)} within {within}"
            )


def _bounds(test: Between) -> str:
    if test.at_least is None:
        return f"under {test.below:g}"
    return f"{test.at_least:g} or more" + ("" if test.below is None else f" and under {test.below:g}")


def _unit(form: Form, item: str, protocol: Protocol, language: str) -> str:
    asked = next((each for each in form.items if each.id == item), None)
    return f" {say(protocol, language, f'unit.{asked.unit}')}" if isinstance(asked, NumberItem) else ""


def _lasting(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours > 48 else f"{hours:g} hours"  # noqa: PLR2004 - as people say it
