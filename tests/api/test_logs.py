"""The log says what happened and to which request, and nothing of whom or what (design.md, rule 9)."""

import json
import logging
from io import StringIO

import pytest
import structlog

from domain.errors import NightbellError
from domain.records import reports
from domain.records.writing import Writing
from domain.report import Report
from tests.support.clinic import Clinic, Person
from tests.support.logs import line_of
from tests.support.problems import refused

WORDS = "我吐血了 zhangsan 13800138000"


@pytest.fixture
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


async def test_a_request_is_one_line_with_its_operation_and_status(log: StringIO, lin: Person) -> None:
    line = await line_of(log, await lin.get("/v1/me"))
    assert (line["level"], line["operation"], line["status"]) == ("info", "account.read", 200)


async def test_what_somebody_wrote_is_in_no_line(log: StringIO, lin: Person) -> None:
    answers = (
        await lin.report({"free-text": WORDS}),
        await lin.report({WORDS: "yes"}),
        await lin.get(f"/v1/me?{WORDS}=1"),
        await lin.get(f"/v1/me/{WORDS}"),
    )
    for answer in answers:
        await line_of(log, answer)
    for secret in (*WORDS.split(), lin.tokens["accessToken"]):
        assert secret not in log.getvalue()
        assert json.dumps(secret).strip('"') not in log.getvalue()


async def test_what_the_database_refuses_is_logged_by_its_kind_and_not_by_the_row_it_quotes(
    log: StringIO, lin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def insert(writing: Writing, report: Report) -> None:
        await writing.connection.execute(
            "insert into tasks (id, site_id, participant_id, kind) values ($1, $2, $3, $4)",
            report.id,
            report.site_id,
            report.participant_id,
            WORDS,
        )

    monkeypatch.setattr(reports, "insert", insert)
    answer = await lin.report({"fainted": "no"})
    refused(answer, 500, "internal")
    await line_of(log, answer)
    written = log.getvalue()
    assert "NotNullViolationError" in written
    assert answer.headers["x-request-id"] in written
    assert "13800138000" not in written


def fail() -> None:
    raise ValueError(WORDS)


def fail_for_a_reason() -> None:
    try:
        fail()
    except ValueError as fault:
        raise NightbellError(WORDS) from fault


def test_a_cause_is_named_and_its_words_are_not(log: StringIO) -> None:
    try:
        fail_for_a_reason()
    except NightbellError:
        structlog.get_logger().exception("something.failed")
    line = json.loads(log.getvalue())
    assert line["exception"].index("ValueError") < line["exception"].index("NightbellError")
    assert "13800138000" not in line["exception"]


def test_what_a_library_warns_of_is_a_line_of_ours_without_what_it_quotes(log: StringIO) -> None:
    failure = ValueError(WORDS)
    logging.getLogger("asyncpg.pool").warning("Resetting a connection: %r", WORDS, exc_info=failure)
    logging.getLogger("asyncio").warning(f"Task of {WORDS} failed")  # noqa: G004 - as some do
    pool, loop = (json.loads(line) for line in log.getvalue().splitlines())
    assert (pool["event"], pool["library"], pool["level"]) == ("library.warned", "asyncpg.pool", "warning")
    assert pool["words"] == "Resetting a connection: %r"
    assert "words" not in loop
    assert "ValueError" in pool["exception"]
    assert not [secret for secret in WORDS.split() if secret in log.getvalue()]
