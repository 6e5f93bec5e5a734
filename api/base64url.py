"""Base64 as it stands in addresses and tokens: no plus, no slash, no padding (RFC 4648 §5, RFC 7515 §2)."""

import base64


def base64url(data: bytes) -> str:
    """Return bytes as text."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
