"""One urgent report from phone to doctor, and nothing that was written on the way says who was allocated to what."""

import json
import re
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.logs import configure_logs
from api.metrics import exposition
from domain import blinding
from tests.support.clinic import Clinic
from tests.support.desk import trail


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """The log of this test, as the program writes it."""
    written = StringIO()
    with monkeypatch.context() as redirected:
        redirected.setattr(sys, "stderr", written)
        configure_logs("debug")
    return written


def names_in(value: Any) -> Iterator[str]:
    """Every key of what was written, and every value that is a name."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from names_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from names_in(each)
    elif isinstance(value, str) and re.fullmatch(r"[a-z][a-z.-]+", value):
        yield value


async def test_nothing_that_a_story_leaves_behind_could_unblind(clinic: Clinic, log: StringIO) -> None:
    lin, caregiver = await clinic.lin()
    alice = await clinic.staff("Alice")
    feed = (await lin.post("/v1/me/calendar-feed")).json()["url"]
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    await clinic.advance(minutes=11)
    mine = ("/v1/me/schedule", "/v1/me/reports", "/v1/me/forms", "/v1/me/export")
    answers = [await each.get(path) for each in (lin, caregiver) for path in mine]
    answers += [await alice.get(path) for path in ("/v1/alerts", "/v1/tasks", "/v1/participants")]
    calendar = await clinic.http.get(feed)
    texts = [text for name in clinic.numbers for text in clinic.texts(name)]
    names = [name for line in log.getvalue().splitlines() for name in names_in(json.loads(line))]
    names += [name for answer in answers for name in names_in(answer.json())]
    names += [name for entry in await trail(clinic, lin) for name in names_in(entry)]
    assert len(texts) > 1
    assert len(names) > 500
    assert {name for name in names if blinding.in_name(name)} == set()
    assert [text for text in (*texts, calendar.text) if blinding.in_text(text)] == []
    assert "BEGIN:VEVENT" in calendar.text


async def test_nothing_that_is_counted_could_unblind(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    names, helps = set[str](), list[str]()
    for process in (clinic.trial, clinic.demo.sandbox.worker):
        for family in text_string_to_metric_families((await exposition(process)).decode()):
            helps.append(family.documentation)
            for sample in family.samples:
                names |= {sample.name, *sample.labels, *sample.labels.values()}
    assert {"nightbell_requests_total", "operation", "report.submit"} <= names
    assert {name for name in names if blinding.in_name(name)} == set()
    assert [text for text in helps if blinding.in_text(text)] == []
