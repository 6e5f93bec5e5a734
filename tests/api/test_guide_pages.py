"""The guides as pages of the server: all of them, without the internet, every link of them alive."""

from html import unescape

import httpx
import pytest

from api.guides import address_of, guides
from openapi.clients import guides as files
from tests.api.test_docs import client as client  # noqa: PLC0414 - its fixture: the pages alone, without a database
from tests.api.test_docs import links

ALL = ["/docs/guide", *(f"/docs/guide/{name}" for name in sorted(guides()))]


def test_every_guide_is_a_page() -> None:
    assert set(files.names()) < set(guides())
    assert len(ALL) >= 10


@pytest.mark.parametrize("path", ALL)
async def test_every_link_of_a_guide_leads_to_a_page_and_a_heading_of_it(
    client: httpx.AsyncClient, path: str
) -> None:
    page = await links(client, path)
    assert not page.inline
    assert all(each.startswith("/docs/assets/") for each in page.fetched)
    for each in page.followed:
        place, _, anchor = each.partition("#")
        if place.startswith(("http", "/openapi")):
            continue
        there = await links(client, place) if place else page
        assert not anchor or anchor in there.anchors, each


async def test_a_guide_is_shown_whole_and_nothing_in_it_is_taken_for_markup(
    client: httpx.AsyncClient,
) -> None:
    page = unescape((await client.get("/docs/guide/first-hour")).text)
    for each in files.of("first-hour", "python"):
        assert each.code in page
        assert each.printed in page


async def test_a_guide_that_is_none_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs/guide/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_link_to_what_is_not_served_is_none() -> None:
    names = frozenset({"README", "tokens", "conformance"})
    assert address_of("../contributing.md#x", names) is None
    assert address_of("tokens.md#rotate", names) == "/docs/guide/tokens#rotate"
    assert address_of("README.md", names) == "/docs/guide"
    assert address_of("../conformance.md", names) == "/docs/guide/conformance"
    assert address_of("#here", names) == "#here"
