"""Whatever bytes a phone sends: reading them never fails, what is read can be kept, and no red flag is missed."""

import json
import math
import time
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.report_reading import Batched, read_batch, read_correction, read_report
from domain.answers import Answer, ChoiceAnswer, NumberAnswer
from domain.errors import Fault
from domain.intake import Arrival
from domain.protocol.conditions import Is
from domain.report import Submission, digest
from tests.support.protocol import shipped

REPORT = UUID(int=900)
FLAG = {"type": "choice", "itemId": "black-stool", "choice": "yes"}
SLOWEST_SECONDS = 2.0
"""Of this process alone, whatever else runs: a hundred times what it takes, and a hundredth of what it once took."""

_WORDS = st.sampled_from(
    (
        *(
            "answers",
            "type",
            "itemId",
            "choice",
            "number",
            "text",
            "black-stool",
            "yes",
            "formId",
            "language",
        ),
        *("formVersion", "ageSeconds", "deviceTime", "onsetAt", "en", "reason", "reportId", "reports"),
        *("\x00", "\ud800"),
    )
)
_TEXTS = _WORDS | st.text(st.characters(), max_size=8) | st.text('~/\x00\ud800\\"', max_size=80)
_NUMBERS = st.integers() | st.sampled_from([10**400, -(10**400), 2**63]) | st.floats()
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_TEXTS, inside, max_size=6),
    max_leaves=25,
)
_ITEMS = st.one_of(*[st.sampled_from(["black-stool", "temperature", "free-text"]), _TEXTS])
_ALMOST = st.fixed_dictionaries(
    {"itemId": _ITEMS},
    optional={
        "type": st.sampled_from(["choice", "number", "text"]) | _VALUES,
        "choice": _TEXTS | _VALUES,
        "number": _NUMBERS | _VALUES,
        "text": _TEXTS | _VALUES,
        "more\x00": _VALUES,
        "\ud800": _VALUES,
    },
)
_BODIES = st.fixed_dictionaries(
    {"answers": st.lists(_ALMOST | _VALUES, max_size=5) | _VALUES},
    optional=dict.fromkeys(
        ("formId", "formVersion", "language", "deviceTime", "ageSeconds", "reason", "reporter"),
        _VALUES | _TEXTS,
    ),
)


def can_be_kept(arrival: Arrival) -> None:
    """The database takes it, and whoever reads it again finds the same."""
    digest(arrival.submission)
    for kept, kind in ((arrival.submission, Submission), (arrival.faults, tuple[Fault, ...])):
        written = msgspec.json.encode(kept)
        assert b"\\u0000" not in written
        assert msgspec.json.decode(written, type=kind) == kept
    numbers = [each.number for each in arrival.submission.answers if isinstance(each, NumberAnswer)]
    assert all(math.isfinite(each) for each in numbers)
    assert 0 <= arrival.submission.form_version <= 32767
    assert all(len(each.message) <= 500 and len(each.pointer) <= 500 for each in arrival.faults)


def every_reading(body: bytes) -> list[Arrival]:
    """A body at each of the doors."""
    batch = read_batch(body, is_whole=True)
    of_batch = [batch] if isinstance(batch, Arrival) else [each.arrival for each in batch]
    return [
        read_report(REPORT, body),
        read_report(REPORT, body, is_whole=False),
        read_correction(REPORT, body),
        *of_batch,
    ]


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def answers_in(body: bytes) -> tuple[Answer, ...]:
    return read_report(REPORT, body).submission.answers


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_and_can_be_kept(body: bytes) -> None:
    for arrival in every_reading(body):
        can_be_kept(arrival)


@settings(max_examples=600, deadline=None)
@given(_BODIES | _VALUES, st.booleans())
@example(value={"answers": [{**FLAG, "itemId": "\ud800"}]}, cut=False)
@example(value={"answers": [{**FLAG, "more\x00\ud800" * 90: 1}]}, cut=False)
@example(value={"answers": [{"itemId": "", "choice": "yes"}]}, cut=False)
@example(value={"answers": [{"itemId": "~/" * 40, "choice": "~" * 64}]}, cut=True)
def test_any_json_is_read_and_can_be_kept(value: object, cut: bool) -> None:
    body = as_json(value)
    for arrival in every_reading(body[: -1 if cut else None]):
        can_be_kept(arrival)


@settings(max_examples=100, deadline=None)
@given(st.lists(_BODIES, min_size=1, max_size=4))
@example([{"formId": "\ud800"}, {"formId": "on-demand"}])
@example([{"formVersion": 10**400}, {"formId": "on-demand"}])
def test_no_report_of_a_batch_keeps_the_others_from_being_read(reports: list[dict[str, Any]]) -> None:
    body = as_json({"reports": [*reports, {"answers": [FLAG]}]})
    body = body.replace(b"NaN", b"1").replace(b"Infinity", b"1")  # Which are no JSON.
    batch = read_batch(body, is_whole=True)
    assert isinstance(batch, tuple)
    assert len(batch) == len(reports) + 1
    assert all(isinstance(each, Batched) for each in batch)
    for each in batch:
        can_be_kept(each.arrival)
    assert batch[-1].arrival.submission.answers == (ChoiceAnswer("black-stool", "yes"),)


@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_however_deep_a_body_is_it_can_be_read(pair: str) -> None:
    opened, closed = pair[:-1], pair[-1]
    flag = json.dumps(FLAG)
    for depth in (1, 100, *range(700, 1010)):
        body = f'{{"answers":{{"a":{opened * depth}{flag}{closed * depth}}}}}'.encode()
        assert answers_in(body) == (ChoiceAnswer("black-stool", "yes"),), depth


def test_nobody_holds_a_node_up_with_a_long_body() -> None:
    started = time.process_time()
    for part in (b'"itemId":"a"', b'"choice":"a"', b'"itemId"', b'"itemId" ', b'"', b'{"a":', b"[", b'"\\'):
        body = (part * (1024 * 1024 // len(part)))[: 1024 * 1024]
        read_batch(body, is_whole=True)
        read_batch(body.replace(b'"', b'"' + b" " * 20), is_whole=True)
    assert time.process_time() - started < 8 * SLOWEST_SECONDS


_FREE_TEXT = st.text(max_size=30) | st.sampled_from(
    ['"itemId": "black-stool"', "{[}]", "\\", '\\"', "黑便 🩸"]
)
_READING = st.integers(340, 429).map(lambda tenths: tenths / 10) | st.floats(34, 42.9)


@st.composite
def reports_with_a_red_flag(draw: st.DrawFn) -> tuple[bytes, int, Answer]:
    """A valid report, how many bytes of it hold its red flag whole, and the flag."""
    flag: Answer = draw(
        st.sampled_from(_flags()) | _READING.map(lambda number: NumberAnswer("temperature", number))
    )
    text = {"type": "text", "itemId": "free-text", "text": draw(_FREE_TEXT)}
    others = [{"type": "choice", "itemId": "fainted", "choice": "no"}, text]
    before = draw(st.lists(st.sampled_from(others), max_size=3))
    fields = list(msgspec.to_builtins(flag).items())
    said = dict(draw(st.permutations(fields)))
    head = {"formId": "on-demand", "formVersion": 1, "language": "en", "deviceTime": "2026-11-26T09:00:00Z"}
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]))
    body = json.dumps(
        {**head, "answers": [*before, said, text]},
        separators=separators,
        ensure_ascii=draw(st.booleans()),
    )
    whole = body.index(written := json.dumps(said, separators=separators)) + len(written)
    return body.encode(), len(body[:whole].encode()), flag


def _flags() -> list[Answer]:
    """Every choice that makes a rule fire by itself."""
    alone = [rule.when for rule in shipped().rules.rules if isinstance(rule.when, Is)]
    return [ChoiceAnswer(when.item, choice) for when in alone for choice in when.choices]


@settings(max_examples=150, deadline=None)
@given(reports_with_a_red_flag(), st.data())
def test_a_red_flag_that_stands_in_the_beginning_of_a_report_is_found(
    made: tuple[bytes, int, Answer], data: st.DataObject
) -> None:
    body, complete, flag = made
    assert flag in answers_in(body)
    for cut in {complete, len(body) - 1, data.draw(st.integers(complete, len(body) - 1))}:
        for arrival in every_reading(body[:cut]):
            can_be_kept(arrival)
            assert flag in arrival.submission.answers, body[:cut]


def test_every_prefix_of_a_report_is_read() -> None:
    body = as_json({"formId": "on-demand", "answers": [{**FLAG, "itemId": "fainted"}, FLAG], "more": "黑便"})
    complete = body.index(as_json(FLAG)) + len(as_json(FLAG))
    for cut in range(len(body)):
        arrival = read_report(REPORT, body[:cut])
        can_be_kept(arrival)
        assert (ChoiceAnswer("black-stool", "yes") in arrival.submission.answers) is (cut >= complete - 1)


@pytest.mark.parametrize("order", [("yes", "no"), ("no", "yes")])
def test_an_answer_given_twice_in_a_report_of_a_batch_is_no_no(order: tuple[str, str]) -> None:
    twice = f'{{"type":"choice","itemId":"black-stool","choice":"{order[0]}","choice":"{order[1]}"}}'
    batch = read_batch(f'{{"reports":[{{"answers":[{twice}]}}]}}'.encode(), is_whole=True)
    assert isinstance(batch, tuple)
    assert ChoiceAnswer("black-stool", "yes") in batch[0].arrival.submission.answers
    assert "" in [each.pointer for each in batch[0].arrival.faults]


def test_a_report_of_a_batch_is_kept_as_it_came() -> None:
    part = b'{ "formId":"on-demand",  "reportId":"00000000-0000-0000-0000-000000000001"}'
    batch = read_batch(b'{"reports": [' + part + b"]}", is_whole=True)
    assert isinstance(batch, tuple)
    assert (batch[0].arrival.original, batch[0].known_id) == (part, UUID(int=1))


@pytest.mark.parametrize("escaped", [r"black\u002dstool", r"\u0062lack-stool"])
def test_an_escaped_name_is_the_same_name(escaped: str) -> None:
    answer = json.dumps(FLAG).replace("black-stool", escaped)
    assert answers_in(f'{{"answers":[{answer},'.encode()) == (ChoiceAnswer("black-stool", "yes"),)
