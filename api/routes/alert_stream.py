"""The list on the wall."""

from uuid import UUID

from litestar import get
from litestar.types import ASGIApp

from api.callers import staff_caller
from api.event_stream import MEDIA_TYPE, EventStream, resumed_from
from api.exchange import Request, negotiated
from api.given import GivenMint, GivenTrial, GivenWall
from api.operations import Auth, Operation, contract
from domain.errors import NotAcceptable, QueryInvalid, TooManyStreams


@get(
    "/v1/alerts/stream",
    **contract(
        Operation(
            name="alert.stream",
            tag="Alerts",
            summary="Watch the alerts of my sites: server-sent events",
            auth=Auth.STAFF,
            answers={200: str},
            media_type=MEDIA_TYPE,
            errors=(QueryInvalid, NotAcceptable, TooManyStreams),
        )
    ),
)
async def stream(request: Request, trial: GivenTrial, mint: GivenMint, wall: GivenWall) -> ASGIApp:
    """Each event `alert` has an AlertView as its `data`: first every live alert, then each as it changes.

    An event `ping` comes every 15 s while all is well: no event for 30 s means that nothing is known, so show that, and
    open the stream again. It ends when the token does, at least: open it again with a new one, and with the
    `Last-Event-ID` of the last event, so that alerts put away meanwhile are told as well. A person has five streams
    at a node; her sixth ends her oldest.
    """
    negotiated(request, MEDIA_TYPE)
    caller = await staff_caller(request, trial, mint)

    async def check() -> tuple[UUID, ...]:
        return (await staff_caller(request, trial, mint)).site_ids

    seat = wall.sit(trial, caller.staff.id, caller.site_ids, resumed_from(request))
    return EventStream(wall, seat, check)
