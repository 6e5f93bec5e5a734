"""Whether the forms can be answered, and answered alike wherever they ask the same."""

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.errors import Fault
from domain.protocol.schema import Audience, ChoiceItem, Form, Item, Key, NumberItem


def check_forms(forms: tuple[Form, ...], dont_know: Key) -> Iterator[Fault]:
    """Yield every fault of the forms by themselves; what the rules ask of them is in `check_rules.py`."""
    for audience in Audience:
        if all(form.audience != audience for form in forms):
            yield Fault("form-*.toml", f"There is no form for the {audience}.")
    for form in forms:
        yield from _form(form, dont_know)
    yield from _same_item_same_question(forms)


def file_of(form: Form) -> str:
    """Return the name of the form's file."""
    return f"form-{form.id}.toml"


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
    first: dict[Key, tuple[Item, Form]] = {}
    for form in forms:
        for place, item in enumerate(form.items):
            known, where = first.setdefault(item.id, (item, form))
            if where is not form and known != item:
                at = f"{file_of(form)}: items[{place}]"
                yield Fault(at, f"{item.id} must be as in {file_of(where)}, or have an id of its own.")
