"""One road on which every example request of the contract is sent to a live sandbox, and every good answer taken down.

A trial that began on the second of March 2026, looked at on the tenth; its clock moves a second between two
requests and stands still meanwhile, so that the days and hours of the examples are the same each time.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from api import clock
from api.openapi_problems import PROBLEMS
from api.operations import Auth
from api.shapes.base import Language
from api.wiring import prepare_database
from notifications.trial import machine_now
from tests.support.asks import Sent, send
from tests.support.audit import sign_the_trail
from tests.support.clinic import Json
from tests.support.columns import ask_of
from tests.support.database import fresh_database
from tests.support.example_problems import Wrong
from tests.support.example_requests import as_documented, furnish
from tests.support.example_sandbox import answers_of_a_sandbox
from tests.support.example_settled import Known, settled
from tests.support.requests_of import request_for
from tests.support.rights_table import CALLERS, Row, read_table
from tests.support.two_sites import TwoSites, open_two_sites

THE_HOUR = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""Nine in the morning at the site, a week after the administration of everybody there."""

LAST = frozenset({"replaceRota"})
"""After it nobody is on call before the nights of the example, so that nobody could be rung any more."""


class Taken(Struct, frozen=True):
    """An answer: of which operation, under which status and media type, and its body as an example has it."""

    operation_id: str
    status: int
    media_type: str
    body: Json


@contextlib.contextmanager
def standing_clock() -> Iterator[None]:
    """Let trial time stand where it is put; tokens and digits go by the machine's."""
    vars(clock)["machine_now"] = lambda: THE_HOUR
    try:
        yield
    finally:
        vars(clock)["machine_now"] = machine_now


async def walk(cluster_url: str, template: str, language: Language) -> AsyncIterator[Taken]:
    """Send everything, for people who read this language, and give each answer."""
    async with fresh_database(cluster_url, template=template) as url:
        await prepare_database(url, "sandbox")
        with standing_clock():
            async with open_two_sites(url, language) as ward:
                await sign_the_trail(ward.clinic)
                for row in sorted(read_table().values(), key=lambda row: row.operation_id in LAST):
                    if row.operation_id in LAST and language == "en":
                        # What a developer reads of a problem is in English; what a person is told has its language.
                        async for code, answer in Wrong(ward).problems():
                            yield await _wrong(ward, code, answer)
                    async for answer in _answers(ward, row, language):
                        yield await _taken(ward, row.operation_id, answer)
                async for operation_id, answer in answers_of_a_sandbox(ward.clinic, language):
                    yield await _taken(ward, operation_id, answer)


async def _answers(ward: TwoSites, row: Row, language: Language) -> AsyncIterator[httpx.Response]:
    """Give each good answer that the operation has: the first, an equal repeat, the other media types."""
    await _tick(ward)
    ask = ask_of(ward, row, _caller(row), meets=True)
    # What a provider sends is about what it was given: that is made for the example.
    made = Sent(path=ask.path) if ask.operation.auth is Auth.PROVIDER else await request_for(ask)
    sent = await as_documented(ask, made, language)
    await furnish(ask, sent)
    yield await send(ask, sent, until='data: {"')
    if {200, 201} <= ask.operation.answers.keys():
        await ward.clinic.forget_digits()
        yield await send(ask, sent)
    for media_type in ask.operation.also:
        yield await send(ask, replace(sent, headers={**sent.headers, "Accept": media_type}))


async def _tick(ward: TwoSites) -> None:
    await ward.clinic.demo.sandbox.clock.move_to(ward.clinic.trial.now() + timedelta(seconds=1))


def _caller(row: Row) -> str:
    return next(each for each in CALLERS if row.cells[each].allows)


async def _taken(ward: TwoSites, operation_id: str, answer: httpx.Response) -> Taken:
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    body = settled(answer.content, media_type, await _known(ward)) if answer.content else None
    return Taken(operation_id, answer.status_code, media_type, body)


async def _known(ward: TwoSites) -> Known:
    codes = await ward.value("select array_agg(code) from messages where code is not null")
    staff = await ward.value("select json_object_agg(id, name) from staff")
    return Known(codes=frozenset(codes), staff=msgspec.json.decode(staff))


async def _wrong(ward: TwoSites, code: str, answer: httpx.Response) -> Taken:
    assert answer.json()["code"] == code, answer.text
    return await _taken(ward, PROBLEMS, answer)
