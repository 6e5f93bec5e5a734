"""Forms as an app reads them: what a phone needs offline, every version, and as FHIR Questionnaires."""

import json
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as Independent
from hypothesis import given, settings
from hypothesis import strategies as st

from api.form_words import form_view
from api.questionnaire import questionnaire
from domain.answers import Answer, ChoiceAnswer, NumberAnswer
from domain.past import Past
from domain.protocol.schema import ChoiceItem, Form, Level, NumberItem
from domain.triage import triage
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused
from tests.support.protocol import shipped

FHIR = "application/fhir+json"
PROTOCOL = shipped()
EVERY = pytest.mark.parametrize("form", PROTOCOL.forms, ids=lambda form: f"{form.id}.{form.version}")
LANGUAGES = ("en", "zh-CN")


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


def place(form: Form) -> str:
    return f"/v1/forms/{form.id}/versions/{form.version}"


Given = dict[str, str | float]


def holds(test: Json, answers: Given, days: tuple[int, ...]) -> bool | None:
    """What an app makes of a condition, from the words of the contract alone."""
    match test["test"]:
        case "any" | "all" as joint:
            parts = {holds(part, answers, days) for part in test["of"]}
            decisive = joint == "any"
            return decisive if decisive in parts else None if None in parts else not decisive
        case "day":
            unknown = True if test["orUnknown"] else None
            return any(test["first"] <= day <= test["last"] for day in days) if days else unknown
        case "is":
            return None if test["itemId"] not in answers else answers[test["itemId"]] in test["choices"]
        case "between":
            number = answers.get(test["itemId"])
            if not isinstance(number, int | float):
                return None
            low, high = float(test.get("atLeast", number)), float(test.get("below", number + 1))
            return low <= number < high
        case _:
            return None if test["itemId"] not in answers else bool(str(answers[test["itemId"]]).strip())


def offline_level(view: Json, answers: Given, days: tuple[int, ...]) -> Level:
    true = (Level(rule["level"]) for rule in view["levelRules"] if holds(rule["when"], answers, days))
    return max(true, key=lambda level: level.rank, default=Level.NONE)


def as_json(form: Form, language: str = "en") -> Json:
    return json.loads(msgspec.json.encode(form_view(PROTOCOL, language, form)))


VIEWS = {(form.id, form.version): as_json(form) for form in PROTOCOL.forms}


@st.composite
def reports(draw: st.DrawFn) -> tuple[Form, Given, tuple[int, ...]]:
    form = draw(st.sampled_from(PROTOCOL.forms))
    items = draw(st.lists(st.sampled_from(form.items), max_size=6, unique_by=lambda item: item.id))
    answers: Given = {}
    for item in items:
        if isinstance(item, ChoiceItem):
            answers[item.id] = draw(st.sampled_from(item.choices)).id
        elif isinstance(item, NumberItem):
            answers[item.id] = draw(st.integers(round(item.minimum), round(item.maximum))) * 1.0
    return form, answers, draw(st.sampled_from([(), (1,), (30,)]))


@given(reports())
@settings(deadline=None, max_examples=400)
def test_what_a_phone_can_tell_offline_is_what_the_server_tells_without_a_past(
    case: tuple[Form, Given, tuple[int, ...]],
) -> None:
    form, answers, days = case
    given_answers: list[Answer] = [
        ChoiceAnswer(item, value) if isinstance(value, str) else NumberAnswer(item, value)
        for item, value in answers.items()
    ]
    server = triage(form, PROTOCOL.rules, tuple(given_answers), Past(days=days)).level
    assert offline_level(VIEWS[form.id, form.version], answers, days) is server


@EVERY
def test_every_emergency_of_one_answer_is_marked_at_the_answer(form: Form) -> None:
    for item in VIEWS[form.id, form.version]["items"]:
        for choice in item.get("choices", []):
            if "askWhen" not in item:
                alone = offline_level(VIEWS[form.id, form.version], {item["itemId"]: choice["id"]}, ())
                assert choice["level"] == alone, (item["itemId"], choice["id"])


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_says_what_to_do_at_each_level_and_that_nobody_watches(form: Form, language: str) -> None:
    view = as_json(form, language)
    assert [each["level"] for each in view["advice"]] == list(Level)
    assert all("120" in each["text"] for each in view["advice"])
    assert "120" in view["emergencyText"]
    texts = PROTOCOL.texts[language].texts
    assert view["notSentText"] == texts["advice.not-stored.headline"]
    # Until the server has answered nobody has the report, and nobody will call.
    kinds = ("not-stored", "not-stored", "urgent-not-stored", "emergency")
    assert [each["headline"] for each in view["advice"]] == [
        texts[f"advice.{kind}.headline"] for kind in kinds
    ]
    assert view["ruleSetVersion"] == PROTOCOL.rules.version


async def test_every_version_ever_released_stays_readable(lin: Person, ward: Clinic) -> None:
    _, caregiver = await ward.lin()
    for form in PROTOCOL.forms:
        reader = caregiver if form.audience == "caregiver" else lin
        shown = (await reader.get(place(form))).json()
        assert (shown["formId"], shown["version"]) == (form.id, form.version)
        assert [each["itemId"] for each in shown["items"]] == [item.id for item in form.items]


async def test_a_phone_knows_the_days_that_are_counted_from(lin: Person) -> None:
    (given_on,) = (await lin.get("/v1/me/schedule")).json()["administrationDates"]
    assert len(given_on) == len("2026-03-02")


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_form_is_a_questionnaire_to_an_independent_reader(form: Form, language: str) -> None:
    written = msgspec.json.encode(questionnaire(PROTOCOL, language, form))
    read = Independent.model_validate_json(written)
    assert json.loads(read.model_dump_json(exclude_none=True)) == json.loads(written)
    raw: dict[str, Any] = json.loads(written)
    assert [each["linkId"] for each in raw["item"]][2:] == [item.id for item in form.items]
    assert "120" in raw["item"][0]["text"]
    asked = {each["linkId"] for each in raw["item"]}
    followed = [when for each in raw["item"] for when in each.get("enableWhen", [])]
    assert {when["question"] for when in followed} <= asked
    conditional = [item.id for item in form.items if item.ask_when]
    told = [each["linkId"] for each in raw["item"] if "enableWhen" in each or "ask-when" in json.dumps(each)]
    assert told == conditional


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (FHIR, FHIR),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        (f"application/json;q=0.5, {FHIR}", FHIR),
        (f"{FHIR};q=0.1, application/*", "application/json"),
        (f"{FHIR};q=0, */*", "application/json"),
        (f"text/html, {FHIR};q=0.9, */*;q=0.1", FHIR),
    ],
)
async def test_the_reader_gets_what_she_accepts(lin: Person, accept: str, media_type: str) -> None:
    answer = await lin.get("/v1/forms/on-demand/versions/2", Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["vary"] == "Accept"
    assert ("resourceType" in answer.json()) is (media_type == FHIR)
    again = await lin.get(
        "/v1/forms/on-demand/versions/2", Accept=accept, **{"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml;q=1", f"{FHIR};q=0", "application/json;q=none"]
)
async def test_whoever_accepts_neither_is_told_so(lin: Person, accept: str) -> None:
    refused(await lin.get("/v1/forms/on-demand/versions/2", Accept=accept), 406, "response.media-type")


def test_no_two_forms_share_a_canonical_address_and_version() -> None:
    known = [questionnaire(PROTOCOL, "en", form) for form in PROTOCOL.forms]
    assert len({(each.url, each.version) for each in known}) == len(known)
