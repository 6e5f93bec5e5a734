"""What Nightbell asks of a provider, and the outcomes of asking (design.md, rule 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from domain.protocol.routes import Channel


class OutboundSms(Struct, frozen=True, kw_only=True):
    """One text to hand over, or one call to make, by `channel`.

    `to` is E.164; `body` is final; `valid_for` bounds how late it may arrive.

    A provider that sends registered templates only takes `template` (our text key, "sms.emergency"), `language`
    ("zh-CN" or "en") and what fills the template, the code among it, instead of `body`.
    """

    attempt_id: UUID
    to: str
    body: str
    valid_for: timedelta
    template: str = ""
    language: str = ""
    parameters: Mapping[str, str] = {}
    channel: Channel = Channel.SMS
    closing: str = ""
    """What a call says when no key was pressed."""
    subject: str = ""
    """Of a mail."""


class FailureClass(StrEnum):
    """Why a provider refused or lost a text (trial.md §4); `unlisted` is a failure with a path as well."""

    NUMBER = "number"
    CONSENT = "consent"
    CONFIGURATION = "configuration"
    CONTENT = "content"
    TRANSIENT = "transient"
    UNLISTED = "unlisted"


class Accepted(Struct, frozen=True, tag=True):
    """The provider has it: `provider_id` is its name for the message."""

    provider_id: str


class Refused(Struct, frozen=True, tag=True):
    """The provider answered no. `code` is its error code (0 when it gave none, or none that is a number).

    `reason` is its code where that is a word ("isv.AMOUNT_NOT_ENOUGH"); it names nobody.
    """

    failure: FailureClass
    code: int
    reason: str = ""


class Unknown(Struct, frozen=True, tag=True):
    """The answer was lost: the text may or may not be on its way. Reconciled before any repeat."""

    reason: str


SendOutcome = Accepted | Refused | Unknown


ReceiptEvent = Literal["accepted", "delivered", "failed"]

_EVENTS: dict[str, ReceiptEvent] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""The words of receipts that are kept. A provider whose receipts have no such word gives "delivered" or "failed"."""

KEY_PRESSED = "key-pressed"
"""Our own word for a call in which a person has answered with a key."""

_OF_CALLS: dict[str, ReceiptEvent] = {
    "initiated": "accepted",
    "ringing": "accepted",
    "in-progress": "accepted",
    KEY_PRESSED: "delivered",
    # A voice mailbox completes a call as a person does who hangs up: neither has been reached.
    "completed": "failed",
    "busy": "failed",
    "no-answer": "failed",
}
"""The further words of calls; `queued`, `failed` and `canceled` mean what they do of a text."""


def receipt_event(status: str) -> ReceiptEvent | None:
    """Return what the status of a receipt means for the text or the call; None for one unknown to us.

    "sent" is the carrier's word, not the phone's, and "undelivered" is a failure (cases.md, 1). A call has reached
    somebody when a key was pressed, and by nothing else.
    """
    return _EVENTS.get(status) or _OF_CALLS.get(status)


class Receipt(Struct, frozen=True, kw_only=True):
    """What a provider reports later about a text it accepted. `status` is a word that `receipt_event` reads."""

    attempt_id: UUID
    provider_id: str
    status: str
    code: int = 0
    """0 when there is none."""
    failure: FailureClass | None = None
    """Why the text was lost; None when the provider gives no reason."""
    reason: str = ""
    """The provider's code where that is a word, as in `Refused`."""

    @property
    def event(self) -> ReceiptEvent | None:
        """What it means for the text."""
        return receipt_event(self.status)


class LookupFailedError(Exception):
    """The provider could not be asked: the text is neither found nor known to be absent. Ask again later."""


class Gateway(Protocol):
    """A provider. Implementations never retry by themselves and bound every call in time."""

    @property
    def channels(self) -> frozenset[Channel]:
        """What it can send by."""
        ...

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one text over, once."""
        ...

    async def find(self, sms: OutboundSms, since: datetime) -> Accepted | None:
        """Look for a text whose answer was lost, of this recipient and time; None if the provider has none.

        Raises LookupFailedError when the provider does not answer: that is no reason to send again.
        """
        ...

    async def status(self, sms: OutboundSms, provider_id: str) -> Receipt | None:
        """Ask for the receipt of an accepted text; None while nothing final is known.

        Raises LookupFailedError when the provider does not answer.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
