"""A call as the emulated provider keeps it, shows it to the API and rings a phone with it."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import unescape

from msgspec import Struct

from notifications.emulator.messages import API_VERSION, uri
from notifications.emulator.requests import RefusalError, envelope, is_number

_LONGEST_TIMEOUT = 600
_SAY = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL)
_GATHER = re.compile(r'<Gather[^>]*\baction="([^"]*)"')
_DONE = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


class Call(Struct, frozen=True, kw_only=True):
    """One accepted call. Times are aware UTC, in whole seconds as the API shows them; `timeout` is seconds of ringing.

    `twiml` is what it says now; `heard` is all it has said to whoever picked up, in order.
    """

    sid: str
    account_sid: str
    to: str
    sender: str
    twiml: str
    callback_url: str | None
    events: tuple[str, ...]
    timeout: int
    created: datetime
    updated: datetime
    status: str = "queued"
    heard: tuple[str, ...] = ()

    @property
    def rings_until(self) -> datetime:
        """When the provider stops ringing the phone."""
        return self.created + timedelta(seconds=self.timeout)

    @property
    def is_live(self) -> bool:
        """Whether it rings still or somebody listens."""
        return self.status in {"ringing", "in-progress"}

    @property
    def words(self) -> tuple[str, ...]:
        """What it would say now, each sentence once."""
        return tuple(dict.fromkeys(unescape(each) for each in _SAY.findall(self.twiml)))

    @property
    def action(self) -> str | None:
        """Where a pressed key is told; None where it waits for none."""
        found = _GATHER.search(self.twiml)
        return None if found is None else unescape(found[1])


class CallRequest(Struct, frozen=True, kw_only=True):
    """What POST Calls.json asks for."""

    to: str
    sender: str
    twiml: str
    callback_url: str | None
    events: tuple[str, ...]
    timeout: int


class PhoneCall(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call on a phone; `began_at` is aware UTC, `words` is what it says or has said."""

    sid: str
    to: str
    words: tuple[str, ...]
    began_at: datetime
    status: str


_Form = Mapping[str, str]

_CHECKS: tuple[tuple[int, str, Callable[[_Form], bool]], ...] = (
    (21201, "No 'To' number is specified", lambda form: bool(form.get("To"))),
    (21213, "Caller phone number required", lambda form: bool(form.get("From"))),
    (
        21211,
        "The phone number you are attempting to call, {To}, is not valid",
        lambda form: is_number(form["To"]),
    ),
    (21212, "The caller ID number {From} is not valid", lambda form: is_number(form["From"])),
    (21205, "Url parameter is required", lambda form: bool(form.get("Twiml"))),
    (21220, "Invalid timeout", lambda form: _is_timeout(form.get("Timeout", "60"))),
)
"""In this order: the provider's code, its sentence, and what must hold of the form."""


def call_request(form: _Form, events: tuple[str, ...]) -> CallRequest:
    """Read a create request; `events` are its StatusCallbackEvent fields. Raises RefusalError (400)."""
    for code, sentence, holds in _CHECKS:
        if not holds(form):
            raise RefusalError(400, code, sentence.format_map(form))
    return CallRequest(
        to=form["To"],
        sender=form["From"],
        twiml=form["Twiml"],
        callback_url=form.get("StatusCallback"),
        events=events or ("completed",),
        timeout=int(form.get("Timeout", "60")),
    )


def page_of_calls(account_sid: str, calls: Iterable[Call], query: _Form) -> Mapping[str, object]:
    """Return one page of the list, newest first, in the API's paging envelope; `calls` come oldest first."""
    wanted = {name: query[name] for name in ("To", "From") if name in query}
    found = [
        call
        for call in calls
        if call.to == wanted.get("To", call.to) and call.sender == wanted.get("From", call.sender)
    ]
    return envelope(uri(account_sid, "Calls.json"), "calls", found[::-1], call_resource, wanted, query)


def on_phone(call: Call) -> PhoneCall:
    """Return what the phone shows of a call."""
    return PhoneCall(
        sid=call.sid, to=call.to, words=call.heard or call.words, began_at=call.created, status=call.status
    )


def call_fields(call: Call) -> dict[str, str]:
    """Return what every callback about a call carries."""
    return {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.sender,
        "To": call.to,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "ApiVersion": API_VERSION,
    }


def is_told(call: Call) -> bool:
    """Tell whether the caller has asked to hear of the status that a call is in."""
    event = {"in-progress": "answered", **dict.fromkeys(_DONE, "completed")}.get(call.status, call.status)
    return event in call.events


def call_resource(call: Call) -> Mapping[str, object]:
    """Return the call as the API's JSON object, every field of it (the provider's public document)."""
    place = uri(call.account_sid, f"Calls/{call.sid}")
    ended = format_datetime(call.updated) if call.status in _DONE else None
    return {
        "account_sid": call.account_sid,
        "answered_by": None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": format_datetime(call.created),
        "date_updated": format_datetime(call.updated),
        "direction": "outbound-api",
        "duration": "20" if call.status == "completed" else None,
        "end_time": ended,
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": None if call.status == "queued" else format_datetime(call.created),
        "status": call.status,
        "subresource_uris": {"events": f"{place}/Events.json"},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{place}.json",
    }


def _is_timeout(value: str) -> bool:
    return value.isdecimal() and 1 <= int(value) <= _LONGEST_TIMEOUT
