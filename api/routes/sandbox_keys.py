"""Sandboxes by key: a developer opens one of her own, makes it anew, throws it away."""

from litestar import Response, delete, get, post
from msgspec import UNSET

from api.cast import staff_keys
from api.exchange import Request, created
from api.given import GivenSandbox, PathText
from api.operations import Auth, Operation, contract
from api.sandbox import Keeper, Place, Sandbox
from api.shapes.sandbox_keys import SandboxView
from domain.errors import NotEntitled, SandboxesFull, SandboxUnavailable, SandboxUnknown
from domain.records.identity import THE_SYSTEM, acting_as


@post(
    "/sandbox/keys",
    **contract(
        Operation(
            name="sandbox.open",
            tag="Sandboxes",
            summary="Open a sandbox of one's own",
            auth=Auth.NONE,
            answers={201: SandboxView},
            errors=(NotEntitled, SandboxesFull, SandboxUnavailable),
        )
    ),
)
async def open_sandbox(request: Request, sandbox: GivenSandbox) -> Response[bytes]:
    """Open a sandbox under a fresh key, seeded: nobody without the key meets what is done in it.

    It survives a restart. What nobody has called for 14 days is thrown away.
    """
    _require_own(request)
    return created(await _view(await _keeper(sandbox).found()))


@get(
    "/sandbox/keys/{key:str}",
    **contract(
        Operation(
            name="sandbox.read",
            tag="Sandboxes",
            summary="Read a sandbox",
            auth=Auth.NONE,
            answers={200: SandboxView},
            errors=(SandboxUnknown, SandboxesFull),
        )
    ),
)
async def read_sandbox(sandbox: GivenSandbox, key: PathText) -> Response[bytes]:
    """Where it is, and what signs its staff in now."""
    return created(await _view(await _keeper(sandbox).find(key)), 200)


@delete(
    "/sandbox/keys/{key:str}",
    **contract(
        Operation(
            name="sandbox.discard",
            tag="Sandboxes",
            summary="Throw a sandbox away",
            auth=Auth.NONE,
            answers={204: None},
            errors=(SandboxUnknown, SandboxUnavailable),
        )
    ),
)
async def discard_sandbox(sandbox: GivenSandbox, key: PathText) -> None:
    """Throw it away with everything in it, and make room for another."""
    await _keeper(sandbox).discard(key)


@post(
    "/sandbox/reset",
    **contract(
        Operation(
            name="sandbox.reset",
            tag="Sandboxes",
            summary="Make this sandbox anew",
            auth=Auth.NONE,
            answers={200: SandboxView},
            errors=(NotEntitled, SandboxUnknown, SandboxUnavailable),
        )
    ),
)
async def reset_sandbox(request: Request, sandbox: GivenSandbox) -> Response[bytes]:
    """Back to what it was when it was opened: its data gone, the machine's time, a provider that is well.

    Nobody's token, code or link of before is good any more. Whatever else was under way in it is answered
    `sandbox.interrupted`.
    """
    _require_own(request)
    return created(await _view(await _keeper(sandbox).reset(sandbox.key)), 200)


def _require_own(request: Request) -> None:
    """Raise NotEntitled for a page of another origin: what takes no body is not kept from it by its media type."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise NotEntitled("No page of another origin may do this.")


def _keeper(sandbox: Sandbox) -> Keeper:
    if sandbox.keeper is None:
        raise SandboxUnknown("This server has no sandbox but this one.")
    return sandbox.keeper


async def _view(place: Place) -> SandboxView:
    # It is another sandbox than the one this request came to, with rows of its own.
    with acting_as(THE_SYSTEM):
        cast = await staff_keys(place.sandbox)
    return SandboxView(
        key=place.key or UNSET,
        api_url=place.api_url,
        inbox_url=place.inbox_url,
        now=place.sandbox.clock(),
        site_id=cast.site_id,
        staff=cast.staff,
    )


OPERATIONS = (open_sandbox, read_sandbox, discard_sandbox, reset_sandbox)
