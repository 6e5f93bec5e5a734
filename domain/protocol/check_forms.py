"""Whether the forms can be answered, answered alike wherever they ask the same, and asked in a sensible order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, get_args

from domain import blinding
from domain.errors import Fault
from domain.protocol.conditions import AllOf, AnyOf, AskWhen, Condition, Is, items_of
from domain.protocol.schema import Audience, CheckIns, ChoiceItem, Form, Item, Key, NumberItem

MOST_RED_FLAGS: Final = 12
"""Of a weekly check-in, before everything else (trial.md §2, Forms); follow-up questions do not count."""


def check_forms(forms: tuple[Form, ...], dont_know: Key, check_ins: CheckIns) -> Iterator[Fault]:
    """Yield every fault of the forms by themselves; what the rules ask of them is in `check_rules.py`."""
    for audience in Audience:
        if all(form.audience != audience for form in forms):
            yield Fault("form-*.toml", f"There is no form for the {audience}.")
    for form in forms:
        yield from _form(form, dont_know)
        yield from _blinded(form)
        if form.id in check_ins.forms:
            yield from _check_in(form)
    yield from _same_item_same_question(forms)
    yield from _same_reader(forms)
    yield from _no_version_lost(forms)


def file_of(form: Form) -> str:
    """Return the name of the form's file."""
    return f"form-{form.id}.{form.version}.toml"


def _form(form: Form, dont_know: Key) -> Iterator[Fault]:
    if not form.items:
        yield Fault(f"{file_of(form)}: items", "A form has items.")
    yield from _ids([item.id for item in form.items], f"{file_of(form)}: items")
    for place, item in enumerate(form.items):
        at = f"{file_of(form)}: items[{place}]"
        if isinstance(item, ChoiceItem):
            yield from _ids([choice.id for choice in item.choices], f"{at}.choices")
            yield from _choices(item, dont_know, at)
        if isinstance(item, NumberItem) and item.minimum >= item.maximum:
            yield Fault(f"{at}.maximum", "Must be above the minimum.")
        if item.ask_when is not None:
            yield from _ask_when(item.ask_when, form.items[:place], f"{at}.ask-when")


def _blinded(form: Form) -> Iterator[Fault]:
    """Yield every id that would be cut out of a report, and the answer to it with it (`api/withholding.py`)."""
    named = [(form.id, "id")]
    for place, item in enumerate(form.items):
        named.append((item.id, f"items[{place}].id"))
        if isinstance(item, ChoiceItem):
            named += [(each.id, f"items[{place}].choices[{at}].id") for at, each in enumerate(item.choices)]
    for name, at in named:
        if blinding.in_name(name):
            yield Fault(f"{file_of(form)}: {at}", f"{name} reads as a name that could unblind.")


def _ask_when(condition: Condition, before: tuple[Item, ...], at: str) -> Iterator[Fault]:
    """Yield what skip logic cannot ask: a phone asks one item after the other, offline, and sees what was before."""
    if not isinstance(condition, get_args(AskWhen)):
        yield Fault(f"{at}.test", "Skip logic asks for answers before it and for days only.")
        return
    if isinstance(condition, AnyOf | AllOf):
        for place, part in enumerate(condition.of):
            yield from _ask_when(part, before, f"{at}.of[{place}]")
        return
    known = {item.id: item for item in before}
    for name in items_of(condition):
        item = known.get(name)
        if item is None:
            yield Fault(f"{at}.item", f"There is no item {name} before this one.")
        elif isinstance(condition, Is) and isinstance(item, ChoiceItem):
            yield from _chosen(condition, item, at)


def _chosen(test: Is, item: ChoiceItem, at: str) -> Iterator[Fault]:
    for place, choice in enumerate(test.choices):
        if all(choice != each.id for each in item.choices):
            yield Fault(f"{at}.choices[{place}]", f"{item.id} has no choice {choice}.")


def _check_in(form: Form) -> Iterator[Fault]:
    flags = [isinstance(item, ChoiceItem) and item.red_flag for item in form.items]
    asked = [flag and item.ask_when is None for flag, item in zip(flags, form.items, strict=True)]
    if sum(asked) > MOST_RED_FLAGS:
        yield Fault(f"{file_of(form)}: items", f"A check-in has at most {MOST_RED_FLAGS} red flags.")
    if flags != sorted(flags, reverse=True):
        yield Fault(f"{file_of(form)}: items", "The red flags of a check-in come before everything else.")


def _ids(ids: list[Key], at: str) -> Iterator[Fault]:
    counted = Counter(ids)
    for place, each in enumerate(ids):
        if counted[each] > 1:
            yield Fault(f"{at}[{place}].id", f"{each} is there more than once.")
        if "." in each:
            yield Fault(f"{at}[{place}].id", "An id has no dot, because text keys are made of ids with dots.")


def _choices(item: ChoiceItem, dont_know: Key, at: str) -> Iterator[Fault]:
    grades = [choice.grade for choice in item.choices if choice.grade is not None]
    if not item.choices[1:]:
        yield Fault(f"{at}.choices", "A choice needs at least two.")
    if grades and (min(grades) != 0 or len(set(grades)) < len(grades)):
        yield Fault(f"{at}.choices", "The grades start at 0 and none is given twice.")
    if item.red_flag and all(choice.id != dont_know for choice in item.choices):
        yield Fault(f"{at}.choices", f"A red flag has the choice {dont_know}.")
    for place, choice in enumerate(item.choices):
        if choice.id == dont_know and choice.grade is not None:
            yield Fault(f"{at}.choices[{place}].grade", f"{dont_know} has no grade.")
        if item.red_flag and choice.id != dont_know and choice.grade is None:
            yield Fault(f"{at}.choices[{place}].grade", "Every other choice of a red flag has a grade.")


def _same_item_same_question(forms: Iterable[Form]) -> Iterator[Fault]:
    """Yield an id that means two questions: trends compare its answers across forms and versions."""
    first: dict[Key, tuple[Item, Form]] = {}
    for form in forms:
        for place, item in enumerate(form.items):
            known, where = first.setdefault(item.id, (item, form))
            if where is not form and _asked(known) != _asked(item):
                at = f"{file_of(form)}: items[{place}]"
                yield Fault(at, f"{item.id} must be as in {file_of(where)}, or have an id of its own.")


def _asked(item: Item) -> tuple[object, ...]:
    """Return what an item asks; when it is asked may differ from form to form."""
    return (type(item), *(getattr(item, name) for name in item.__struct_fields__ if name != "ask_when"))


def _same_reader(forms: Iterable[Form]) -> Iterator[Fault]:
    first: dict[Key, Form] = {}
    for form in forms:
        if first.setdefault(form.id, form).audience is not form.audience:
            yield Fault(f"{file_of(form)}: audience", "Every version of a form has the same reader.")


def _no_version_lost(forms: Iterable[Form]) -> Iterator[Fault]:
    """Yield a version that is not there though a later one is: every version ever released stays readable."""
    known = {(form.id, form.version) for form in forms}
    for form_id, newest in sorted(known):
        for version in range(1, newest):
            if (form_id, version) not in known:
                yield Fault(
                    f"form-{form_id}.{version}.toml", "This version is missing; a released one stays."
                )
