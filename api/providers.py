"""The providers that the settings name, ready to be asked."""

from collections.abc import Mapping

from api.settings import Settings
from api.webhooks import CALL_STATUS_PATH, KEYPAD_PATH, STATUS_PATH
from notifications.dysms_account import DysmsAccount
from notifications.gateway import Gateway
from notifications.mail import MailAccount, MailGateway
from notifications.trial import Clock
from notifications.twilio import TwilioAccount, TwilioGateway, TwilioVoice

CALL_TIMEOUT_SECONDS = 10.0
"""A call to the provider ends by then, with an answer or as unknown."""


def gateways(settings: Settings, now: Clock) -> Mapping[str, Gateway]:
    """Return every provider that is set up, by name; `now` is trial time, by which a sandbox dates its texts."""
    found: dict[str, Gateway | None] = {
        "twilio": TwilioGateway(twilio_account(settings)),
        "dysms": dysms_gateway(settings, now),
        "smtp": mail_gateway(settings),
    }
    return {name: gateway for name, gateway in found.items() if gateway is not None}


def mail_gateway(settings: Settings) -> MailGateway | None:
    """Return the mail server; None where none is set up."""
    if settings.mail is None:
        return None
    account = MailAccount(server=settings.mail, sender=settings.mail_from, call_timeout=CALL_TIMEOUT_SECONDS)
    return MailGateway(account)


def twilio_account(settings: Settings) -> TwilioAccount:
    """Return how to reach the provider."""
    return TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_sender,
        api_base_url=settings.twilio_api_base_url,
        callback_url=f"{settings.public_url}{STATUS_PATH}",
        call_timeout=CALL_TIMEOUT_SECONDS,
        voice=_voice(settings),
    )


def _voice(settings: Settings) -> TwilioVoice | None:
    if not settings.twilio_voice_sender:
        return None
    return TwilioVoice(
        sender=settings.twilio_voice_sender,
        status_url=f"{settings.public_url}{CALL_STATUS_PATH}",
        keypad_url=f"{settings.public_url}{KEYPAD_PATH}",
    )


def dysms_account(settings: Settings) -> DysmsAccount | None:
    """Return how to reach the second provider; None where there is none."""
    known = settings.dysms
    if known is None:
        return None
    return DysmsAccount(
        access_key_id=known.access_key_id,
        access_key_secret=known.access_key_secret,
        sign_name=known.sign_name,
        templates=known.templates,
        endpoint=known.endpoint,
        call_timeout=CALL_TIMEOUT_SECONDS,
    )


def dysms_gateway(settings: Settings, now: Clock) -> Gateway | None:
    """Return the second provider, which dates texts by `now`; None where there is none."""
    account = dysms_account(settings)
    if account is None:
        return None
    from notifications.dysms import DysmsGateway  # noqa: PLC0415 - its library costs a start 0.1 s and 20 MiB

    return DysmsGateway(account, now)
