"""The app under test, through its driver (docs/conformance.md)."""

from http import HTTPStatus

import aiohttp
import msgspec
from msgspec import Struct

from api.conformance.sent import Json

PATIENCE_SECONDS = 30.0


class DriverFailedError(Exception):
    """The driver did not do what it was told to; the message says how."""


class NotDrivenError(Exception):
    """The driver does not know a command."""


class SeenReport(Struct, frozen=True, rename="camel"):
    """A report as the person sees it."""

    report_id: str
    standing: str
    clinic_knows: bool
    shown: str


class SetAlarm(Struct, frozen=True, rename="camel"):
    """An alarm that is set with the phone."""

    reminder_id: str
    at: str


class State(Struct, frozen=True, rename="camel"):
    """What the person sees, and what the phone will do."""

    signed_in: bool = False
    language: str = ""
    emergency_text: str = ""
    reports: tuple[SeenReport, ...] = ()
    alarms: tuple[SetAlarm, ...] = ()
    rung: tuple[str, ...] = ()
    schedule_version: int = 0
    problem: str = ""


class Driven:
    """A driver at its client URL."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = url.rstrip("/") + "/commands", http

    async def tell(self, do: str, **with_: object) -> State:
        """Give one command; return what is seen after it."""
        try:
            async with self._http.post(self._url, json={"do": do, **with_}) as answer:
                content = await answer.read()
        except TimeoutError:
            msg = f"the app did not come to an end with `{do}` within {PATIENCE_SECONDS:.0f} s"
            raise DriverFailedError(msg) from None
        except (aiohttp.ClientError, OSError) as error:
            msg = f"the driver cannot be reached: {type(error).__name__}"
            raise DriverFailedError(msg) from None
        return _state(do, answer.status, content)


def _state(do: str, status: int, content: bytes) -> State:
    if status == HTTPStatus.NOT_IMPLEMENTED:
        raise NotDrivenError(do)
    if status != HTTPStatus.OK:
        msg = f"the app failed at `{do}`: its driver answered {status}"
        raise DriverFailedError(msg)
    try:
        document: Json = msgspec.json.decode(content, type=Json)
        return msgspec.convert({name: each for name, each in document.items() if each is not None}, State)
    except (msgspec.ValidationError, msgspec.DecodeError) as fault:
        msg = f"the state after `{do}` cannot be read: {fault}"
        raise DriverFailedError(msg) from None
