"""Bodies that are no shapes of ours: calendars, and what providers post, as far as it is read."""

from collections.abc import Mapping

from api.exchange import BODY_LIMIT
from api.openapi_schemas import Schema

_WORD: Schema = {"type": "string", "minLength": 1}
_BOUNDED: Schema = {"maxLength": BODY_LIMIT}
"""By the body that it stands in."""
_ERROR_CODE: Schema = {"type": "string", "pattern": "^[0-9]*$", "description": "Only after a failure."}


def _form(description: str, properties: Mapping[str, Schema], *required: str) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": {"type": "string"},
    }


_STATUS = "The provider's status callback; other fields of its form are signed too, and not read."

FORM_BODIES: Mapping[str, Schema] = {
    "receipt.take": _form(
        _STATUS,
        {
            "MessageSid": {**_WORD, "description": "The provider's name for the text."},
            "MessageStatus": {**_WORD, "description": "The provider's word."},
            "ErrorCode": _ERROR_CODE,
        },
        "MessageSid",
        "MessageStatus",
    ),
    "call-status.take": _form(
        _STATUS,
        {
            "CallSid": {**_WORD, "description": "The provider's name for the call."},
            "CallStatus": {**_WORD, "description": "The provider's word."},
            "ErrorCode": _ERROR_CODE,
        },
        "CallSid",
        "CallStatus",
    ),
    "keypad.answer": _form(
        "What was pressed; other fields of the provider's form are signed too, and not read.",
        {
            "CallSid": {**_WORD, "description": "The provider's name for the call."},
            "Digits": {"type": "string", "description": "The key: 1 takes the alert, 2 passes it on."},
        },
        "CallSid",
        "Digits",
    ),
    "inbound.take": _form(
        "A text; other fields of the provider's form are signed too, and not read.",
        {
            "From": {**_WORD, "description": "Who sent it, E.164."},
            "Body": {"type": "string", "description": "What it says."},
            "OptOutType": {
                "type": "string",
                "description": "`STOP` or `START`, where the provider acts on it.",
            },
        },
        "From",
        "Body",
    ),
}
"""By the name of the operation."""

OTHER_BODIES: Mapping[str, tuple[str, Schema]] = {
    "rota.import": (
        "text/calendar",
        {"description": "A calendar (RFC 5545).", "type": "string", "minLength": 1},
    ),
    "receipt.push": (
        "application/json",
        {
            "description": "`SmsReport` of the provider's documentation; what is about no text of ours is passed over.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "success": {"type": "boolean"},
                    "biz_id": {**_WORD, **_BOUNDED, "description": "The provider's name for the text."},
                    "out_id": {"type": "string", "format": "uuid", "description": "Our name for it."},
                    "err_code": {
                        "type": "string",
                        **_BOUNDED,
                        "description": "The carrier's word, after a failure.",
                    },
                },
            },
        },
    ),
}
"""By the name of the operation: the media type, and what is posted."""
