"""`nightbell triage`: judge one report from a file, and show an investigator why, without a line of code."""

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from api.condition_words import in_words
from api.report_reading import read_report
from api.report_words import answer_view
from api.wiring import shipped_files
from domain import answers, asking, intake
from domain.answers import Answers
from domain.errors import BodyInvalid, BodyMalformed, Fault
from domain.intake import Arrival
from domain.past import Earlier, Past
from domain.protocol.decode import decode
from domain.protocol.schema import Audience, Form, Protocol, Rule
from domain.triage import Triage, triage


class EarlierReport(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An earlier report of the `past` in a file."""

    hours_ago: Annotated[float, Meta(ge=0)]
    form_id: str
    answers: Answers
    reporter: Literal["participant", "caregiver"] | None = None
    """Whoever the form is for, unless given."""


class PastOfFile(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a file says of the past: days since each administration, and earlier reports."""

    days: tuple[int, ...] = ()
    earlier: tuple[EarlierReport, ...] = ()


def run(chosen: argparse.Namespace) -> int:
    """Print the level, the rules that fired and the answers that fired them; with `--explain`, every rule."""
    protocol = _protocol(chosen.rules)
    arrival, known = _read(Path(chosen.report))
    forms = intake.forms_for(arrival.submission, protocol)
    found = [(form, _judged(form, arrival, known, protocol)) for form in forms]
    form, judged = max(found, key=lambda each: (each[1].level.rank, len(each[1].fired)))
    for line in _lines(form, judged, arrival, known, protocol, chosen):
        print(line)  # noqa: T201 - a command line speaks
    return 0


def _protocol(rules: str | None) -> Protocol:
    files = dict(shipped_files())
    if rules is not None:
        files["rules.toml"] = Path(rules).read_bytes()
    return decode(files)


def _read(path: Path) -> tuple[Arrival, PastOfFile]:
    """Read the body of a submission, with `past` beside its fields."""
    try:
        raw = json.loads(path.read_bytes())
    except ValueError as fault:
        raise BodyMalformed(f"{path} is not JSON: {fault}") from None
    if not isinstance(raw, dict):
        raise BodyMalformed(f"{path} is not the JSON object of a report.")
    past = raw.pop("past", {})
    try:
        known = msgspec.convert(past, PastOfFile)
    except msgspec.ValidationError as fault:
        message = str(fault)
        raise BodyInvalid("The past cannot be read.", faults=(Fault("/past", message),)) from None
    return read_report(UUID(int=0), msgspec.json.encode(raw)), known


def _judged(form: Form, arrival: Arrival, known: PastOfFile, protocol: Protocol) -> Triage:
    given = intake.in_doubt(form, protocol.rules, arrival.submission.answers)
    return triage(form, protocol.rules, given, _past(form, known, protocol))


def _past(form: Form, known: PastOfFile, protocol: Protocol) -> Past:
    now = datetime(2026, 1, 1, 4, tzinfo=UTC)  # only differences count
    readers = {each.id: each.audience for each in protocol.forms}
    earlier = tuple(
        Earlier(
            reporter=Audience(each.reporter or readers.get(each.form_id, form.audience)),
            form_id=each.form_id,
            answers=each.answers,
            at=(now - timedelta(hours=each.hours_ago),),
        )
        for each in sorted(known.earlier, key=lambda each: each.hours_ago)
    )
    return Past(reporter=form.audience, at=(now,), days=tuple(sorted(known.days)), earlier=earlier)


def _lines(
    form: Form,
    judged: Triage,
    arrival: Arrival,
    known: PastOfFile,
    protocol: Protocol,
    chosen: argparse.Namespace,
) -> Iterator[str]:
    rules = protocol.rules
    yield f"level    {judged.level.upper()}{'' if judged.triaged else '  (not all rules could be run)'}"
    yield f"signals  {', '.join(judged.signals) or 'none'}"
    yield f"form     {form.id}, version {form.version}{_as_sent(form, arrival)}"
    yield f"rules    version {rules.version}, {rules.status}{_approved(protocol)}"
    yield from (
        f"misfit   {pointer} {message}" for pointer, message in _misfits(form, arrival, known, protocol)
    )
    yield from _fired(form, judged, arrival, protocol, chosen.language)
    if chosen.explain:
        yield ""
        for rule in rules.rules:
            if rule.covers(form):
                yield from _explained(rule, form, judged, protocol, chosen.language)


def _as_sent(form: Form, arrival: Arrival) -> str:
    sent = (arrival.submission.form_id, arrival.submission.form_version)
    return (
        "" if sent == (form.id, form.version) else f"  (sent as {sent[0] or '?'}, version {sent[1] or '?'})"
    )


def _approved(protocol: Protocol) -> str:
    names = ", ".join(f"{each.name}, {each.role}" for each in protocol.rules.approvals)
    return f", approved by {names}" if names else ", approved by nobody"


def _misfits(
    form: Form, arrival: Arrival, known: PastOfFile, protocol: Protocol
) -> Iterator[tuple[str, str]]:
    yield from ((fault.pointer, fault.message) for fault in arrival.faults)
    given = arrival.submission.answers
    yield from ((fault.pointer, fault.message) for fault in answers.faults(form, given))
    past, dont_know = _past(form, known, protocol), protocol.rules.dont_know_choice
    for place, answer in asking.out_of_turn(form, given, past, dont_know):
        yield f"/answers/{place}", f"{answer.item_id} is not asked after these answers."


def _fired(form: Form, judged: Triage, arrival: Arrival, protocol: Protocol, language: str) -> Iterator[str]:
    said: Mapping[str, str] = {
        each.item_id: answer_view(protocol, language, form, each).answer
        for each in arrival.submission.answers
    }
    sources = {rule.id: rule.source for rule in protocol.rules.rules}
    for each in judged.fired:
        read = (
            ", ".join(f"{item}: {said.get(item, '?')}" for item in each.items) or "no answer of this report"
        )
        source = sources.get(each.rule, "don't know on a red flag")
        yield f"fired    {each.level:<9}  {each.rule} ({source})  <-  {read}"


def _explained(rule: Rule, form: Form, judged: Triage, protocol: Protocol, language: str) -> Iterator[str]:
    fired = {each.rule for each in judged.fired}
    verdict = "FIRED" if rule.id in fired else "did not fire"
    verdict = "could not be decided" if rule.id in judged.undetermined else verdict
    verdict = "BROKEN" if rule.id in judged.broken else verdict
    yield f"{rule.source:<5} {rule.level:<9} {rule.id}: {verdict}"
    yield f"      when {in_words(rule.when, form, protocol, language)}"
