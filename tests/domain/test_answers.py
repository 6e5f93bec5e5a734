"""The answers of a report against a form built by hand."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer, faults, fitting
from domain.errors import Fault
from domain.protocol.schema import Audience, Choice, ChoiceItem, Form, NumberItem, TextItem

FORM = Form(
    id="check-in",
    version=1,
    status="draft",
    audience=Audience.PARTICIPANT,
    recall="recall.check-in",
    items=(
        ChoiceItem(id="black-stool", choices=(Choice(id="no", grade=0), Choice(id="yes", grade=1))),
        NumberItem(id="temperature", unit="°C", minimum=30.0, maximum=45.0, decimals=1),
        NumberItem(id="animals", unit="1", minimum=0, maximum=60, decimals=0),
        TextItem(id="anything-else", max_length=20),
    ),
)


def temperature(number: float) -> Answers:
    return (NumberAnswer("temperature", number),)


def pointers(*answers: Answer) -> list[str]:
    return [fault.pointer for fault in faults(FORM, answers)]


def test_a_full_report_that_fits_has_no_faults() -> None:
    answers = (
        ChoiceAnswer("black-stool", "yes"),
        NumberAnswer("temperature", 37.3),
        NumberAnswer("animals", 14.0),
        TextAnswer("anything-else", "slept badly"),
    )
    assert faults(FORM, answers) == ()
    assert fitting(FORM, answers) == answers


def test_every_fault_is_named_at_its_place() -> None:
    found = pointers(
        ChoiceAnswer("unheard-of", "yes"),
        NumberAnswer("black-stool", 1),
        ChoiceAnswer("black-stool", "maybe"),
        NumberAnswer("temperature", 99),
        TextAnswer("anything-else", "x" * 21),
    )
    assert found == [
        "/answers/0/itemId",
        "/answers/1/type",
        "/answers/2/itemId",  # answered before
        "/answers/2/choice",
        "/answers/3/number",
        "/answers/4/text",
    ]


@pytest.mark.parametrize(
    "number", [37.25, 37.301, 1e-7, 29.9, 45.1, 1e300, float("nan"), float("inf"), float("-inf")]
)
def test_a_number_out_of_range_or_finer_than_the_item_does_not_fit(number: float) -> None:
    assert [fault.pointer for fault in faults(FORM, temperature(number))] == ["/answers/0/number"]
    # One that is only too fine is read all the same, in the item's steps.
    read = fitting(FORM, temperature(number))
    assert len(read) == (number in {37.25, 37.301})


@pytest.mark.parametrize("number", [30.0, 37.0, 37.3, 45.0])
def test_a_number_at_or_within_the_limits_fits(number: float) -> None:
    assert faults(FORM, temperature(number)) == ()


def test_an_item_of_whole_numbers_takes_no_half() -> None:
    assert pointers(NumberAnswer("animals", 13.5)) == ["/answers/0/number"]


@given(st.integers(300, 450), st.integers(300, 450))
@settings(deadline=None)
def test_a_phone_that_added_in_binary_is_read_as_the_decimal_it_meant(tenths: int, base: int) -> None:
    meant = tenths / 10
    added = base / 10 + (tenths - base) * 0.1
    assert fitting(FORM, temperature(added)) == temperature(meant)


def test_an_item_answered_twice_is_a_fault_but_both_answers_are_kept() -> None:
    twice = (ChoiceAnswer("black-stool", "yes"), ChoiceAnswer("black-stool", "no"))
    assert pointers(*twice) == ["/answers/1/itemId"]
    assert fitting(FORM, twice) == twice


def test_one_answer_that_does_not_fit_takes_nothing_from_the_others() -> None:
    fits = ChoiceAnswer("black-stool", "yes")
    assert fitting(FORM, (TextAnswer("black-stool", "yes"), ChoiceAnswer("?", "yes"), fits)) == (fits,)


def test_no_message_repeats_what_was_answered() -> None:
    secret = "8675309"
    answers = (
        ChoiceAnswer("black-stool", secret),
        NumberAnswer("temperature", float(secret)),
        TextAnswer("anything-else", secret * 5),
        ChoiceAnswer(secret, secret),
        TextAnswer("animals", secret),
    )
    found = faults(FORM, answers)
    assert len(found) == len(answers)
    assert not [fault for fault in found if secret in fault.message + fault.pointer]


def test_messages_say_what_the_item_takes() -> None:
    assert faults(FORM, temperature(99)) == (Fault("/answers/0/number", "Must be from 30 to 45 °C."),)


def test_answers_travel_in_camel_case_with_their_type() -> None:
    wire = b"""[
        {"type": "choice", "itemId": "black-stool", "choice": "yes"},
        {"type": "number", "itemId": "animals", "number": 3}
    ]"""
    answers = msgspec.json.decode(wire, type=Answers)
    assert answers == (ChoiceAnswer("black-stool", "yes"), NumberAnswer("animals", 3.0))
    assert msgspec.json.decode(msgspec.json.encode(answers), type=Answers) == answers


@pytest.mark.parametrize(
    "wire",
    [
        b'[{"type":"choice","itemId":"a","choice":"b","note":"c"}]',
        b'[{"type":"scale","itemId":"a","choice":"b"}]',
        b'[{"type":"number","itemId":"a","number":NaN}]',
        b'[{"type":"number","itemId":"a","number":"3"}]',
        b'[{"type":"text","itemId":"a","text":"%s"}]' % (b"x" * 4001),
    ],
)
def test_what_is_no_answer_is_not_decoded(wire: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(wire, type=Answers)
