"""Each address and each method: answered, or refused so that whoever asked learns which methods there are."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.app import ROUTES
from api.errors import STATUS, TOLD_WHEN, problem_of
from api.openapi_answers import _failure as failure_of
from api.routes import activation_page, answers, docs, sandbox
from api.shapes.problems import Problem
from domain import errors
from domain.errors import NightbellError
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused

EVERY = (*ROUTES, *docs.HANDLERS, *answers.PAGES, *activation_page.PAGES, *sandbox.HANDLERS)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
STREAM = "/v1/alerts/stream"


def by_path() -> dict[str, set[str]]:
    """Path → the methods that its routes have, and those that every path has."""
    found: dict[str, set[str]] = {}
    for route in EVERY:
        for path in route.paths:
            found.setdefault(path, {"OPTIONS"}).update(map(str, route.http_methods))
    return {path: methods | ({"HEAD"} if "GET" in methods else set()) for path, methods in found.items()}


def address(path: str) -> str:
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, str(uuid4()) if ":uuid" in part else "1")
    return path


def allowed(answer: httpx.Response) -> set[str]:
    return {each.strip() for each in answer.headers["allow"].split(",")}


PATHS = by_path()


@pytest.mark.parametrize("path", PATHS)
async def test_an_address_says_which_methods_it_has_and_refuses_the_others(ward: Clinic, path: str) -> None:
    asked = await ward.http.options(address(path))
    assert (asked.status_code, asked.content) == (204, b"")
    assert allowed(asked) == PATHS[path]
    for method in sorted((METHODS | {"TRACE", "PURGE"}) - PATHS[path]):
        answer = await ward.http.request(method, address(path))
        assert answer.headers["x-request-id"]
        assert allowed(answer) == PATHS[path], method
        if method == "HEAD":
            assert (answer.status_code, answer.content) == (405, b"")
        else:
            refused(answer, 405, "method.not-allowed")


@pytest.mark.parametrize("path", [path for path, methods in PATHS.items() if "GET" in methods])
async def test_head_answers_as_get_does_without_the_body(ward: Clinic, path: str) -> None:
    got, told = await ward.http.get(address(path)), await ward.http.head(address(path))
    assert (told.status_code, told.content) == (got.status_code, b"")
    differing = {"x-request-id", "date", "etag", "content-length"}
    assert {name: value for name, value in told.headers.items() if name not in differing} == {
        name: value for name, value in got.headers.items() if name not in differing
    }
    assert ("etag" in told.headers) is ("etag" in got.headers)


async def test_head_of_a_stream_ends_behind_its_headers(alice: Person) -> None:
    answer = await alice.call("HEAD", STREAM)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("method", sorted(METHODS | {"TRACE"}))
async def test_where_nothing_is_no_method_finds_anything(ward: Clinic, method: str) -> None:
    for path in ("/v1/nothing", "/v1/participants/a/b/c", "/docs/problems/a/b"):
        answer = await ward.http.request(method, path)
        assert answer.status_code == 404
        assert answer.headers["x-request-id"]


def kinds() -> list[type[NightbellError]]:
    return sorted(STATUS, key=lambda kind: kind.code)


def an(kind: type[NightbellError]) -> NightbellError:
    """An error of a kind, as bare as it can be made."""
    more: dict[type[NightbellError], dict[str, Any]] = {
        errors.AlreadyAcknowledged: {"holder": None},
        errors.TooManyRequests: {"name": "n", "most": 1, "window": 2, "seconds": 3},
        errors.SignInSlowed: {"seconds": 3},
        errors.ActivationSlowed: {"seconds": 3},
    }
    if kind is errors.ActivationRefused:
        return errors.ActivationRefused()
    return kind("Something.", **more.get(kind, {}))


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)
def test_every_429_and_503_says_when_to_come_again_and_the_contract_says_so(
    kind: type[NightbellError],
) -> None:
    problem, headers = problem_of(an(kind), "1")
    is_told = problem.status in TOLD_WHEN
    assert ("Retry-After" in headers) is is_told
    assert not is_told or int(headers["Retry-After"]) > 0
    # What an operator must mend first is told with a time all the same (api/errors.py).
    assert not is_told or kind.retry_safe or kind is errors.SandboxUnavailable
    described = failure_of([kind], {Problem: {}})["headers"]
    assert ("Retry-After" in described) is is_told
    assert ("RateLimit" in described) is ("RateLimit" in headers)
    assert ("WWW-Authenticate" in described) is ("WWW-Authenticate" in headers)
