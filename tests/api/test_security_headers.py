"""What every answer says to whoever shows it or keeps it, whichever operation gave it."""

from uuid import uuid4

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from msgspec.structs import replace

from api.app import ROUTES, build_app
from api.openapi_operations import method_of, operation_of, path_of
from api.routes import answers, docs, sandbox
from tests.support.clinic import Clinic, Person
from tests.support.http import serve

EVERY: tuple[HTTPRouteHandler, ...] = (*ROUTES, *docs.HANDLERS, *answers.PAGES, *sandbox.HANDLERS)


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


def address(route: HTTPRouteHandler) -> str:
    """An address of a route; what is in it need not exist, for a refusal is an answer as well."""
    path = min(route.paths)
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, str(uuid4()) if ":uuid" in part else "1")
    return path


def checked(answer: httpx.Response) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["permissions-policy"].startswith("camera=()")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith(("default-src 'none'", "default-src 'self'"))
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")]
    for name in ("content-security-policy", "cache-control", "x-frame-options"):
        assert len(headers.get_list(name)) == 1


@pytest.mark.parametrize("route", EVERY, ids=lambda route: f"{min(route.http_methods)} {min(route.paths)}")
async def test_every_operation_answers_with_them(lin: Person, route: HTTPRouteHandler) -> None:
    for bearer in (lin.tokens["accessToken"], "nothing"):
        answer = await lin.clinic.http.request(
            min(route.http_methods - {"HEAD", "OPTIONS"}),
            address(route),
            headers={"Authorization": f"Bearer {bearer}", "Origin": "https://elsewhere.example"},
        )
        checked(answer)
        if route in ROUTES:
            # Public keys are everybody's, and may be kept for as long as a new one is told ahead.
            is_public = operation_of(route).name == "token-key.publish"
            wanted = {"public, max-age=300"} if is_public else {"no-store", "private, no-cache"}
            assert answer.headers["cache-control"] in wanted, operation_of(route).name
            assert method_of(route)
            assert path_of(route)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v1/me/..%2f", "/docs/assets/nothing"])
async def test_what_is_not_there_answers_with_them(lin: Person, path: str) -> None:
    answer = await lin.clinic.http.get(path)
    assert answer.status_code == 404
    checked(answer)


async def test_a_page_of_another_origin_is_told_nothing(lin: Person) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
    checked(await lin.clinic.http.options(f"/v1/me/reports/{uuid4()}", headers=asked))


async def test_only_production_says_that_there_is_no_way_without_tls(ward: Clinic) -> None:
    live = replace(ward.trial, mode="production")
    async with serve(build_app(live, ward.demo.edge)) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.get("/health/live")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in (await ward.http.get("/health/live")).headers
