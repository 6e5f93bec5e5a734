"""Triage: from the answers of one report to its level, with the reasons.

The idea is Kleene's logic of three values (domain/truth.py). A rule fires when its condition is true, and firing only
raises: the level is the maximum over the rules that fired, no condition can say "not", so an answer more never takes a
fired rule back. What stayed unknown is kept by name, so that an investigator sees for every rule whether it fired, did
not, or could not be decided, and from which answers (trial.md §2).

A rule that cannot be run hides no other: it is named, the report is marked untriaged, and counts as urgent at least.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from domain.answers import Answers, fitting
from domain.asking import is_asked
from domain.past import NOTHING_PAST, Past
from domain.protocol.conditions import Day, items_of, sources_of
from domain.protocol.forms import ChoiceItem, Form
from domain.protocol.names import Key, Level, Signal
from domain.protocol.rules import Rule, RuleSet, versions
from domain.truth import Facts, Given, Truth, facts_of, holds

OutOfTime = Callable[[], bool]
"""Says whether the time for judging one report has run out."""

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class Fired(Struct, frozen=True):
    """A rule that fired, and the answered items it read, by itself or through the rules it asks for."""

    rule: str
    level: Level
    signal: Signal | None
    items: tuple[Key, ...]


class Triage(Struct, frozen=True, kw_only=True):
    """The level of one report and everything that explains it."""

    level: Level
    signals: tuple[Signal, ...]
    """Of the fired rules, each once, in the order of the enum."""
    fired: tuple[Fired, ...]
    """In the order of the rule set, then the "don't know" on red flags in the order of the form."""
    undetermined: tuple[str, ...]
    """Ids of the form's rules that the answers neither make true nor false."""
    rule_set_version: int
    form_id: str
    form_version: int
    advice: tuple[Key, ...]
    """Text keys of the fired rules that have one, each once, in the order of the rule set."""
    triaged: bool = True
    """False when a rule could not be run; the level is then the rule set's `untriaged_level` at least."""
    broken: tuple[str, ...] = ()
    """Ids of the rules that could not be run."""
    input_hash: str = ""
    """SHA-256 in hex over everything the judgement read: form, answers and past."""


def triage(
    form: Form,
    rules: RuleSet,
    answers: Answers,
    past: Past = NOTHING_PAST,
    *,
    out_of_time: OutOfTime = lambda: False,
) -> Triage:
    """Judge one report. Answers that do not fit the form are not read, which is never an error.

    A rule that raises, that names an item the form has not, or that is reached when the time has run out is broken.
    """
    read = fitting(form, answers)
    facts = facts_of(form, read, past, rules.dont_know_choice)
    verdicts = _judged(rules, facts, out_of_time)
    matched = [rule for rule, truth in verdicts if truth is True]
    broken = tuple(rule.id for rule, truth in verdicts if truth is _BROKEN)
    fired = (*_fired(matched, facts.given), *_dont_know(form, rules, facts))
    levels = [each.level for each in fired] + ([rules.untriaged_level] if broken else [])
    signals = {each.signal for each in fired}
    return Triage(
        level=max(levels, key=lambda level: level.rank, default=Level.NONE),
        signals=tuple(signal for signal in Signal if signal in signals),
        fired=fired,
        undetermined=tuple(rule.id for rule, truth in verdicts if truth is None),
        rule_set_version=rules.version,
        form_id=form.id,
        form_version=form.version,
        advice=tuple(dict.fromkeys(rule.advice for rule in matched if rule.advice)),
        triaged=not broken,
        broken=broken,
        input_hash=input_hash(form, read, past),
    )


def untriaged(form_id: str, form_version: int, rules: RuleSet) -> Triage:
    """Return what stands in for a triage that failed as a whole: urgent, nothing decided (trial.md §2)."""
    ours = tuple(
        rule.id for rule in rules.rules if any(versions(each).form_id == form_id for each in rule.forms)
    )
    return Triage(
        level=rules.untriaged_level,
        signals=(),
        fired=(),
        undetermined=(),
        rule_set_version=rules.version,
        form_id=form_id,
        form_version=form_version,
        advice=(),
        triaged=False,
        broken=ours,
    )


def input_hash(form: Form, read: Answers, past: Past) -> str:
    """Return the hash of all that a judgement reads; the order of the answers does not count."""
    answers = sorted(_ENCODER.encode(each) for each in read)
    return hashlib.sha256(b"\n".join((_ENCODER.encode((form.id, form.version, past)), *answers))).hexdigest()


class _Broken:
    """What stands for the truth of a rule that could not be run."""


_BROKEN: Final = _Broken()

_Verdict = tuple[Rule, Truth | _Broken]


def _judged(rules: RuleSet, facts: Facts, out_of_time: OutOfTime) -> list[_Verdict]:
    """Judge the rules in their order; each sees, by source, what has become of those above it."""
    verdicts: list[_Verdict] = []
    for rule, is_whole in _covering(rules, facts.form):
        truth = _truth_of(rule, facts) if is_whole and not out_of_time() else _BROKEN
        verdicts.append((rule, truth))
        decided = None if isinstance(truth, _Broken) else truth
        facts.fired[rule.source] = _or(facts.fired.get(rule.source, False), decided)
    return verdicts


def _or(one: Truth, other: Truth) -> Truth:
    return True if one or other else None if one is None or other is None else False


def _truth_of(rule: Rule, facts: Facts) -> Truth | _Broken:
    try:
        return holds(rule.when, facts)
    except Exception:  # noqa: BLE001 - whatever breaks in one rule, the others are still judged
        return _BROKEN


_Covering = tuple[tuple[Rule, bool], ...]

_KNOWN: Final[dict[tuple[int, int], tuple[RuleSet, Form, _Covering]]] = {}
"""By identity, with what is identified, so that no other can take its place: comparing rule sets takes longer."""

_MOST_KNOWN: Final = 64


def _covering(rules: RuleSet, form: Form) -> _Covering:
    """Return the rules that cover a form, and whether the form has every item they name; remembered."""
    key = (id(rules), id(form))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        items = frozenset(item.id for item in form.items)
        found = tuple(
            (rule, items.issuperset(items_of(rule.when))) for rule in rules.rules if rule.covers(form)
        )
        _KNOWN[key] = (rules, form, found)
    return _KNOWN[key][2]


def _fired(matched: list[Rule], given: Given) -> Iterator[Fired]:
    """Yield the rules that fired, each with the answers it read, those of the rules it asks for among them."""
    by_source: dict[str, dict[Key, None]] = {}
    for rule in matched:
        read = {item: None for item in items_of(rule.when) if item in given}
        for source in sources_of(rule.when):
            read |= by_source.get(source, {})
        by_source.setdefault(rule.source, {}).update(read)
        yield Fired(rule.id, rule.level, rule.signal, tuple(read))


def _dont_know(form: Form, rules: RuleSet, facts: Facts) -> Iterator[Fired]:
    """Yield the unknown red flags, but for those not asked for: there it could outrank a "yes" that says nothing."""
    for item in form.items:
        if isinstance(item, ChoiceItem) and item.red_flag and _is_unknown(item, facts):
            yield Fired(f"dont-know.{item.id}", rules.dont_know_level, item.signal, (item.id,))


def _is_unknown(item: ChoiceItem, facts: Facts) -> bool:
    chosen = (getattr(answer, "choice", None) for answer in facts.given.get(item.id, ()))
    return facts.dont_know in chosen and _may_be_asked(item, facts)


def _may_be_asked(item: ChoiceItem, facts: Facts) -> bool:
    return is_asked(item, facts) or (isinstance(item.ask_when, Day) and not facts.past.days)
