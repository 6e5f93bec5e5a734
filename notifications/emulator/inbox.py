"""The inbox page: one panel per phone and mailbox, newest first."""

import re
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

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


class Phone(Struct, frozen=True):
    """A number (E.164) and every text for it, newest first, those that never arrived included."""

    number: str
    texts: tuple[Message, ...]


class Mailbox(Struct, frozen=True):
    """An address and every mail for it, newest first."""

    address: str
    mails: tuple[Mail, ...]


def render(messages: Iterable[Message], mails: Iterable[Mail] = ()) -> str:
    """Return the page as HTML; `messages` and `mails` come oldest first."""
    return _TEMPLATES.get_template("inbox.html").render(
        phones=_phones(messages), mailboxes=_mailboxes(mails), language=_language
    )


def _mailboxes(mails: Iterable[Mail]) -> tuple[Mailbox, ...]:
    by_address: dict[str, list[Mail]] = {}
    for mail in reversed(tuple(mails)):
        by_address.setdefault(mail.to, []).append(mail)
    return tuple(Mailbox(address, tuple(found)) for address, found in by_address.items())


def _phones(messages: Iterable[Message]) -> tuple[Phone, ...]:
    by_number: dict[str, list[Message]] = {}
    for message in reversed(tuple(messages)):
        by_number.setdefault(message.to, []).append(message)
    return tuple(Phone(number, tuple(texts)) for number, texts in by_number.items())


def _language(body: str) -> str:
    """Return the language tag of a text, so that Han characters get Chinese glyphs and the right voice."""
    return "zh-CN" if _HAN.search(body) else "en"
