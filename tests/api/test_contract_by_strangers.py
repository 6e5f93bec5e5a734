"""Every operation of the contract, held to its document by somebody who has read nothing else (schemathesis)."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from schemathesis import Case

from api.openapi_files import committed_contract
from api.operations import Auth
from notifications.emulator.callbacks import sign
from tests.support.asks import Ask, Sent
from tests.support.columns import ask_of
from tests.support.database import fresh_database
from tests.support.requests_of import OPERATIONS, request_for
from tests.support.rights_table import CALLERS, Row, read_table
from tests.support.soak import is_soak
from tests.support.strangers import Approach, loaded, try_everything
from tests.support.strangers_known import SAYS_MORE, SAYS_NO, UNCHECKED
from tests.support.two_sites import TwoSites, open_two_sites
from tests.support.wall import hasten

DOCUMENT = json.loads(committed_contract().read_bytes())
SCHEMA = loaded(DOCUMENT)
TABLE = list(read_table().values())
YOUNG_SECONDS = 8 * 60
"""Access tokens live 15 minutes."""

Opened = Callable[[], Awaitable[TwoSites]]


def callers() -> list[Any]:
    """Who asks for which operation: all who may under `make soak`, else one of them, each kind in its turn."""
    chosen = []
    for place, row in enumerate(TABLE):
        all_who_may = [each for each in CALLERS if row.cells[each].allows]
        # Whether a coordinator is on call for the alert that waits depends on whom it has rung by now.
        may = [
            each for each in all_who_may if not (each == "coordinator" and row.cells[each].condition)
        ] or all_who_may
        chosen += [(row, each) for each in (may if is_soak() else [may[place % len(may)]])]
    return [pytest.param(row, column, id=f"{row.operation_id}-{column}") for row, column in chosen]


@pytest.fixture(scope="module")
async def opened(cluster_url: str, seeded_template: str) -> AsyncIterator[Opened]:
    """Two sites, opened anew before their tokens grow old."""
    async with AsyncExitStack() as stack:
        kept: list[tuple[float, AsyncExitStack, TwoSites]] = []

        async def ward() -> TwoSites:
            if kept and time.monotonic() - kept[0][0] > YOUNG_SECONDS:
                await kept.pop()[1].aclose()
            if not kept:
                inner = await stack.enter_async_context(AsyncExitStack())
                url = await inner.enter_async_context(fresh_database(cluster_url, template=seeded_template))
                kept.append((time.monotonic(), inner, await inner.enter_async_context(open_two_sites(url))))
                hasten(kept[0][2].clinic, ping=0.1)
            return kept[0][2]

        yield ward


@pytest.mark.soak
@pytest.mark.parametrize(("row", "column"), callers())
async def test_an_operation_takes_what_its_document_says_and_answers_nothing_else(
    opened: Opened, row: Row, column: str
) -> None:
    ward = await opened()
    await give_back(ward)
    ask = ask_of(ward, row, column, meets=True)
    approach = approach_of(ask, row, await request_for(ask))
    await asyncio.to_thread(try_everything, approach)
    assert approach.wrong == {}
    assert approach.came


def approach_of(ask: Ask, row: Row, sent: Sent) -> Approach:
    """Return how a stranger comes, who was given what is there for a request that succeeds."""
    headers = {name: value for name, value in sent.headers.items() if name == "If-Match"}
    own = "submissionToken" if ask.column == "submission" else "accessToken"
    if token := sent.token or (ask.person.tokens[own] if ask.person else ""):
        headers["Authorization"] = f"Bearer {token}"
    operation = SCHEMA[ask.path][ask.method.lower()]
    return Approach(
        url=ask.ward.clinic.demo.api_url,
        operation=operation,
        operation_id=row.operation_id,
        headers=headers,
        known=places(ask.path, sent.path),
        body=sent.body,
        is_lenient=ask.operation.lenient,
        dress=signature_of(ask) if ask.operation.auth is Auth.PROVIDER else lambda _: {},
        before=before(ask, operation),
        came=Counter(),
        wrong={},
    )


def places(template: str, path: str) -> dict[str, str]:
    """Return what stands in the places of an address."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/?]+)", re.escape(template))
    found = re.match(pattern, path)
    return found.groupdict() if found else {}


_OF_A_REQUEST = ("method", "url", "params", "data", "headers")


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else str(body or "")


def signature_of(ask: Ask) -> Callable[[Case[Any]], dict[str, str]]:
    """Sign as the provider does: whoever can, may send whatever form."""
    settings = ask.ward.clinic.settings

    def signed(case: Case[Any]) -> dict[str, str]:
        sent = case.as_transport_kwargs(base_url=settings.public_url)
        request = requests.Request(**{name: sent.get(name) for name in _OF_A_REQUEST}).prepare()
        form = dict(parse_qsl(_text(request.body), keep_blank_values=True))
        return {"X-Twilio-Signature": sign(settings.twilio_auth_token, str(request.url), form)}

    return signed


async def give_back(ward: TwoSites) -> None:
    """Let no quota be spent, nobody be slowed down, and the digits of every authenticator be good again."""
    await ward.value(
        "with spent as (delete from rate_limits), slowed as (delete from slow_downs) "
        "update credentials set totp_step = null"
    )


def before(ask: Ask, operation: Any) -> Callable[[], None]:
    """Give back, before each case, what the ones before have taken."""
    loop = asyncio.get_running_loop()
    documented = operation.definition.raw["responses"]

    def waited() -> None:
        asyncio.run_coroutine_threadsafe(give_back(ask.ward), loop).result()

    return waited if "429" in documented else lambda: None


def test_every_operation_has_its_stranger_and_every_exception_its_operation() -> None:
    known = {row.operation_id for row in TABLE} | {"moveClock", "scriptProvider", "seedParticipant"}
    assert {each.operation_id for each in OPERATIONS.values()} == {row.operation_id for row in TABLE}
    assert set(SAYS_MORE) | set(SAYS_NO) | set(UNCHECKED) <= known
