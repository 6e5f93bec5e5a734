"""The catalogue of problems: of every code that is answered what it means, what to do, and what a person is told.

The meaning is the docstring of the class, the status a line of `api/errors.py`, the operations are those of the
committed contract, and the words are data (`api/problem_words.toml`).
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, field

from api.errors import STATUS, as_problem, title, type_of_problem
from api.openapi_files import committed_contract, committed_sandbox_contract
from api.references import resolved
from api.shapes.problems import Problem
from domain import errors, refusals
from domain.errors import Fault, NightbellError

SANDBOX: Final = "sandbox"
"""The group of what only a sandbox answers."""

_WORDS: Final = Path(__file__).with_name("problem_words.toml")

Retry = Literal["after", "backoff", "mended", "fresh", "never"]
Audience = Literal["anybody", "patient", "staff", "operator"]

RETRIES: Final[Mapping[Retry, str]] = {
    "after": "Yes: the same request, after as many seconds as `Retry-After` says, then with growing pauses.",
    "backoff": "Yes: the same request, after 10 s, and each time after twice as long, up to a few minutes.",
    "mended": "Not as it is: mend what is wrong first, or it is refused again.",
    "fresh": "Not as it is: read first how things stand now, and decide again.",
    "never": "No: the same request is answered the same.",
}
"""Whether the same request may be sent again, in words for whoever writes the app."""

AUDIENCES: Final[Mapping[Audience, str]] = {
    "anybody": "Whoever uses the app, a patient or staff.",
    "patient": "The participant or her caregiver.",
    "staff": "Staff of a site; no patient meets it.",
    "operator": "Whoever runs the server; nobody else meets it.",
}


class Told(Struct, frozen=True):
    """What the person in front of the app is told, in both languages."""

    en: str
    zh_cn: str = field(name="zh-CN")


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """What is written of one code; `group` is a key of the groups."""

    group: str
    audience: Audience = field(name="for")
    retry: Retry
    do: str
    detail: str
    """An example of a problem's `detail`."""
    en: str
    zh_cn: str = field(name="zh-CN")
    errors: tuple[Fault, ...] = ()
    """An example of its faults."""


class OperationOf(Struct, frozen=True, rename="camel"):
    """An operation that answers a problem; `reference` leads to it in the reference."""

    method: str
    path: str
    operation_id: str
    reference: str


class Entry(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the catalogue says of one code."""

    code: str
    type: str
    status: int
    meaning: str
    group: str
    audience: Audience = field(name="for")
    do: str
    retry: Retry
    retry_safe: bool
    has_what_to_do: bool
    """Its answer to a report carries `whatToDo`, which is shown first and as it is."""
    told: Told
    operations: tuple[OperationOf, ...]
    """Empty where any address can answer it."""
    example: Problem


class CommandEntry(Struct, frozen=True):
    """A code that ends a command or a start, and is never answered."""

    code: str
    meaning: str


@cache
def groups() -> Mapping[str, str]:
    """Return the titles of the groups by name, in the order of the page."""
    written: Mapping[str, Any] = msgspec.toml.decode(_WORDS.read_bytes())
    return msgspec.convert(written["groups"], dict[str, str])


@cache
def words() -> Mapping[str, Words]:
    """Return what is written, by code."""
    written: dict[str, Any] = msgspec.toml.decode(_WORDS.read_bytes())
    del written["groups"]
    return msgspec.convert(written, dict[str, Words])


@cache
def catalogue() -> Mapping[str, Entry]:
    """Return every code that is answered over HTTP, group by group."""
    answered = {kind.code: kind for kind in STATUS} | {NightbellError.code: NightbellError}
    return {
        code: _entry(answered[code], written)
        for group in groups()
        for code, written in sorted(words().items())
        if written.group == group
    }


def by_group() -> Mapping[str, tuple[Entry, ...]]:
    """Return the codes of each group, by its title, in the order of the page."""
    entries = catalogue().values()
    return {group: tuple(each for each in entries if each.group == group) for group in groups().values()}


def as_data(entry: Entry) -> Mapping[str, Any]:
    """Return an entry for programs, its operations by their ids."""
    return {**msgspec.to_builtins(entry), "operations": [each.operation_id for each in entry.operations]}


def of_commands() -> tuple[CommandEntry, ...]:
    """Return the codes that are never answered, by code."""
    kinds = (
        each
        for module in (errors, refusals)
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, NightbellError)
        and each not in (*STATUS, NightbellError)
    )
    return tuple(sorted((CommandEntry(each.code, title(each)) for each in kinds), key=lambda each: each.code))


def _entry(kind: type[NightbellError], written: Words) -> Entry:
    operations = _operations().get(kind.code, ())
    example = as_problem(kind, written.detail, written.errors)
    return Entry(
        code=kind.code,
        type=type_of_problem(kind.code),
        status=example.status,
        meaning=title(kind),
        group=groups()[written.group],
        audience=written.audience,
        do=written.do,
        retry=written.retry,
        retry_safe=kind.retry_safe,
        has_what_to_do=_has_what_to_do(kind, operations),
        told=Told(written.en, written.zh_cn),
        operations=operations,
        example=example,
    )


def _has_what_to_do(kind: type[NightbellError], operations: tuple[OperationOf, ...]) -> bool:
    """Say so of whatever can befall a report; an address that names none is not found before anybody reads one."""
    hands_in = any(each.operation_id in _HANDING_IN for each in operations)
    return kind is NightbellError or (hands_in and kind is not errors.NotFound)


_HANDING_IN: Final = frozenset({"submitReport", "submitReportBatch", "correctReport"})


@cache
def _operations() -> Mapping[str, tuple[OperationOf, ...]]:
    found: dict[str, tuple[OperationOf, ...]] = {}
    for file, page in ((committed_contract(), "/docs#"), (committed_sandbox_contract(), "")):
        contract: dict[str, Any] = json.loads(file.read_bytes())
        for path, methods in contract["paths"].items():
            for method, operation in methods.items():
                for code in _codes(operation["responses"], contract):
                    found[code] = (*found.get(code, ()), _operation(method, path, operation, page))
    return found


def _codes(responses: Mapping[str, Any], contract: dict[str, Any]) -> Iterator[str]:
    """Yield the codes that an operation names; `default` is what any address can answer, and is not among them."""
    for status, response in responses.items():
        if status != "default":
            yield from resolved(response, contract).get("x-codes", ())


def _operation(method: str, path: str, operation: Mapping[str, Any], page: str) -> OperationOf:
    name = operation["operationId"]
    reference = f"{page}/{operation['tags'][0]}/{name}" if page else "/sandbox/openapi.json"
    return OperationOf(method.upper(), path, name, reference)


def summary(*, sandbox: bool) -> Mapping[str, Mapping[str, Any]]:
    """Return of each code what an app can carry with it, for a contract; those of sandboxes where it is theirs."""
    return {
        code: _summary(each) for code, each in sorted(words().items()) if sandbox or each.group != SANDBOX
    }


def _summary(written: Words) -> Mapping[str, Any]:
    return {"for": written.audience, "retry": written.retry, "en": written.en, "zh-CN": written.zh_cn}
