"""Another node of the same clinic: the same database and people, and something else about it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
from msgspec.structs import replace

from api.app import build_app
from api.tokens import TokenMint
from domain.triage import Triage
from tests.support.clinic import Clinic, Person
from tests.support.http import serve


@asynccontextmanager
async def at_another_node(person: Person, **differs: Any) -> AsyncIterator[Person]:
    """The same person before a node whose trial differs: at_another_node(lin, protocol=...)."""
    demo = person.clinic.demo
    app = build_app(replace(person.clinic.trial, **differs), demo.edge, demo.sandbox)
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as http:
        yield Person(Clinic(demo, person.clinic.settings, http), person.device_id, person.tokens)


@asynccontextmanager
async def another_node(clinic: Clinic, **edge: Any) -> AsyncIterator[Clinic]:
    """The same clinic before another node, which remembers tokens by itself: another_node(clinic, mint=...)."""
    demo, settings = clinic.demo, clinic.settings
    mint = edge.pop("mint", None) or TokenMint(settings.secret, settings.token_keys)
    app = build_app(clinic.trial, replace(demo.edge, mint=mint, **edge), demo.sandbox)
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as http:
        yield Clinic(demo, settings, http)


class RuleBrokenError(Exception):
    """What a broken rule raises."""


def broken(*_: object) -> Triage:
    raise RuleBrokenError


def at_a_broken_judge(person: Person) -> AbstractAsyncContextManager[Person]:
    """The same person before a node whose rules cannot be run."""
    return at_another_node(person, judge=broken)
