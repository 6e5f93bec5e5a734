"""The inbox page: one panel per phone and mailbox, newest first."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from notifications.emulator.calls import Call
from notifications.emulator.mail import Mail
from notifications.emulator.messages import Message

_HAN = re.compile(r"[\u3400-\u9fff]")

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Entry(Struct, frozen=True, kw_only=True):
    """A text or a call as the page shows it."""

    body: str
    created: datetime
    updated: datetime
    status: str
    code: int = 0
    is_call: bool = False


class Phone(Struct, frozen=True):
    """A number (E.164) and every text and call for it, newest first, those that never arrived included."""

    number: str
    texts: tuple[Entry, ...]


class Mailbox(Struct, frozen=True):
    """An address and every mail for it, newest first."""

    address: str
    mails: tuple[Mail, ...]


def render(messages: Iterable[Message], calls: Iterable[Call] = (), mails: Iterable[Mail] = ()) -> str:
    """Return the page as HTML; texts, calls and mails come oldest first."""
    entries = sorted(
        (*((each.to, _text(each)) for each in messages), *((each.to, _call(each)) for each in calls)),
        key=lambda placed: placed[1].created,
    )
    return _TEMPLATES.get_template("inbox.html").render(
        phones=_phones(entries), mailboxes=_mailboxes(mails), language=_language
    )


def _mailboxes(mails: Iterable[Mail]) -> tuple[Mailbox, ...]:
    by_address: dict[str, list[Mail]] = {}
    for mail in reversed(tuple(mails)):
        by_address.setdefault(mail.to, []).append(mail)
    return tuple(Mailbox(address, tuple(found)) for address, found in by_address.items())


def _text(message: Message) -> Entry:
    return Entry(
        body=message.body,
        created=message.created,
        updated=message.updated,
        status=message.status,
        code=message.code,
    )


def _call(call: Call) -> Entry:
    return Entry(
        body="\n".join(call.heard or call.words),
        created=call.created,
        updated=call.updated,
        status=call.status,
        is_call=True,
    )


def _phones(entries: Iterable[tuple[str, Entry]]) -> tuple[Phone, ...]:
    by_number: dict[str, list[Entry]] = {}
    for number, entry in reversed(tuple(entries)):
        by_number.setdefault(number, []).append(entry)
    return tuple(Phone(number, tuple(texts)) for number, texts in by_number.items())


def _language(body: str) -> str:
    """Return the language tag of a text, so that Han characters get Chinese glyphs and the right voice."""
    return "zh-CN" if _HAN.search(body) else "en"
