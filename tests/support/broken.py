"""What breaks in the middle of a request, and whether anything of it was left behind."""

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, TypeAlias

import httpx
import pytest
from msgspec import Struct

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused

Send: TypeAlias = Callable[[], Awaitable[httpx.Response]]
"""Sends one request; a second time it sends the same again."""

Act: TypeAlias = Callable[[Clinic, Person], Awaitable[Send]]
"""Prepares what a request needs, and returns what sends it."""

INNER = "lin, 13800138000, black-stool"
"""What an exception may say inside and no answer may say outside."""


class Spot(Struct, frozen=True):
    """A function on the way, by its module and name."""

    module: ModuleType
    name: str

    def breaks(self, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Any], Awaitable[None]]) -> None:
        """Let trouble follow after the function has done its work; it is told the function's first argument."""
        genuine = getattr(self.module, self.name)

        async def and_then(*arguments: Any, **named: Any) -> Any:
            done = await genuine(*arguments, **named)
            await trouble(arguments[0])
            return done

        monkeypatch.setattr(self.module, self.name, and_then)


def spots(*places: tuple[ModuleType, str]) -> dict[str, Spot]:
    return {f"{module.__name__.rpartition('.')[2]}.{name}": Spot(module, name) for module, name in places}


async def bug(_: object) -> None:
    raise RuntimeError(INNER)


async def breaks_whole(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, send: Send, spot: Spot) -> None:
    """Let a request break at a spot: it fails without a word of why, and changes no row."""
    before, rows = await clinic.everything(), await contents(clinic)
    with monkeypatch.context() as broken:
        spot.breaks(broken, bug)
        answer = await send()
    refused(answer, 500, "internal")
    assert INNER not in answer.text
    assert await clinic.everything() == before
    assert await contents(clinic) == rows


async def contents(clinic: Clinic) -> list[str]:
    """Every row that an act could have changed in place, as text."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            """
            select sessions::text as row from sessions union all
            select activation_codes::text from activation_codes union all
            select alerts::text from alerts union all
            select messages::text from messages union all
            select participants::text from participants union all
            select administrations::text from administrations union all
            select plans::text from plans union all
            select occasions::text from occasions union all
            select consents::text from consents union all
            select md5(contacts::text) from contacts union all
            select accounts::text from accounts union all
            select sites::text from sites union all
            select id::text || coalesce(revoked_at::text, '') from calendar_feeds union all
            select audit_heads::text from audit_heads order by row
            """
        )
    return [each["row"] for each in found]
