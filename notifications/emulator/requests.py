"""Reading the provider's API: what a caller asked, or why it is refused."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from notifications.emulator.messages import Message, resource, uri

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LONGEST_BODY = 1600
_PAGE_SIZE, _LARGEST_PAGE = 50, 1000
_DATE_ONLY = len("2008-01-02")

_Form = Mapping[str, str]


class _HasSid(Protocol):
    @property
    def sid(self) -> str: ...


_Kept = TypeVar("_Kept", bound=_HasSid)


class RefusalError(Exception):
    """The API answers `status` with its error `code` (five digits) and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Submission(Struct, frozen=True, kw_only=True):
    """What POST Messages.json asks for: `sender` (E.164), `service_sid` ("MG…"), or both."""

    to: str
    body: str
    sender: str | None
    service_sid: str | None
    callback_url: str | None


_CHECKS: tuple[tuple[int, str, Callable[[_Form], bool]], ...] = (
    (21604, "A 'To' phone number is required", lambda form: bool(form.get("To"))),
    (21602, "Message body is required", lambda form: bool(form.get("Body"))),
    (
        21603,
        "A 'From' phone number is required",
        lambda form: "From" in form or "MessagingServiceSid" in form,
    ),
    # The real API quotes the number too, which is why no caller may repeat its words.
    (21211, "The 'To' number {To} is not a valid phone number", lambda form: is_number(form["To"])),
    (21212, "The 'From' number {From} is not valid", lambda form: is_number(form.get("From", "+10000000"))),
    (
        21617,
        "The concatenated message body exceeds 1600 characters",
        lambda form: len(form["Body"]) <= _LONGEST_BODY,
    ),
    (21624, "Invalid validity period value", lambda form: _is_validity(form.get("ValidityPeriod", "36000"))),
)
"""In this order: the provider's code, its sentence, and what must hold of the form."""


def pairs(encoded: bytes) -> dict[str, str]:
    """Decode a form body or a query string; of repeated fields the last counts."""
    return dict(parse_qsl(encoded.decode(), keep_blank_values=True))


def repeated(encoded: bytes, name: str) -> tuple[str, ...]:
    """Return every value of a field that may be given more than once."""
    return tuple(value for key, value in parse_qsl(encoded.decode(), keep_blank_values=True) if key == name)


def submission(form: _Form) -> Submission:
    """Read a create request. Raises RefusalError (400) with the code the real API gives."""
    for code, sentence, holds in _CHECKS:
        if not holds(form):
            raise RefusalError(400, code, sentence.format_map(form))
    return Submission(
        to=form["To"],
        body=form["Body"],
        sender=form.get("From"),
        service_sid=form.get("MessagingServiceSid"),
        callback_url=form.get("StatusCallback"),
    )


def page(account_sid: str, messages: Iterable[Message], query: _Form) -> Mapping[str, object]:
    """Return one page of the list, newest first, in the API's paging envelope.

    `messages` come oldest first. Raises RefusalError (400) for a date it cannot read.
    """
    wanted = {
        name: query[name] for name in ("To", "From", "DateSent", "DateSent<", "DateSent>") if name in query
    }
    fits = _filter(wanted)
    newest_first = [message for message in messages if fits(message)][::-1]
    return envelope(uri(account_sid, "Messages.json"), "messages", newest_first, resource, wanted, query)


def envelope(
    address: str,
    name: str,
    newest_first: Sequence[_Kept],
    show: Callable[[_Kept], Mapping[str, object]],
    wanted: _Form,
    query: _Form,
) -> Mapping[str, object]:
    """Return one page of any list; `wanted` is what its filters ask for."""
    rest = _after(newest_first, query.get("PageToken"))
    size = min(max(_number(query, "PageSize", _PAGE_SIZE), 1), _LARGEST_PAGE)
    number = _number(query, "Page", 0)
    rows, more = rest[:size], len(rest) > size

    def place(page_number: int, **token: str) -> str:
        return f"{address}?" + urlencode({**wanted, "PageSize": size, "Page": page_number, **token})

    return {
        name: [show(each) for each in rows],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(rows) - 1, 0),
        "uri": place(number),
        "first_page_uri": place(0),
        "next_page_uri": place(number + 1, PageToken=f"PA{rows[-1].sid}") if more else None,
        # Only its absence on the first page is promised; no client of ours pages backwards.
        "previous_page_uri": place(0) if number else None,
    }


def _after(newest_first: Sequence[_Kept], token: str | None) -> Sequence[_Kept]:
    if token is None:
        return newest_first
    sids = [each.sid for each in newest_first]
    last_seen = token.removeprefix("PA")
    return newest_first[sids.index(last_seen) + 1 :] if last_seen in sids else ()


def _filter(wanted: _Form) -> Callable[[Message], bool]:
    dates = {name: _span(value) for name, value in wanted.items() if name.startswith("DateSent")}

    def fits(message: Message) -> bool:
        numbers = message.to == wanted.get("To", message.to) and message.sender == wanted.get(
            "From", message.sender
        )
        return numbers and all(_in_time(message.sent, name[8:], span) for name, span in dates.items())

    return fits


def _span(value: str) -> tuple[datetime, datetime]:
    """Return the first instant a date or date-time names and the first one after it."""
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        raise RefusalError(400, 20001, "A DateSent filter is not a date") from None
    aware = start if start.tzinfo else start.replace(tzinfo=UTC)
    return aware, aware + (timedelta(days=1) if len(value) == _DATE_ONLY else timedelta(seconds=1))


def _in_time(sent: datetime | None, sign: str, span: tuple[datetime, datetime]) -> bool:
    start, end = span
    if sent is None:
        return False
    return (sign == "<" or sent >= start) and (sign == ">" or sent < end)


def _number(query: _Form, name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isdecimal() else default


def is_number(value: str) -> bool:
    """Tell whether this is a number in E.164."""
    return _E164.fullmatch(value) is not None


def _is_validity(value: str) -> bool:
    return value.isdecimal() and 1 <= int(value) <= 36_000  # noqa: PLR2004 - the public document's bounds
