"""Twilio as a provider of SMS and voice calls: the only file in the repository that imports twilio.

Create has no idempotency key (trial.md §4). So every call is made once, bounded in time, and carries the
attempt's id in its callback address; an answer that was lost is `Unknown`, and `find` asks what became of it.
Nothing here logs, and no outcome or error names a recipient or a text.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError, InvalidURL, encode_basic_auth
from msgspec import Struct
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from typing_extensions import override

from domain.protocol.routes import Channel
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Receipt,
    Refused,
    SendOutcome,
    Unknown,
    receipt_event,
)
from notifications.twilio_words import answer, receipt
from notifications.twiml import ask

_SHORTEST_VALIDITY, _LONGEST_VALIDITY = 1, 36_000
"""Seconds; the bounds of ValidityPeriod in the provider's public document."""

_SKEW = timedelta(minutes=1)
"""How far the provider's clock may be behind ours when `find` compares times."""

_LOOK_BACK = 200
"""How many of a number's newest texts `find` reads: far more than one number gets in the minutes it asks about."""

_RING_SECONDS = 30
"""How long a phone rings, so that the end of it and what is said fit into `answer-within` of routes.toml; ours."""

_PROGRESS = ["initiated", "ringing", "answered", "completed"]
"""What of a call is reported: every end of one comes as `completed`."""

_NEVER_RANG = frozenset({"failed", "canceled"})

_NOT_FOUND = 404

_NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, InvalidURL)
"""aiohttp raises these before it has a connection, so nothing can have been sent."""


class TwilioVoice(Struct, frozen=True, kw_only=True):
    """How to make calls: the calling number (E.164), and the public addresses for statuses and for pressed keys."""

    sender: str
    status_url: str
    keypad_url: str


class TwilioAccount(Struct, frozen=True, kw_only=True):
    """How to reach one account.

    `sender` is an E.164 number or the sid of a messaging service ("MG…"). `api_base_url` is None for the
    provider's own host. `callback_url` is the public address of /webhooks/twilio/status. `call_timeout` is the
    longest one request may take, in seconds. Without `voice` it makes no calls.
    """

    account_sid: str
    auth_token: str
    sender: str
    api_base_url: str | None
    callback_url: str
    call_timeout: float
    voice: TwilioVoice | None = None

    @override
    def __repr__(self) -> str:
        return f"TwilioAccount({self.account_sid})"


class TwilioGateway:
    """`notifications.gateway.Gateway` over twilio-python. It belongs to the loop it is first used in."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._connected: Client | None = None

    @property
    def channels(self) -> frozenset[Channel]:
        """Texts, and calls where there is a number to call from."""
        return frozenset({Channel.SMS} if self._account.voice is None else {Channel.SMS, Channel.VOICE})

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one text or call over, once, within `call_timeout` seconds; never raises for what the provider does."""
        if sms.channel not in self.channels:
            return Refused(FailureClass.CONFIGURATION, 0)
        try:
            async with asyncio.timeout(self._account.call_timeout):
                made = await self._create(sms)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the text may be on its way
            return _outcome(error)
        return Accepted(made.sid) if made.sid else Unknown("answer without a sid")

    async def find(self, sms: OutboundSms, since: datetime) -> Accepted | None:
        """Return the newest text to this recipient with exactly this body, created at `since` or later.

        A text the provider itself calls failed is not found. A call carries no body: it is found where it is the only
        one from us to this number since then. Raises LookupFailedError when the provider does not answer.
        """
        try:
            async with asyncio.timeout(self._account.call_timeout):
                listed = await self._listed(sms)
        except Exception as error:  # noqa: BLE001 - the error's own words may quote numbers and texts
            trouble = _reason(error)
        else:
            new = [each for each in listed if each.date_created and each.date_created >= since - _SKEW]
            return _only_call(new) if sms.channel is Channel.VOICE else _newest_match(new, sms.body)
        raise LookupFailedError(trouble)

    async def status(self, sms: OutboundSms, provider_id: str) -> Receipt | None:
        """Return what became of an accepted text, once it was delivered or lost; None before.

        A text that the provider does not know is no receipt either. Raises LookupFailedError when it does not answer.
        """
        try:
            async with asyncio.timeout(self._account.call_timeout):
                made = await self._fetched(sms.channel, provider_id)
            code = _number(getattr(made, "error_code", None))
            told = receipt(sms.attempt_id, provider_id, made.status, code)
        except Exception as error:  # noqa: BLE001 - the error's own words may quote numbers and texts
            if isinstance(error, TwilioRestException) and error.status == _NOT_FOUND:
                return None
            trouble = _reason(error)
        else:
            return told if told.event in {"delivered", "failed"} else None
        raise LookupFailedError(trouble)

    async def close(self) -> None:
        """Release connections. The next call opens new ones."""
        client, self._connected = self._connected, None
        if client is not None:
            await client.http_client.close()

    async def _create(self, sms: OutboundSms) -> Any:
        voice = self._account.voice
        if voice is None or sms.channel is not Channel.VOICE:
            return await self._client().messages.create_async(**_request(self._account, sms))
        return await self._client().calls.create_async(**_call(voice, sms))

    async def _listed(self, sms: OutboundSms) -> list[Any]:
        voice = self._account.voice
        if voice is None or sms.channel is not Channel.VOICE:
            # No DateSent filter: a text that is still queued has no such date and would be missed.
            texts: list[Any] = await self._client().messages.list_async(to=sms.to, limit=_LOOK_BACK)
            return texts
        # Nor one by StartTime: a call that does not ring yet has none.
        calls: list[Any] = await self._client().calls.list_async(
            to=sms.to, from_=voice.sender, limit=_LOOK_BACK
        )
        return calls

    async def _fetched(self, channel: Channel, provider_id: str) -> Any:
        kept = self._client().calls if channel is Channel.VOICE else self._client().messages
        return await kept(provider_id).fetch_async()

    def _client(self) -> Client:
        """Return the client, built at first use because aiohttp wants the running loop."""
        if self._connected is None:
            self._connected = _connect(self._account)
        return self._connected


def signature_is_valid(auth_token: str, url: str, form: Mapping[str, str], signature: str | None) -> bool:
    """Tell whether `signature` (X-Twilio-Signature) was made with `auth_token` over `url` and `form`.

    `url` is our configured public address with its query, never one rebuilt from the request (cases.md, 13).
    An empty token or a missing signature is never valid.
    """
    if not auth_token or not signature:
        return False
    return bool(RequestValidator(auth_token).validate(url, form, signature))


class _Credentials:
    """A credential provider that is its own strategy.

    Given a password, twilio-python 9.13 makes an aiohttp BasicAuth, which aiohttp has deprecated: it warns at
    every call and ends with aiohttp 4.
    """

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self._header = encode_basic_auth(account_sid, auth_token)

    def to_auth_strategy(self) -> "_Credentials":
        return self

    def get_auth_string(self) -> str:
        return self._header


def _connect(account: TwilioAccount) -> Client:
    # twilio-python logs the address of every call, and a list's address holds the recipient.
    silent = logging.Logger("twilio, silenced", level=logging.CRITICAL + 1)  # noqa: LOG001 - out of configuration's reach
    client = Client(
        account.account_sid,
        credential_provider=_Credentials(account.account_sid, account.auth_token),
        http_client=AsyncTwilioHttpClient(logger=silent),
        # Without these it reads the process's environment, which could turn the calls to another host.
        environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
    )
    if account.api_base_url is not None:
        client.api.base_url = account.api_base_url
    return client


def _request(account: TwilioAccount, sms: OutboundSms) -> dict[str, Any]:
    sender = "messaging_service_sid" if account.sender.startswith("MG") else "from_"
    seconds = int(sms.valid_for.total_seconds())
    return {
        "to": sms.to,
        "body": sms.body,
        sender: account.sender,
        "status_callback": f"{account.callback_url}?attempt={sms.attempt_id}",
        "validity_period": min(max(seconds, _SHORTEST_VALIDITY), _LONGEST_VALIDITY),
        # The text is final, and `find` must meet it unchanged.
        "smart_encoded": False,
    }


def _call(voice: TwilioVoice, sms: OutboundSms) -> dict[str, Any]:
    attempt = f"?attempt={sms.attempt_id}"
    return {
        "to": sms.to,
        "from_": voice.sender,
        "twiml": ask(sms.body, sms.closing, sms.language, voice.keypad_url + attempt),
        "status_callback": voice.status_url + attempt,
        "status_callback_event": _PROGRESS,
        "timeout": max(1, min(_RING_SECONDS, int(sms.valid_for.total_seconds()))),
    }


def _newest_match(texts: list[Any], body: str) -> Accepted | None:
    for text in texts:
        if receipt_event(text.status) != "failed" and text.body == body:
            return Accepted(text.sid)
    return None


def _only_call(calls: list[Any]) -> Accepted | None:
    """Two calls to one number cannot be told apart: then this one is made again rather than never."""
    made = [each for each in calls if each.status not in _NEVER_RANG]
    return Accepted(made[0].sid) if len(made) == 1 else None


def _outcome(error: Exception) -> SendOutcome:
    if isinstance(error, _NEVER_LEFT):
        return Refused(FailureClass.TRANSIENT, 0)
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return answer(_number(error.status), _number(error.code))
    return Unknown(_reason(error))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _reason(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__
