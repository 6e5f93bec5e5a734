"""Signature version 3 (ACS3-HMAC-SHA256), computed here by the published rule and not with the library's own code."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote

_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)

_MUST_BE_SIGNED = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}


def credential(authorization: str) -> str:
    """Return whose call it says it is: the access key's id; empty when it says nothing of the kind."""
    found = _AUTHORIZATION.fullmatch(authorization)
    return found[1] if found else ""


def is_genuine(
    secret: str, method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes
) -> bool:
    """Tell whether a call carries the signature of this secret over all that decides what it does.

    `headers` are in small letters; `query` is as it stood in the address.
    """
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None or hashlib.sha256(body).hexdigest() != headers.get("x-acs-content-sha256"):
        return False
    signed = found[2].split(";")
    if not set(signed) >= _MUST_BE_SIGNED:
        return False
    asked = "\n".join(
        (
            method,
            path,
            _canonical(parse_qsl(query.decode(), keep_blank_values=True)),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in sorted(signed)),
            ";".join(sorted(signed)),
            headers["x-acs-content-sha256"],
        )
    )
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(asked.encode()).hexdigest()}"
    wanted = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, found[3])


def _canonical(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))
