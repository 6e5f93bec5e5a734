"""A body with many faults is answered with all of them, each where it stands, and none repeats what was sent."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from api.app import ROUTES
from api.examples import EXAMPLES
from api.exchange import decode_json
from api.faults import MOST_FAULTS, faults_of
from api.openapi_operations import operation_of
from api.openapi_schemas import _structs as structs_of
from api.operations import Auth, Operation
from api.requirements import requirement, type_of
from api.routes import sandbox
from api.shapes.drills import DrillSchedule
from api.shapes.on_call import RotaDraft
from api.shapes.schedule import VisitChange
from domain.errors import BodyInvalid, BodyMalformed, Fault, NightbellError
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused
from tests.support.sites import home

SECRET = "zhangsan-13800138000"
"""A value, and a name, that no answer may repeat."""

TAGS = {"type", "action"}
NAMED_BY_THE_CALLER = {"providers"}

Json = Any
Path = tuple[str | int, ...]

BODIES: list[tuple[Operation, Json]] = [
    (operation_of(route), json.loads(msgspec.json.encode(example.value)))
    for route in (*ROUTES, *sandbox.OPERATIONS)
    if operation_of(route).body is not None
    for example in EXAMPLES[operation_of(route).name]
    if operation_of(route).auth is not Auth.PROVIDER
]
"""Every example of a body in JSON, with what takes it."""


def pointer(path: Path) -> str:
    return "".join(f"/{part}" for part in path)


def places(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    yield path, value
    if path and path[-1] in NAMED_BY_THE_CALLER:
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from places(each, (*path, name))


def put(body: Json, path: Path, value: Json) -> None:
    for part in path[:-1]:
        body = body[part]
    if path:
        body[path[-1]] = value


def wanted(kind: Any) -> set[str]:
    """The fields that a body of this kind cannot lack."""
    info = inspect.type_info(kind)
    fields = info.fields if isinstance(info, inspect.StructType) else ()
    return {field.encode_name for field in fields if field.required}


def refusal(body: Json, kind: Any) -> tuple[Fault, ...]:
    with pytest.raises(BodyInvalid) as refused_body:
        decode_json(json.dumps(body).encode(), kind)
    return refused_body.value.faults


@st.composite
def planted(draw: st.DrawFn) -> tuple[Operation, Json, set[str]]:
    """A good body in which some things were made wrong, none inside another, and where those are."""
    operation, good = draw(st.sampled_from(BODIES))
    body, bad = copy.deepcopy(good), set[str]()
    found = list(places(good))
    single = [
        path for path, value in found if path and path[-1] not in TAGS and not isinstance(value, dict | list)
    ]
    for path in draw(st.lists(st.sampled_from(single), unique=True)) if single else ():
        put(body, path, draw(st.sampled_from([{SECRET: SECRET}, [[SECRET]]])))
        bad.add(pointer(path))
    objects = [
        path for path, each in found if isinstance(each, dict) and (not path or path[-1] != "providers")
    ]
    for path in draw(st.lists(st.sampled_from(objects), unique=True)) if objects else ():
        put(body, (*path, SECRET), SECRET)
        bad.add(pointer(path))
    lacking = wanted(operation.body) & (body.keys() if isinstance(body, dict) else set())
    for name in draw(st.lists(st.sampled_from(sorted(lacking)), unique=True)) if lacking else ():
        inside = f"/{name}"
        bad -= {each for each in bad if each == inside or each.startswith(f"{inside}/")}
        bad.add(inside)
        del body[name]
    return operation, body, bad


@settings(deadline=None)
@given(planted())
def test_each_fault_that_was_planted_is_named_and_nothing_else_is(
    found: tuple[Operation, Json, set[str]],
) -> None:
    operation, body, bad = found
    if not bad:
        assert faults_of(body, operation.body) == ()
        return
    faults = refusal(body, operation.body)
    assert {each.pointer for each in faults} == bad
    assert SECRET not in str(faults)


@settings(deadline=None)
@given(planted(), st.randoms(use_true_random=False))
def test_the_faults_are_the_same_in_whatever_order_the_body_is_written(
    found: tuple[Operation, Json, set[str]], luck: Any
) -> None:
    operation, body, bad = found
    if bad:
        assert refusal(shuffled(body, luck), operation.body) == refusal(body, operation.body)


def shuffled(value: Json, luck: Any) -> Json:
    if isinstance(value, dict):
        names = list(value)
        luck.shuffle(names)
        return {name: shuffled(value[name], luck) for name in names}
    return [shuffled(each, luck) for each in value] if isinstance(value, list) else value


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@settings(deadline=None)
@given(st.sampled_from(BODIES), st.data(), ANYTHING)
def test_whatever_is_refused_has_a_fault_and_whatever_is_taken_has_none(
    known: tuple[Operation, Json], data: st.DataObject, value: Json
) -> None:
    operation, good = known
    body = copy.deepcopy(good)
    path = data.draw(st.sampled_from([path for path, _ in places(good)]))
    put(body, path, value)
    written = json.dumps(body if path else value).encode()
    refused_by = None
    try:
        decode_json(written, operation.body)
    except NightbellError as fault:
        refused_by = fault
    if refused_by is None:
        assert faults_of(json.loads(written), operation.body) == ()
    elif isinstance(refused_by, BodyInvalid):
        assert faults_of(json.loads(written), operation.body) == refused_by.faults != ()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, {"/action": "is missing"}),
        ({"action": SECRET}, {"/action": "must be one of complete, miss, reopen, reschedule"}),
        ({"action": ["miss"]}, {"/action": "must be one of complete, miss, reopen, reschedule"}),
        ([], {"": "must be an object"}),
        (
            {"action": "complete", "reason": "x" * 501, SECRET: 1, SECRET[1:]: 2},
            {
                "/completedOn": "is missing",
                "/reason": "must be text of at most 500 characters without a NUL",
                "": "holds 2 fields that it does not take; it takes: action, completedOn, reason",
            },
        ),
        (
            {"action": "miss", "reason": None},
            {"/reason": "must be text of 1 to 500 characters without a NUL"},
        ),
        (
            {"action": "complete", "completedOn": "2026-02-30", "reason": None},
            {
                "/completedOn": "must be a day, such as 2026-03-02",
                "/reason": "must not be null; leave it out instead",
            },
        ),
    ],
)
def test_a_fault_says_in_plain_words_what_has_to_stand_there(body: Json, told: Mapping[str, str]) -> None:
    faults = refusal(body, VisitChange)
    assert {each.pointer: each.message for each in faults} == told
    assert SECRET not in str(faults)


def test_of_a_thousand_faults_fifty_are_told_and_that_there_are_more() -> None:
    faults = refusal({"shifts": [{"tier": 9}] * 900}, RotaDraft)
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1] == Fault("", "There is more wrong than these 50.")
    assert len(json.dumps([(each.pointer, each.message) for each in faults])) < 8000


def test_fifty_faults_are_told_without_more_being_claimed() -> None:
    shift = {"staffId": "11111111-1111-4111-8111-111111111111", "tier": 1, "startsAt": 1, "endsAt": 2}
    faults = refusal({"shifts": [shift] * 25}, RotaDraft)
    assert len(faults) == MOST_FAULTS
    assert {each.message for each in faults} == {
        "must be an instant of RFC 3339 with its offset, such as 2026-03-02T08:00:00+08:00"
    }


def test_a_body_that_ends_in_no_json_is_malformed_whatever_is_wrong_before_that() -> None:
    for end in (b"NaN}", b"1", b'"\\ud800"}', b"\xff}"):
        with pytest.raises(BodyMalformed):
            decode_json(b'{"shifts": 1, "more": ' + end, RotaDraft)


def test_there_are_words_for_everything_that_a_body_can_hold() -> None:
    bodies = [operation.body for operation, _ in BODIES]
    for kind in structs_of(inspect.multi_type_info(bodies)):
        for field in msgspec.structs.fields(kind):
            assert has_words(inspect.type_info(field.type))


def has_words(info: inspect.Type) -> bool:
    match info:
        case inspect.StructType():
            return True
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            return has_words(inner)
        case inspect.DictType(key_type=name, value_type=inner):
            return has_words(name) and has_words(inner)
        case inspect.UnionType(types=kinds):
            return all(map(has_words, kinds))
        case _:
            type_of(info)
            return len(requirement(info)) >= len("text")


async def test_alice_is_told_everything_that_is_wrong_with_a_registration_at_once(
    ward: Clinic, alice: Person
) -> None:
    before = await ward.everything()
    body = {"subjectNumber": SECRET, "siteId": 7, SECRET: SECRET}
    problem = refused(await alice.post("/v1/participants", body), 422, "body.invalid")
    assert {each["pointer"]: each["message"] for each in problem["errors"]} == {
        "/siteId": "must be a UUID with its dashes",
        "/subjectNumber": "must be text such as ZN-0007",
        "/phase": "is missing",
        "": "holds a field that it does not take; it takes: phase, siteId, subjectNumber",
    }
    assert SECRET not in str(problem)
    assert await ward.everything() == before


async def test_every_field_of_a_step_that_is_wrong_is_pointed_at_wherever_it_stands(ward: Clinic) -> None:
    frank = await ward.staff("Frank")
    site = (await home(ward)).id
    good = {"target": "principal-investigator", "wait": "PT10M", "channels": ["sms"]}
    body = {
        "emergency": {
            "day": [good, {**good, "wait": "ten"}],
            "night": [{**good, "channels": ["sms", SECRET]}],
        },
        "urgent": {"day": [], "night": [{**good, SECRET: 1}]},
        "providers": {SECRET: ["twilio", 1]},
    }
    answer = await frank.call("PUT", f"/v1/sites/{site}/escalation-policy", body, headers={"If-Match": "*"})
    problem = refused(answer, 422, "body.invalid")
    assert [each["pointer"] for each in problem["errors"]] == [
        "/emergency/day/1/wait",
        "/emergency/night/0/channels/1",
        "/urgent/day",
        "/urgent/night/0",
        "/providers",
    ]
    assert SECRET not in answer.text


def test_what_no_field_can_tell_by_itself_is_told_of_the_whole_and_only_when_each_field_fits() -> None:
    assert faults_of({"every": "P7D"}, DrillSchedule) == (Fault("", "Give both, or none"),)
    told = faults_of({"every": "ten"}, DrillSchedule)
    assert [each.pointer for each in told] == ["/every"]


async def test_a_pattern_is_told_by_what_fits_it(ward: Clinic) -> None:
    problem = refused(
        await ward.http.post("/sandbox/clock", json={"advance": "ten minutes"}), 422, "body.invalid"
    )
    assert [(each["pointer"], each["message"]) for each in problem["errors"]] == [
        ("/advance", "must be text such as PT10M or P7D")
    ]
