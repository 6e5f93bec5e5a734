"""The phones of a sandbox: what they received, and what whoever holds one does with it."""

import re

from litestar import Response, get, post

from api.exchange import Request, created, read_body
from api.given import GivenSandbox, PathText
from api.operations import Auth, Operation, contract
from api.shapes.sandbox import (
    KeysPressed,
    Phone,
    PhoneCallView,
    PhoneMessageView,
    PhoneReply,
    ReplyAnswer,
    Spoken,
)
from api.shapes.site import PHONE
from domain.errors import NotFound
from notifications.emulator.switchboard import NobodyRingsError


@get(
    "/sandbox/phones/{number:str}/messages",
    **contract(
        Operation(
            name="phone.read",
            tag="Sandbox",
            summary="Read what a phone received",
            auth=Auth.NONE,
            answers={200: Phone},
        )
    ),
)
async def read_phone(sandbox: GivenSandbox, number: PathText) -> Response[bytes]:
    """What a phone received, oldest first. The number is E.164, its plus sign written as it is or as %2B."""
    number = _a_phone(number)
    received = tuple(
        PhoneMessageView(body=each.body, received_at=each.received_at, status=each.status)
        for each in sandbox.emulator.phone(number)
    )
    calls = tuple(
        PhoneCallView(words=each.words, began_at=each.began_at, status=each.status)
        for each in sandbox.emulator.switchboard.phone(number)
    )
    return created(Phone(messages=received, calls=calls), 200)


@post(
    "/sandbox/phones/{number:str}/replies",
    **contract(
        Operation(
            name="phone.reply",
            tag="Sandbox",
            summary="Send a text from a phone",
            auth=Auth.NONE,
            body=PhoneReply,
            answers={200: ReplyAnswer},
        )
    ),
)
async def send_reply(request: Request, sandbox: GivenSandbox, number: PathText) -> Response[bytes]:
    """Answer a text as a member of staff would. What comes back is the provider's markup, with a text or without."""
    body = await read_body(request, PhoneReply)
    return created(ReplyAnswer(twiml=await sandbox.emulator.reply(_a_phone(number), body.body)), 200)


@post(
    "/sandbox/phones/{number:str}/keys",
    **contract(
        Operation(
            name="phone.press",
            tag="Sandbox",
            summary="Pick up and press a key",
            auth=Auth.NONE,
            body=KeysPressed,
            answers={200: Spoken},
            errors=(NotFound,),
        )
    ),
)
async def press_keys(request: Request, sandbox: GivenSandbox, number: PathText) -> Response[bytes]:
    """Pick up the call that rings a phone and press a key: 1 takes the alert, 2 passes it on. What is said then."""
    body = await read_body(request, KeysPressed)
    try:
        words = await sandbox.emulator.switchboard.press(_a_phone(number), body.digits)
    except NobodyRingsError:
        raise NotFound("Nobody calls this phone.") from None
    return created(Spoken(words=words), 200)


def _a_phone(number: str) -> str:
    """Return a number, or raise NotFound: a phone without its plus sign would look as if nobody had rung it."""
    if not re.fullmatch(PHONE, number):
        raise NotFound("A phone's number is E.164, such as +8619900000002.")
    return number
