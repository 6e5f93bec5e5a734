"""As whom a request begins: as the system only where a list says so, so that what is added later begins as nobody."""

from typing import cast

import pytest
from litestar import get

from api.app import BEGIN_AS_THE_SYSTEM, begin_as
from api.operations import Auth, Operation, contract
from domain.records.identity import THE_SYSTEM, Identity, acting, acting_as

ADDED_LATER = cast("Auth", "badge")
"""A kind of caller that nobody has thought of yet."""


async def began(auth: Auth | None) -> Identity | None:
    operation = None if auth is None else Operation(name="thing.do", tag="T", summary="S", auth=auth)
    options = {} if operation is None else contract(operation)

    @get("/thing", **options)
    async def handler() -> None: ...

    with acting_as(THE_SYSTEM if auth is None or auth not in BEGIN_AS_THE_SYSTEM else None):
        await begin_as(None, handler)
        return acting()


@pytest.mark.parametrize("auth", [Auth.ACCOUNT, Auth.REPORTING, Auth.STAFF, ADDED_LATER, None])
async def test_whoever_is_known_by_a_token_or_by_what_was_added_later_begins_as_nobody(
    auth: Auth | None,
) -> None:
    assert await began(auth) is None


@pytest.mark.parametrize("auth", [Auth.NONE, Auth.PROVIDER, Auth.ADDRESS])
async def test_who_has_no_token_to_show_begins_as_the_system(auth: Auth) -> None:
    assert await began(auth) == THE_SYSTEM
