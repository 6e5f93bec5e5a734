"""What a callback is checked against."""

from msgspec import Struct

STATUS_PATH = "/webhooks/twilio/status"
"""Where the provider reports what became of a text; it signs this address."""


class ProviderKeys(Struct, frozen=True):
    """The provider's secret, and the public address it signs: configured, never taken from the request.

    `dysms_report_secret` stands in the address of the second provider's reports; empty where there is none.
    """

    auth_token: str
    public_url: str
    dysms_report_secret: str = ""
