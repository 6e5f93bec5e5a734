"""What Dysms says of texts: its codes as classes of failure, and the reports that it pushes."""

import re
from uuid import UUID

import msgspec
from msgspec import Struct

from notifications.gateway import FailureClass, Receipt

_CODES: dict[FailureClass, tuple[str, ...]] = {
    FailureClass.NUMBER: ("isv.MOBILE_NUMBER_ILLEGAL",),
    FailureClass.CONFIGURATION: (
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.ACCOUNT_ABNORMAL",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isv.PRODUCT_UNSUBSCRIBE",
        # The account's own daily or monthly ceiling, set in its console: no wait of ours lifts it.
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.DENY_IP_RANGE",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.EXTEND_CODE_ERROR",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.SIGN_STATE_ILLEGAL",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
        "isv.SMS_SIGN_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isp.RAM_PERMISSION_DENY",
        "Forbidden.RAM",
        "InvalidAccessKeyId.Inactive",
        "InvalidAccessKeyId.NotFound",
        "InvalidTimeStamp.Expired",
        "SignatureDoesNotMatch",
    ),
    FailureClass.CONTENT: (
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.SMS_CONTENT_ILLEGAL",
    ),
    FailureClass.TRANSIENT: ("Throttling", "Throttling.Api", "Throttling.User"),
    # One number has had its texts for a minute, an hour or a day: seconds do not help, another way to it does.
    FailureClass.UNLISTED: ("isv.BUSINESS_LIMIT_CONTROL",),
}
"""The provider's "API error codes" for mainland China; what carriers say in reports is too many words to know."""

_CLASS_OF = {code: failure for failure, codes in _CODES.items() for code in codes}

LEFT_OPEN = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isp.UNKNOWN", "InternalError"})
"""The provider's own trouble: it does not say whether the text is on its way."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def classify(code: str) -> FailureClass:
    """Return the class of a provider's code; any code not listed is UNLISTED."""
    return _CLASS_OF.get(code, FailureClass.UNLISTED)


def plain(code: object) -> str:
    """Return a code as it may be kept and logged; empty where it looks like no code: it might name somebody."""
    return code if isinstance(code, str) and _PLAIN.fullmatch(code) else ""


def receipt_of(attempt: UUID, biz_id: str, code: str, *, delivered: bool) -> Receipt:
    """Return a final receipt. The provider has no word for what became of a text, so ours are kept."""
    if delivered:
        return Receipt(attempt_id=attempt, provider_id=biz_id, status="delivered")
    return Receipt(
        attempt_id=attempt, provider_id=biz_id, status="failed", failure=classify(code), reason=plain(code)
    )


class MalformedReportsError(ValueError):
    """What was pushed is no list of reports."""


class Reports(Struct, frozen=True):
    """What one push tells: the receipts for attempts of ours, and how many of its items are none."""

    receipts: tuple[Receipt, ...]
    strangers: int


class _Item(Struct, frozen=True):
    """One report, "SmsReport" of the provider's documentation; the phone number in it is not read."""

    success: bool
    biz_id: str
    out_id: UUID
    err_code: str = ""


def parse_reports(body: bytes) -> Reports:
    """Return what a push tells. Raises MalformedReportsError when it is no JSON array.

    An item that is none of ours, or cannot be read, hides no other: an account may have more senders than us.
    """
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise MalformedReportsError("the reports are no JSON array") from None
    receipts = tuple(filter(None, map(_receipt, items)))
    return Reports(receipts, len(items) - len(receipts))


def _receipt(item: msgspec.Raw) -> Receipt | None:
    try:
        read = msgspec.json.decode(item, type=_Item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return receipt_of(read.out_id, read.biz_id, read.err_code, delivered=read.success)
