"""What Twilio says, in words of ours: its error codes, its answers, its callbacks. It imports nothing of Twilio's."""

from collections.abc import Mapping
from uuid import UUID

from notifications.gateway import FailureClass, Receipt, Refused, SendOutcome, Unknown

_CODES: dict[FailureClass, tuple[int, ...]] = {
    FailureClass.NUMBER: (21211, 21614, 21635, 30005, 30006),
    FailureClass.CONSENT: (21610,),
    FailureClass.CONFIGURATION: (20003, 21212, 21408, 21606, 60220, 30042),
    FailureClass.CONTENT: (30007,),
    FailureClass.TRANSIENT: (20429, 20500, 20503, 21611, 30001, 30003, 30008, 30500),
}
"""The provider's error codes (trial.md §4)."""

_CODES_OF_CALLS: dict[FailureClass, tuple[int, ...]] = {
    FailureClass.NUMBER: (21214, 21217),
    FailureClass.CONFIGURATION: (21210, 21215, 21216, 21219),
}
"""What it refuses a call with beside these, by its public dictionary of errors: a number that cannot be reached or is
none; a caller it does not know, a country or a number that the account may not call."""

_CLASS_OF = {
    code: failure for table in (_CODES, _CODES_OF_CALLS) for failure, codes in table.items() for code in codes
}

_LOWEST_CODE = 1_000
"""The provider's error codes have five digits; twilio-python puts the HTTP status where there was none."""

_SERVER_ERROR, _TOO_MANY = 500, 429


class MalformedReceiptError(ValueError):
    """A signed status callback lacks a field, or its ErrorCode is no number; the text names the fields only."""


def parse_status(form: Mapping[str, str], attempt: UUID) -> Receipt:
    """Return the receipt in a text's status callback. Raises MalformedReceiptError naming every bad field."""
    return _parsed(form, attempt, "MessageSid", "MessageStatus")


def parse_call_status(form: Mapping[str, str], attempt: UUID) -> Receipt:
    """Return the receipt in a call's status callback. Raises MalformedReceiptError naming every bad field.

    `AnsweredBy` is not read: who has pressed no key has not been reached, whoever picked up.
    """
    return _parsed(form, attempt, "CallSid", "CallStatus")


def receipt(attempt: UUID, sid: str, status: str, code: int) -> Receipt:
    """Return a receipt, with the class of its code where it has one."""
    failure = class_of(code) if code else None
    return Receipt(attempt_id=attempt, provider_id=sid, status=status, code=code, failure=failure)


def answer(status: int, code: int) -> SendOutcome:
    """Return what an answer other than success means: an HTTP status, and the provider's code or 0."""
    if status >= _SERVER_ERROR:
        return Unknown(f"HTTP {status}")
    listed = code if code >= _LOWEST_CODE else 0
    return Refused(FailureClass.TRANSIENT if status == _TOO_MANY else class_of(listed), listed)


def class_of(code: int) -> FailureClass:
    """Return the class of an error code; a code nobody knows is a failure with a path as well."""
    return _CLASS_OF.get(code, FailureClass.UNLISTED)


def _parsed(form: Mapping[str, str], attempt: UUID, sid: str, status: str) -> Receipt:
    code = form.get("ErrorCode") or "0"
    wrong = [name for name in (sid, status) if not form.get(name)]
    if not (code.isascii() and code.isdigit()):
        wrong.append("ErrorCode")
    if wrong:
        raise MalformedReceiptError(f"status callback with bad {', '.join(wrong)}")
    return receipt(attempt, form[sid], form[status], int(code))
