"""The forms that the provider posts, as far as they are read; all of their fields are signed."""

from collections.abc import Mapping

from api.openapi_schemas import Schema

_WORD: Schema = {"type": "string", "minLength": 1}
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
