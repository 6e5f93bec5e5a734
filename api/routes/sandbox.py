"""Routes that only a sandbox has: its clock, its phones, its provider's faults, its cast."""

import math
from datetime import timedelta

from litestar import Response, get, post, put
from msgspec import UNSET, convert

from api.cast import staff_keys
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenSandbox
from api.named_states import NAMED
from api.openapi_files import committed_sandbox_contract
from api.operations import Auth, Operation, contract
from api.routes import sandbox_keys
from api.routes.docs import below
from api.routes.sandbox_phones import press_keys, read_phone, send_reply
from api.seeding import new_participant
from api.shapes.sandbox import (
    ClockMove,
    ClockView,
    SeededParticipant,
    SeedRequest,
    StaffKeys,
)
from api.shapes.sandbox_states import NamedStates
from domain.errors import BodyInvalid, Fault
from notifications.emulator.faults import Fault as ProviderFault
from notifications.emulator.faults import FaultKind

__all__ = ["HANDLERS", "OPERATIONS", "new_participant"]

_LONGEST_MOVE = timedelta(days=400)

_LONGEST_SCRIPT = 100

_MOVE_SECONDS = 120.0
"""Machine time one move may take; ours. A year of one participant takes a quarter of it."""

_PATIENCE = timedelta(days=1)
"""Everybody is rung every ten minutes: by then somebody who tries an app has seen it."""


@get(
    "/sandbox/clock",
    **contract(
        Operation(
            name="clock.read",
            tag="Sandbox",
            summary="Read trial time",
            auth=Auth.NONE,
            answers={200: ClockView},
        )
    ),
)
async def read_clock(sandbox: GivenSandbox) -> Response[bytes]:
    """Trial time now."""
    return created(ClockView(now=sandbox.clock()), 200)


@post(
    "/sandbox/clock",
    **contract(
        Operation(
            name="clock.move",
            tag="Sandbox",
            summary="Move trial time ahead",
            auth=Auth.NONE,
            body=ClockMove,
            answers={200: ClockView},
        )
    ),
)
async def move_clock(request: Request, sandbox: GivenSandbox) -> Response[bytes]:
    """Move trial time ahead, stopping at each due instant, and for good where an alert stays unanswered for a day."""
    body = await read_body(request, ClockMove)
    advance = convert(body.advance, timedelta)
    if advance > _LONGEST_MOVE:
        fault = Fault("/advance", "must be at most P400D")
        raise BodyInvalid("The clock cannot be moved so.", faults=(fault,))
    target = sandbox.clock() + advance
    unanswered = await sandbox.advance_to(target, _PATIENCE, _MOVE_SECONDS)
    now = sandbox.clock()
    is_short = unanswered is None and now < target
    view = ClockView(
        now=now,
        unanswered_alert_id=unanswered or UNSET,
        left=_in_seconds(target - now) if is_short else UNSET,
    )
    return created(view, 200)


def _in_seconds(left: timedelta) -> str:
    """Return a span as the clock takes it, not a moment short of it."""
    return f"PT{math.ceil(left.total_seconds())}S"


@put(
    "/sandbox/provider",
    **contract(
        Operation(
            name="provider.script",
            tag="Sandbox",
            summary="Script the provider's faults",
            auth=Auth.NONE,
            body=tuple[ProviderFault, ...],
            answers={204: None},
        )
    ),
)
async def script_provider(request: Request, sandbox: GivenSandbox) -> None:
    """Replace the script of what the provider does wrong; an empty list makes it well again.

    A fault strikes texts and calls to `number`, or to anybody; `channel` narrows it to one of them, `times` to the next
    so many. A request may be held up (`delay`), then answered wrongly, and its receipts may go astray: at each of these
    stages the first fault that fits strikes, so that several can be combined, or follow one another.
    """
    try:
        script = await read_body(request, tuple[ProviderFault, ...])
    except BodyInvalid as refusal:
        raise _explained(refusal) from None
    if len(script) > _LONGEST_SCRIPT:
        fault = Fault("", f"must have at most {_LONGEST_SCRIPT} faults")
        raise BodyInvalid("The script is too long.", faults=(fault,))
    sandbox.emulator.script(*script)


def _explained(refusal: BodyInvalid) -> BodyInvalid:
    """Name the faults there are, where one was asked for that there is not."""
    known = ", ".join(FaultKind)
    faults = tuple(
        Fault(each.pointer, f"must be one of {known}") if each.pointer.endswith("/kind") else each
        for each in refusal.faults
    )
    return BodyInvalid(refusal.detail, faults=faults)


@get(
    "/sandbox/provider",
    **contract(
        Operation(
            name="provider.read",
            tag="Sandbox",
            summary="Read the provider's script",
            auth=Auth.NONE,
            answers={200: tuple[ProviderFault, ...]},
        )
    ),
)
async def read_provider(sandbox: GivenSandbox) -> Response[bytes]:
    """What the provider is still to do wrong, in the order in which it is looked at; empty while it is well."""
    return created(sandbox.emulator.scripted, 200)


@get(
    "/sandbox/staff",
    **contract(
        Operation(
            name="cast.read",
            tag="Sandbox",
            summary="Read the seeded staff",
            auth=Auth.NONE,
            answers={200: StaffKeys},
        )
    ),
)
async def read_staff(sandbox: GivenSandbox) -> Response[bytes]:
    """The cast, with what signs each of them in now."""
    return created(await staff_keys(sandbox), 200)


@post(
    "/sandbox/participants",
    **contract(
        Operation(
            name="participant.seed",
            tag="Sandbox",
            summary="Seed a participant",
            auth=Auth.NONE,
            body=SeedRequest,
            answers={201: SeededParticipant},
        )
    ),
)
async def seed_participant(request: Request, sandbox: GivenSandbox, mint: GivenMint) -> Response[bytes]:
    """A participant with an administration, a code for her and one for her caregiver, and SMS if you like.

    With a `state`, or a named one, she has a past: all of it was decided by the rules of the trial as of those days. It
    is there at once or not at all. Trial time does not move.
    """
    body = await read_body(request, SeedRequest)
    return created(await new_participant(sandbox, mint, body))


@get(
    "/sandbox/states",
    **contract(
        Operation(
            name="state.list",
            tag="Sandbox",
            summary="List states by name",
            auth=Auth.NONE,
            answers={200: NamedStates},
            needs_database=False,
        )
    ),
)
async def list_states() -> Response[bytes]:
    """What tests of an app often want, in words, and as what to send for it."""
    return created(NamedStates(states=NAMED), 200)


@get("/sandbox/openapi.json", include_in_schema=False)
async def read_contract(request: Request) -> Response[bytes]:
    """The document of these routes, as it is committed; below a key with the address of that key."""
    document = below(request, committed_sandbox_contract().read_bytes())
    return Response(document, media_type="application/json")


OPERATIONS = (
    read_clock,
    move_clock,
    read_phone,
    send_reply,
    press_keys,
    script_provider,
    read_provider,
    read_staff,
    seed_participant,
    list_states,
    *sandbox_keys.OPERATIONS,
)
"""The operations of the sandbox's document."""

HANDLERS = (*OPERATIONS, read_contract)
"""Registered in a sandbox only."""
