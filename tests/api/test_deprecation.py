"""What is said of an operation that will end: none does yet, so the routes here are of this file."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

import httpx
import pytest
from litestar import Litestar, Response, get
from msgspec import Meta, Struct

from api import errors
from api.app import ROUTES
from api.deprecation import SHORTEST, Deprecation
from api.exchange import created
from api.middleware import traced
from api.openapi import document
from api.openapi_operations import operation_of
from api.operations import Auth, Operation, contract
from domain.errors import NotFound
from notifications.metrics import Meters
from tests.support.http import serve

ENDING = Deprecation(since=date(2027, 1, 1), until=date(2027, 7, 1), instead="Use `readPlan`.")


class Bells(Struct, frozen=True):
    """How many."""

    many: Annotated[int, Meta(extra_json_schema={"deprecated": True})]
    """Deprecated: use `count`."""
    count: int = 0


def operation(name: str, **more: Any) -> Operation:
    return Operation(
        **{"name": name, "tag": "Me", "summary": "Read", "auth": Auth.NONE, "answers": {200: Bells}, **more}
    )


@get("/old", **contract(operation("old.read", deprecated=ENDING)))
async def old() -> Response[bytes]:
    """The bells of old."""
    return created(Bells(many=1), 200)


@get("/lost", **contract(operation("lost.read", deprecated=ENDING, errors=(NotFound,))))
async def lost() -> Response[bytes]:
    """The bells that are lost."""
    raise NotFound("There is no such bell.")


@get("/new", **contract(operation("new.read")))
async def new() -> Response[bytes]:
    """The bells."""
    return created(Bells(many=1), 200)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [old, lost, new],
        exception_handlers={Exception: errors.answer},
        openapi_config=None,
        logging_config=None,
    )
    async with serve(traced(app, {}, Meters())) as url, httpx.AsyncClient(base_url=url) as opened:
        yield opened


async def test_every_answer_of_what_will_end_says_since_when_until_when_and_where_to_read_of_it(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/old")
    assert answer.status_code == 200
    since = int(answer.headers["deprecation"].removeprefix("@"))
    assert datetime.fromtimestamp(since, UTC) == datetime(2027, 1, 1, tzinfo=UTC)
    assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2027, 7, 1, tzinfo=UTC)
    assert answer.headers["sunset"].endswith(" GMT")
    assert answer.headers["link"] == (
        '</docs#/Me/readOld>; rel="deprecation"; type="text/html", '
        '</docs#/Me/readOld>; rel="sunset"; type="text/html"'
    )


async def test_a_refusal_says_it_as_well_and_what_goes_on_says_nothing(client: httpx.AsyncClient) -> None:
    refused, goes_on = await client.get("/lost"), await client.get("/new")
    assert refused.status_code == 404
    assert refused.headers["deprecation"] == "@1798761600"
    assert not {"deprecation", "sunset", "link"} & goes_on.headers.keys()


def documented() -> dict[str, Any]:
    return document([old, new], title="Bells", version="1.0.0", description="All.", tags={"Me": "Mine."})


def test_the_document_says_what_the_answers_say() -> None:
    paths = documented()["paths"]
    ending, goes_on = paths["/old"]["get"], paths["/new"]["get"]
    assert ending["deprecated"] is True
    assert ending["x-sunset"] == "2027-07-01"
    assert ending["description"].startswith(
        "Deprecated since 2027-01-01; may be gone from 2027-07-01 on. Use `readPlan`."
    )
    for status, answer in ending["responses"].items():
        assert status == "default" or {"Deprecation", "Sunset", "Link"} <= answer["headers"].keys()
    assert not {"deprecated", "x-sunset"} & goes_on.keys()
    assert "Sunset" not in goes_on["responses"]["200"]["headers"]


def test_a_field_is_deprecated_in_the_shape() -> None:
    many = documented()["components"]["schemas"]["Bells"]["properties"]["many"]
    assert many == {"type": "integer", "deprecated": True, "description": "Deprecated: use `count`."}


@pytest.mark.parametrize(("days", "is_allowed"), [(SHORTEST.days - 1, False), (SHORTEST.days, True)])
def test_no_end_is_announced_for_less_than_half_a_year_ahead(days: int, *, is_allowed: bool) -> None:
    since = date(2027, 1, 1)
    announcing = nullcontext() if is_allowed else pytest.raises(ValueError, match="less than 180 days")
    with announcing:
        Deprecation(since=since, until=since + timedelta(days=days), instead="Use another.")


def test_handing_in_a_report_never_ends() -> None:
    with pytest.raises(ValueError, match="report is taken from every app"):
        operation("report.submit", auth=Auth.REPORTING, deprecated=ENDING)


def test_what_is_deprecated_still_has_its_place_in_the_reference() -> None:
    for each in (operation_of(route) for route in ROUTES):
        assert each.tag.isalpha(), "a blank in an address of the reference"
