"""The settings of a hospital's directory (OpenID Connect), which a deployment may leave out: all are there, or none."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from typing_extensions import override

from api import setting_values as written
from domain.errors import Fault

PREFIX = "NIGHTBELL_OIDC_"

SHORT_NAMES = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_REDIRECT_URL")
"""Without what every setting of Nightbell begins with."""

NAMES = tuple(f"NIGHTBELL_{name}" for name in SHORT_NAMES)

_ADDRESSES = (PREFIX + "ISSUER", PREFIX + "REDIRECT_URL")


class OidcSettings(Struct, frozen=True, kw_only=True):
    """What the operator and the directory have agreed on."""

    issuer: str
    """As the directory writes it, to the letter: what it signs is compared with it."""
    client_id: str
    client_secret: str
    redirect_url: str
    """Where the directory sends the browser back to: an address of the program that signs in, never of a request's."""

    @override
    def __repr__(self) -> str:
        return f"OidcSettings({self.issuer})"


def read_oidc(given: Mapping[str, str], mode: str) -> tuple[OidcSettings | None, tuple[Fault, ...]]:
    """Return the directory, or None where none of NAMES has a value, and every fault.

    `given` has a value for each of NAMES, empty where it is not set.
    """
    if not any(given.values()):
        return None, ()
    missing = [Fault(name, f"is required with the other {PREFIX} settings") for name in NAMES]
    unfit = [(name, _fault(given[name], mode)) for name in _ADDRESSES if given[name]]
    settings = OidcSettings(
        issuer=given[PREFIX + "ISSUER"],
        client_id=given[PREFIX + "CLIENT_ID"],
        client_secret=given[PREFIX + "CLIENT_SECRET"],
        redirect_url=given[PREFIX + "REDIRECT_URL"],
    )
    return settings, (
        *(each for each in missing if not given[each.pointer]),
        *(Fault(name, fault) for name, fault in unfit if fault),
    )


def _fault(text: str, mode: str) -> str:
    """Say what is wrong with an address (OpenID Connect Discovery 1.0 §3, RFC 6749 §3.1.2)."""
    try:
        parts = urlsplit(written.address(text))
    except ValueError as fault:
        return str(fault)
    if parts.query or parts.fragment or "@" in parts.netloc:
        return "must have no query, no fragment and no password"
    return "production needs an https address" if mode == "production" and parts.scheme != "https" else ""
