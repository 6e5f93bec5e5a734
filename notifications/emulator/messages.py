"""A text as the emulated provider keeps it, shows it to the API and puts it on a phone."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from msgspec import Struct

API_VERSION = "2010-04-01"

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
"""GSM 03.38; a character of the extension takes two septets."""


class Message(Struct, frozen=True, kw_only=True):
    """One accepted text. Times are aware UTC, in whole seconds as the API shows them.

    `sender` is None while a messaging service has not picked a number; `sent` is None until the carrier has it.
    `code` is 0 when there is no error.
    """

    sid: str
    account_sid: str
    to: str
    body: str
    sender: str | None
    service_sid: str | None
    callback_url: str | None
    created: datetime
    updated: datetime
    sent: datetime | None = None
    status: str = "queued"
    code: int = 0

    @property
    def received(self) -> bool:
        """Tell whether it reached the phone."""
        return self.status in ("sent", "delivered")


class PhoneMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    """A text on a phone; `received_at` is aware UTC."""

    sid: str
    to: str
    body: str
    received_at: datetime
    status: str


def on_phone(message: Message) -> PhoneMessage:
    """Return what the phone shows of a text it received."""
    return PhoneMessage(
        sid=message.sid,
        to=message.to,
        body=message.body,
        received_at=message.sent or message.created,
        status=message.status,
    )


def uri(account_sid: str, tail: str) -> str:
    """Return the path of a resource of the account, e.g. tail "Messages.json"."""
    return f"/{API_VERSION}/Accounts/{account_sid}/{tail}"


def resource(message: Message) -> Mapping[str, object]:
    """Return the message as the API's JSON object, every field of it (the provider's public document)."""
    place = uri(message.account_sid, f"Messages/{message.sid}")
    return {
        "account_sid": message.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": format_datetime(message.created),
        "date_sent": format_datetime(message.sent) if message.sent else None,
        "date_updated": format_datetime(message.updated),
        "direction": "outbound-api",
        "error_code": message.code or None,
        "error_message": "The carrier did not deliver it" if message.code else None,
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        # A messaging service has not chosen a sender yet, and the count depends on it.
        "num_segments": str(segments(message.body)) if message.sender else "0",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{place}/Media.json"},
        "to": message.to,
        "uri": f"{place}.json",
    }


def segments(body: str) -> int:
    """Return how many SMS the text takes: 160 septets or 153 each when split; in UCS-2 70 units or 67 (trial.md §4)."""
    if all(char in _GSM or char in _GSM_EXTENSION for char in body):
        return _split(len(body) + sum(char in _GSM_EXTENSION for char in body), 160, 153)
    return _split(len(body.encode("utf-16-be")) // 2, 70, 67)


def _split(units: int, whole: int, part: int) -> int:
    return 1 if units <= whole else -(-units // part)
