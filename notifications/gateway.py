"""What Nightbell asks of a provider, and the outcomes of asking (design.md, rule 5)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct


class OutboundSms(Struct, frozen=True, kw_only=True):
    """One text to hand over. `to` is E.164; `body` is final; `valid_for` bounds how late it may arrive."""

    attempt_id: UUID
    to: str
    body: str
    valid_for: timedelta


class FailureClass(StrEnum):
    """Why a provider refused or lost a text (trial.md §4); `unlisted` is a failure with a path as well."""

    NUMBER = "number"
    CONSENT = "consent"
    CONFIGURATION = "configuration"
    CONTENT = "content"
    TRANSIENT = "transient"
    UNLISTED = "unlisted"


_CODES: dict[FailureClass, tuple[int, ...]] = {
    FailureClass.NUMBER: (21211, 21614, 21635, 30005, 30006),
    FailureClass.CONSENT: (21610,),
    FailureClass.CONFIGURATION: (20003, 21212, 21408, 21606, 60220, 30042),
    FailureClass.CONTENT: (30007,),
    FailureClass.TRANSIENT: (20429, 20500, 20503, 21611, 30001, 30003, 30008, 30500),
}

_CLASS_OF = {code: failure for failure, codes in _CODES.items() for code in codes}


def classify(code: int) -> FailureClass:
    """Return the class of a provider's error code (trial.md §4); any code not listed there is UNLISTED."""
    return _CLASS_OF.get(code, FailureClass.UNLISTED)


class Accepted(Struct, frozen=True, tag=True):
    """The provider has it: `provider_id` is its name for the message."""

    provider_id: str


class Refused(Struct, frozen=True, tag=True):
    """The provider answered no. `code` is its error code (0 when it gave none)."""

    failure: FailureClass
    code: int


class Unknown(Struct, frozen=True, tag=True):
    """The answer was lost: the text may or may not be on its way. Reconciled before any repeat."""

    reason: str


SendOutcome = Accepted | Refused | Unknown


class Receipt(Struct, frozen=True, kw_only=True):
    """What a provider reports later about a text it accepted. `status` is the provider's word."""

    attempt_id: UUID
    provider_id: str
    status: str
    code: int
    """0 when there is none."""


class LookupFailedError(Exception):
    """The provider could not be asked: the text is neither found nor known to be absent. Ask again later."""


class Gateway(Protocol):
    """A provider of SMS. Implementations never retry by themselves and bound every call in time."""

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one text over, once."""
        ...

    async def find(self, sms: OutboundSms, since: datetime) -> Accepted | None:
        """Look for a text whose answer was lost, by recipient, body and time; None if the provider has none.

        Raises LookupFailedError when the provider does not answer: that is no reason to send again.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
