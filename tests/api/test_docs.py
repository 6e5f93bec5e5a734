"""The pages about the contract, over real HTTP, without a database."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import httpx
import pytest
from litestar import Litestar, Response, get
from typing_extensions import override

from api import errors
from api.exchange import Request
from api.given import PathText
from api.openapi import render_contract
from api.openapi_files import contract_folder, released_contracts
from api.routes import docs
from tests.support.http import serve

PAGES = ["/docs", "/docs/problems", "/docs/problems/body.invalid", "/docs/problems/internal"]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [*docs.HANDLERS],
        exception_handlers={Exception: errors.answer},
        openapi_config=None,
        logging_config=None,
    )
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as opened:
        yield opened


class _Links(HTMLParser):
    """Every address a page makes the browser fetch or offers to follow, and every anchor."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.followed: list[str] = []
        self.anchors: set[str] = set()
        self.inline = False
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given.get("id") or ""} - {""}
        self.inline |= tag == "style" or (tag == "script" and "src" not in given) or "style" in given
        for address in (given.get("src"), given.get("href")):
            if address:
                (self.followed if tag == "a" else self.fetched).append(address)


async def links(client: httpx.AsyncClient, path: str) -> _Links:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return _Links(answer.text)


async def test_the_served_document_is_the_contract(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == render_contract()


RELEASED = {"1.0.0": b'{"openapi":"3.1.0"}', "1.1.0": b"{}"}


@get("/openapi/{file:str}")
async def of_these_versions(request: Request, file: PathText) -> Response[bytes]:
    """As the server's own, of versions that a test has made up."""
    return docs.answer_released(request, file, RELEASED)


async def test_a_released_version_is_served_as_it_was_and_for_ever() -> None:
    app = Litestar(
        [of_these_versions],
        exception_handlers={Exception: errors.answer},
        openapi_config=None,
        logging_config=None,
    )
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/openapi/1.0.0.json")
        assert (answer.status_code, answer.content) == (200, RELEASED["1.0.0"])
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        held = {"If-None-Match": answer.headers["etag"]}
        assert (await client.get("/openapi/1.0.0.json", headers=held)).status_code == 304


@pytest.mark.parametrize(
    "file", ["9.9.9.json", "1.0.0", "SHA256SUMS", "..%2fopenapi.json", "%2e%2e%2fsandbox.json"]
)
async def test_no_version_is_served_that_was_not_released(client: httpx.AsyncClient, file: str) -> None:
    answer = await client.get(f"/openapi/{file}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_the_reference_leads_to_every_released_version(client: httpx.AsyncClient) -> None:
    page = await links(client, "/docs")
    released = released_contracts(contract_folder())
    assert [each for each in page.followed if each.startswith("/openapi/")] == [
        f"/openapi/{version}.json" for version in reversed([*released])
    ]
    for version, document in released.items():
        assert (await client.get(f"/openapi/{version}.json")).content == document


@pytest.mark.parametrize("path", ["/openapi.json", *PAGES, "/docs/problems.json"])
async def test_who_holds_a_page_already_is_not_sent_it_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_nothing_of_another_host(client: httpx.AsyncClient, path: str) -> None:
    page = await links(client, path)
    assert page.fetched
    assert all(
        re.match(r"/[^/]", address) for address in (*page.fetched, *page.followed) if address[0] != "#"
    )
    assert not page.inline


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_forbids_the_browser_other_hosts_and_inline_scripts(
    client: httpx.AsyncClient, path: str
) -> None:
    policy = (await client.get(path)).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", PAGES)
async def test_all_that_a_page_asks_for_is_there_and_never_changes(
    client: httpx.AsyncClient, path: str
) -> None:
    for address in (await links(client, path)).fetched:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\?v=[0-9a-f]{32}$", address)


async def test_the_reference_reads_this_contract_and_asks_no_validator(client: httpx.AsyncClient) -> None:
    script = (await client.get("/docs/assets/docs.js")).text
    assert 'url: "/openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "persistAuthorization: false" in script


@pytest.mark.parametrize(
    "file", ["swagger-ui-bundle.js.map", "docs.html", "..%2froutes%2fdocs.py", "%2e%2e%2f%2e%2e%2fapp.py"]
)
async def test_no_other_file_is_served(client: httpx.AsyncClient, file: str) -> None:
    answer = await client.get(f"/docs/assets/{file}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
