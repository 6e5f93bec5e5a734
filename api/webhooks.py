"""What a callback of the provider is checked against, and what is read of it."""

from urllib.parse import parse_qsl
from uuid import UUID

from msgspec import Struct
from typing_extensions import override

from api.exchange import Request
from domain.errors import Fault, QueryInvalid, SignatureRefused
from notifications.twilio import signature_is_valid

STATUS_PATH = "/webhooks/twilio/status"
"""Where the provider reports what became of a text; it signs this address."""

INBOUND_PATH = "/webhooks/twilio/inbound"
"""Where it brings the texts that people send us."""

CALL_STATUS_PATH = "/webhooks/twilio/voice/status"
KEYPAD_PATH = "/webhooks/twilio/voice/keypad"


class ProviderKeys(Struct, frozen=True):
    """The provider's secret, and the public address it signs: configured, never taken from the request.

    `dysms_report_secret` stands in the address of the second provider's reports; empty where there is none.
    """

    auth_token: str
    public_url: str
    dysms_report_secret: str = ""

    @override
    def __repr__(self) -> str:
        return f"ProviderKeys({self.public_url})"


async def signed_form(request: Request, keys: ProviderKeys, path: str) -> dict[str, str]:
    """Return the form of a callback that the provider has signed for our public address of `path`.

    Raises SignatureRefused.
    """
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    query = request.scope["query_string"].decode("ascii", "replace")
    url = f"{keys.public_url}{path}" + (f"?{query}" if query else "")
    if not signature_is_valid(keys.auth_token, url, form, request.headers.get("x-twilio-signature")):
        raise SignatureRefused("The callback is not signed by the provider.")
    return form


def attempt_of(request: Request) -> UUID:
    """Return the attempt that a callback is about; raise QueryInvalid where its address names none.

    What the provider adds to the address is its own affair: a receipt is not lost for it.
    """
    try:
        return UUID(
            dict(parse_qsl(request.scope["query_string"].decode("ascii", "replace"))).get("attempt", "")
        )
    except ValueError:
        raise QueryInvalid(
            "The attempt is not an id.", faults=(Fault("attempt", "must be a UUID"),)
        ) from None
