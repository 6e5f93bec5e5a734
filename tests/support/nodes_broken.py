"""A node whose rules cannot be run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from msgspec.structs import replace

from api.app import build_app
from domain.triage import Triage
from tests.support.clinic import Clinic, Person
from tests.support.http import serve


class RuleBrokenError(Exception):
    """What a broken rule raises."""


def broken(*_: object) -> Triage:
    raise RuleBrokenError


@asynccontextmanager
async def at_a_broken_judge(lin: Person) -> AsyncIterator[Person]:
    """The same person before a node whose rules cannot be run."""
    demo = lin.clinic.demo
    app = build_app(replace(lin.clinic.trial, judge=broken), demo.edge, demo.sandbox)
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as http:
        elsewhere = Clinic(demo, lin.clinic.settings, http)
        yield Person(elsewhere, lin.device_id, lin.tokens)
