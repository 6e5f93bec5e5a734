"""A page for every problem that is answered: what happened, what to do, and what a frightened person is told."""

import json
import re
from html import unescape

import httpx
import pytest

from api.errors import STATUS, TOLD_WHEN, title
from api.openapi import render_contract
from api.openapi_files import committed_contract, committed_sandbox_contract
from api.problem_catalogue import RETRIES, catalogue, groups, of_commands, words
from domain import blinding, errors, refusals
from domain.errors import NightbellError
from tests.api.test_docs import client as client  # noqa: PLC0414 - its fixture: the pages alone, without a database
from tests.support.clinic import Clinic

ANSWERED = {kind.code: kind for kind in STATUS} | {NightbellError.code: NightbellError}
EACH = pytest.mark.parametrize("code", sorted(ANSWERED))

NO_PERSON_SAYS = re.compile(
    r"\b(JSON|HTTP|API|token|server|request|body|header|query|parameter|invalid|error|database|client|retry|"
    r"fail(ed|ure)?|status|field)\b|令牌|服务器|请求失败|数据库|参数|字段|无效|错误|失败",
    re.IGNORECASE,
)
BLAME_OR_ADVICE = re.compile(
    r"\b(your fault|wrong|must|illegal|forbidden|hospital now|doctor|120|911|medicine|worry|danger)\b|"
    r"您的错|违规|禁止|危险|服药|吃药|医生",
    re.IGNORECASE,
)


def test_every_code_that_is_answered_has_words_and_no_words_are_of_a_code_that_is_none() -> None:
    assert set(words()) == set(catalogue()) == set(ANSWERED)
    assert {each.group for each in words().values()} == set(groups())
    assert {each.code for each in of_commands()}.isdisjoint(ANSWERED)
    assert len(of_commands()) >= 5


@EACH
def test_its_words_are_whole_sentences_in_both_languages(code: str) -> None:
    written = words()[code]
    assert written.detail
    assert re.search(r"\.$", written.do)
    assert re.search(r"^[A-Z].*\.$", written.en)
    assert re.search(r"[\u4e00-\u9fff].*。$", written.zh_cn)
    assert not re.search(r"[A-Za-z]{4,}|[.?!]", written.zh_cn)


@EACH
def test_what_a_person_is_told_is_plain_blames_nobody_and_advises_nothing(code: str) -> None:
    for sentence in (words()[code].en, words()[code].zh_cn):
        assert NO_PERSON_SAYS.findall(sentence) == []
        assert BLAME_OR_ADVICE.findall(sentence) == []
        assert not blinding.in_text(sentence)


@EACH
def test_what_it_says_of_sending_again_is_what_its_answer_says(code: str) -> None:
    entry = catalogue()[code]
    assert entry.retry in RETRIES
    assert (entry.retry in {"after", "backoff"}) is ANSWERED[code].retry_safe is entry.retry_safe
    assert (entry.retry == "after") is (entry.status in TOLD_WHEN and entry.retry_safe)


@EACH
def test_whoever_may_meet_it_beside_a_report_is_sent_to_what_to_do(code: str) -> None:
    entry = catalogue()[code]
    of_reports = {"submitReport", "submitReportBatch", "correctReport"}
    meets = bool(of_reports & {each.operation_id for each in entry.operations})
    assert entry.has_what_to_do is ((meets and code != "not-found") or code == "internal")
    if entry.has_what_to_do and code != "token.refused":
        assert "whatToDo" in entry.do
        assert "read what to do now" in entry.told.en
        assert "请查看下面的提示" in entry.told.zh_cn


@EACH
async def test_its_page_says_all_of_it(client: httpx.AsyncClient, code: str) -> None:
    answer = await client.get(f"/docs/problems/{code}")
    assert answer.status_code == 200
    entry = catalogue()[code]
    page = unescape(re.sub(r"</?code>", "`", answer.text))
    for part in (title(ANSWERED[code]), entry.do, RETRIES[entry.retry], entry.told.en, entry.told.zh_cn):
        assert part in page
    assert ("whatToDo" in page) is (entry.has_what_to_do or "whatToDo" in f"{entry.do}{entry.meaning}")
    for each in entry.operations:
        assert f"{each.method} {each.path}" in page
    assert json.loads(re.findall(r"<pre[^>]*>`(.*?)`</pre>", page, re.DOTALL)[0])["code"] == code


async def test_the_list_leads_to_every_page_and_keeps_the_place_of_each_code(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/docs/problems")).text
    for code in ANSWERED:
        assert f'href="/docs/problems/{code}"' in page
        assert f'id="{code}"' in page
    for kind in vars(refusals).values():
        if isinstance(kind, type) and issubclass(kind, NightbellError):
            assert f'id="{kind.code}"' in page
    for group in groups().values():
        assert f">{group}</h2>" in page


async def test_programs_read_the_whole_catalogue(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs/problems.json")
    problems = {each["code"]: each for each in answer.json()["problems"]}
    assert problems.keys() == ANSWERED.keys()
    assert problems["body.too-slow"]["told"].keys() == {"en", "zh-CN"}
    assert problems["alert.taken"]["operations"] == [
        "acknowledgeAlert",
        "declineAlert",
        "revealAlert",
        "contactAlert",
        "acknowledgeCode",
    ]
    assert len(answer.content) < 100_000


async def test_a_page_of_no_code_is_not_found(client: httpx.AsyncClient) -> None:
    for code in ("settings.refused", "nothing", "..%2fdocs.html"):
        assert (await client.get(f"/docs/problems/{code}")).json()["code"] == "not-found"


def test_the_contract_has_the_words_an_app_can_carry_with_it() -> None:
    said = json.loads(render_contract())["x-problems"]
    assert said.keys() == {code for code in ANSWERED if not code.startswith("sandbox.")}
    assert said["token.refused"]["retry"] == "mended"
    assert json.loads(committed_contract().read_bytes())["x-problems"] == said


def test_the_sandboxs_own_contract_has_the_words_of_its_problems_too() -> None:
    said = json.loads(committed_sandbox_contract().read_bytes())["x-problems"]
    assert said.keys() == ANSWERED.keys()


def test_a_problem_names_the_operations_that_answer_it() -> None:
    named = {code: {each.operation_id for each in entry.operations} for code, entry in catalogue().items()}
    assert named["report.conflict"] == {"submitReport", "correctReport"}
    assert named["activation.refused"] == {"activateDevice", "readStaffInvitation", "acceptStaffInvitation"}
    assert "openSandbox" in named["sandbox.too-many"]
    assert catalogue()["report.conflict"].has_what_to_do
    of_any_address = {code for code, operations in named.items() if not operations}
    assert of_any_address == {"internal", "method.not-allowed", "request.refused", "sandbox.interrupted"}


async def test_the_type_of_whatever_is_answered_leads_to_its_page(ward: Clinic) -> None:
    answers = (
        await ward.http.get("/v1/nothing"),
        await ward.http.patch("/v1/alerts"),
        await ward.http.get("/v1/me"),
        await ward.http.post("/v1/activations", content=b"{"),
        await ward.http.post("/v1/activations?x=1", json={}),
        await ward.http.post("/v1/activations", json={}),
    )
    codes = [answer.json()["code"] for answer in answers]
    assert len(set(codes)) == len(codes)
    for answer in answers:
        page = await ward.http.get(answer.json()["type"])
        assert page.status_code == 200
        assert f"<title>{answer.json()['code']} " in page.text
    assert errors.NotFound.code in codes
