"""The link of a page: whoever opens it sees what rings, and answers with the PIN of whoever it was sent to.

A token is the message's own id and a keyed hash of it, 128 bits of each: nothing is stored, so nothing can be stolen or
must be written while a text is made, and a text that is sent again carries the same link.
"""

import base64
import hmac
from uuid import UUID

from domain.records.sealing import Vault

PATH = "/a"
"""Short, for it is sent by SMS (contract.md, Pages)."""

_PURPOSE = "answer-link"
_ID_BYTES = 16


def token_of(vault: Vault, message_id: UUID) -> str:
    """Return the token of a message: 43 characters, the last of which is a letter or a digit, so no phone drops it."""
    mac = vault.keyed(_PURPOSE, str(message_id))[:_ID_BYTES]
    return base64.urlsafe_b64encode(message_id.bytes + mac).decode().rstrip("=")


def message_in(vault: Vault, token: str) -> UUID | None:
    """Return the message that a token of ours is for; None for any other text."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        message_id = UUID(bytes=raw[:_ID_BYTES])
    except ValueError:
        return None
    genuine = hmac.compare_digest(token_of(vault, message_id).encode(), token.encode())
    return message_id if genuine else None


def address(public_url: str, vault: Vault, message_id: UUID) -> str:
    """Return the link of a message."""
    return f"{public_url}{PATH}/{token_of(vault, message_id)}"
