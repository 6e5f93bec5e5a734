"""From the bytes of the protocol files to a checked `Protocol`, or to every fault at once.

msgspec stops at the first error. So a file is decoded whole first, and where that fails it is taken apart,
key by key and entry by entry, until what is left either decodes or is the place of a fault.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Final, TypeGuard, TypeVar, Union, get_args, get_origin

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields, replace

from domain.errors import Fault
from domain.protocol.check import check
from domain.protocol.check_texts import LANGUAGES, filled
from domain.protocol.clocks import Escalation
from domain.protocol.reminders import Reminders
from domain.protocol.routes import Routes
from domain.protocol.schema import Calendar, CutOff, Form, Protocol, RuleSet, Stated, Texts, Trial
from domain.refusals import ProtocolRefused

T = TypeVar("T")

_ONCE: Final = (
    "trial.toml",
    "calendar.toml",
    "rules.toml",
    "escalation.toml",
    "routes.toml",
    "reminders.toml",
)
_FORM: Final = re.compile(r"form-([a-z0-9-]+)\.([1-9][0-9]{0,4})\.toml")
_TEXTS: Final = {language: f"texts-{language}.toml" for language in LANGUAGES}


def decode(files: Mapping[str, bytes]) -> Protocol:
    """Decode and check the protocol files, given by name without a folder.

    Raises ProtocolRefused with every fault of every file; a pointer is `rules.toml: rules[3].when.item`. What
    needs the files together is checked once each of them decodes.
    """
    protocol = _together(files)
    if found := check(protocol):
        raise _refusal(found)
    return protocol


def decode_released(
    files: Mapping[str, bytes], shipped: Protocol | None
) -> tuple[Protocol, tuple[Fault, ...]]:
    """Decode files that held together as they were released, and say what this program misses in them now.

    Texts that this program asks for and the files lack are those that it ships; the digest is that of the files.
    Raises ProtocolRefused where a file does not decode at all.
    """
    protocol = _together(files)
    found = check(protocol)
    if found and shipped is not None:
        protocol = replace(protocol, texts=filled(protocol, shipped))
        found = check(protocol)
    return protocol, found


def _together(files: Mapping[str, bytes]) -> Protocol:
    faults = _misnamed(files)
    trial = _read(files, "trial.toml", Trial, faults)
    calendar = _read(files, "calendar.toml", Calendar, faults)
    rules = _read(files, "rules.toml", RuleSet, faults)
    escalation = _read(files, "escalation.toml", Escalation, faults)
    routes = _read(files, "routes.toml", Routes, faults)
    reminders = _read(files, "reminders.toml", Reminders, faults)
    forms = tuple(_forms(files, faults))
    texts: dict[str, Texts] = {each.language: each for each in _texts(files, faults)}
    if not (trial and calendar and rules and escalation and routes and reminders) or faults:
        raise _refusal(faults)
    once = _Once(trial, calendar, rules, escalation, routes, reminders)
    return replace(_assembled(once, forms, texts), digest=digest(files))


def digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 in hex over the names and bytes of the files, in the order of their names."""
    hashed = hashlib.sha256()
    for name in sorted(files):
        hashed.update(f"{name} {len(files[name])}\n".encode() + files[name])
    return hashed.hexdigest()


def _refusal(faults: list[Fault] | tuple[Fault, ...]) -> ProtocolRefused:
    return ProtocolRefused("The protocol files do not hold together.", faults=tuple(faults))


def _misnamed(files: Mapping[str, bytes]) -> list[Fault]:
    return [
        Fault(name, "No protocol file has such a name.")
        for name in sorted(files)
        if name not in (*_ONCE, *_TEXTS.values()) and not _FORM.fullmatch(name)
    ]


def _forms(files: Mapping[str, bytes], faults: list[Fault]) -> Iterator[Form]:
    for name in sorted(files):
        if (match := _FORM.fullmatch(name)) and (form := _read(files, name, Form, faults)):
            _same(faults, f"{name}: id", form.id, match[1])
            _same(faults, f"{name}: version", str(form.version), match[2])
            yield form


def _texts(files: Mapping[str, bytes], faults: list[Fault]) -> Iterator[Texts]:
    for language, name in _TEXTS.items():
        if texts := _read(files, name, Texts, faults):
            _same(faults, f"{name}: language", texts.language, language)
            yield texts


def _same(faults: list[Fault], pointer: str, stated: str, named: str) -> None:
    if stated != named:
        faults.append(Fault(pointer, f"Must be {named}, as the file is named."))


def _read(files: Mapping[str, bytes], name: str, kind: type[T], faults: list[Fault]) -> T | None:
    if name not in files:
        faults.append(Fault(name, "This file is missing."))
        return None
    try:
        raw = tomllib.loads(files[name].decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(Fault(name, f"This is not TOML: {error}"))
        return None
    found = [Fault(_pointer(name, fault.pointer), fault.message) for fault in _faults(raw, kind, "")]
    faults.extend(found)
    return None if found else convert(raw, kind)


def _pointer(name: str, path: str) -> str:
    return f"{name}: {path.removeprefix('.')}" if path else name


def _faults(raw: object, kind: object, path: str) -> Iterator[Fault]:
    try:
        convert(raw, kind)
    except ValidationError as error:
        inside = list(_faults_inside(raw, kind, path))
        yield from inside or [Fault(path, str(error).partition(" - at ")[0])]


def _faults_inside(raw: object, kind: object, path: str) -> Iterator[Fault]:
    if isinstance(raw, dict) and (struct := _struct_of(raw, kind)):
        yield from _faults_of_fields(raw, struct, path)
    elif isinstance(raw, dict) and get_origin(kind) is dict:
        key_kind, value_kind = get_args(kind)
        for key, value in raw.items():
            yield from _faults(key, key_kind, f"{path}.{key}")
            yield from _faults(value, value_kind, f"{path}.{key}")
    elif isinstance(raw, list) and get_origin(kind) is tuple:
        for place, value in enumerate(raw):
            yield from _faults(value, get_args(kind)[0], f"{path}[{place}]")


def _faults_of_fields(raw: dict[str, object], kind: type[Struct], path: str) -> Iterator[Fault]:
    known = {field.encode_name: field for field in fields(kind)}
    for key in raw:
        if key not in known and key != _tag(kind)[0]:
            yield Fault(f"{path}.{key}", "There is no such key.")
    for key, field in known.items():
        if key in raw:
            yield from _faults(raw[key], field.type, f"{path}.{key}")
        elif field.required:
            yield Fault(f"{path}.{key}", "This key is missing.")


def _struct_of(raw: dict[str, object], kind: object) -> type[Struct] | None:
    """Return the Struct the table is meant to be; of a union, the one that its tag names."""
    if get_origin(kind) not in (Union, UnionType):
        return kind if _is_struct(kind) else None
    for member in filter(_is_struct, get_args(kind)):
        field, tag = _tag(member)
        if field and raw.get(field) == tag:
            return member
    return None


def _is_struct(kind: object) -> TypeGuard[type[Struct]]:
    bare = get_origin(kind) or kind
    return isinstance(bare, type) and issubclass(bare, Struct)


def _tag(kind: type[Struct]) -> tuple[str | None, object]:
    config = (get_origin(kind) or kind).__struct_config__
    return config.tag_field, config.tag


class _Once(Struct, frozen=True):
    """The files that there is one of."""

    trial: Trial
    calendar: Calendar
    rules: RuleSet
    escalation: Escalation
    routes: Routes
    reminders: Reminders


def _assembled(once: _Once, forms: tuple[Form, ...], texts: dict[str, Texts]) -> Protocol:
    clinical = {
        **{name: getattr(once, name) for name in once.__struct_fields__},
        **{f"forms.{form.id}.{form.version}": form for form in forms},
    }
    return Protocol(
        id=once.trial.id,
        version=once.trial.version,
        status=once.trial.status,
        approvals=once.trial.approvals,
        emergency_number=once.trial.emergency_number,
        calendar=once.calendar,
        forms=forms,
        rules=once.rules,
        escalation=once.escalation,
        routes=once.routes,
        reminders=once.reminders,
        texts=texts,
        unconfirmed=tuple(path for name, part in clinical.items() for path in _unconfirmed(part, name)),
    )


def _unconfirmed(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Stated | CutOff):
        if not value.confirmed or value.value is None:
            yield path
        return
    if isinstance(value, Struct) and getattr(value, "status", None) == "draft":
        yield f"{path}.status"
    for inside, part in _parts(value):
        yield from _unconfirmed(part, f"{path}{inside}")


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Struct):
        yield from ((f".{field.encode_name}", getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, dict):
        yield from ((f".{key}", each) for key, each in value.items())
    elif isinstance(value, tuple):
        yield from ((f"[{place}]", each) for place, each in enumerate(value))
