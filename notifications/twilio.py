"""Twilio as a provider of SMS: the only file in the repository that imports twilio.

Create has no idempotency key (trial.md §4). So every call is made once, bounded in time, and carries the
attempt's id in its callback address; an answer that was lost is `Unknown`, and `find` asks what became of it.
Nothing here logs, and no outcome or error names a recipient or a text.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import ClientConnectorError, ConnectionTimeoutError, InvalidURL, encode_basic_auth
from msgspec import Struct
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from typing_extensions import override

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

_CODES: dict[FailureClass, tuple[int, ...]] = {
    FailureClass.NUMBER: (21211, 21614, 21635, 30005, 30006),
    FailureClass.CONSENT: (21610,),
    FailureClass.CONFIGURATION: (20003, 21212, 21408, 21606, 60220, 30042),
    FailureClass.CONTENT: (30007,),
    FailureClass.TRANSIENT: (20429, 20500, 20503, 21611, 30001, 30003, 30008, 30500),
}
"""The provider's error codes (trial.md §4)."""

_CLASS_OF = {code: failure for failure, codes in _CODES.items() for code in codes}

_SHORTEST_VALIDITY, _LONGEST_VALIDITY = 1, 36_000
"""Seconds; the bounds of ValidityPeriod in the provider's public document."""

_SKEW = timedelta(minutes=1)
"""How far the provider's clock may be behind ours when `find` compares times."""

_LOOK_BACK = 200
"""How many of a number's newest texts `find` reads: far more than one number gets in the minutes it asks about."""

_LOWEST_CODE = 1_000
"""The provider's error codes have five digits; twilio-python puts the HTTP status where there was none."""

_SERVER_ERROR, _TOO_MANY, _NOT_FOUND = 500, 429, 404

_NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, InvalidURL)
"""aiohttp raises these before it has a connection, so nothing can have been sent."""


class TwilioAccount(Struct, frozen=True, kw_only=True):
    """How to reach one account.

    `sender` is an E.164 number or the sid of a messaging service ("MG…"). `api_base_url` is None for the
    provider's own host. `callback_url` is the public address of /webhooks/twilio/status. `call_timeout` is the
    longest one call may take, in seconds.
    """

    account_sid: str
    auth_token: str
    sender: str
    api_base_url: str | None
    callback_url: str
    call_timeout: float

    @override
    def __repr__(self) -> str:
        return f"TwilioAccount({self.account_sid})"


class MalformedReceiptError(ValueError):
    """A signed status callback lacks a field, or its ErrorCode is no number; the text names the fields only."""


class TwilioGateway:
    """`notifications.gateway.Gateway` over twilio-python. It belongs to the loop it is first used in."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._connected: Client | None = None

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one text over, once, within `call_timeout` seconds; never raises for what the provider does."""
        try:
            async with asyncio.timeout(self._account.call_timeout):
                made = await self._client().messages.create_async(**_request(self._account, sms))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the text may be on its way
            return _outcome(error)
        return Accepted(made.sid) if made.sid else Unknown("answer without a sid")

    async def find(self, sms: OutboundSms, since: datetime) -> Accepted | None:
        """Return the newest text to this recipient with exactly this body, created at `since` or later.

        A text the provider itself calls failed is not found. Raises LookupFailedError when it does not answer.
        """
        try:
            async with asyncio.timeout(self._account.call_timeout):
                # No DateSent filter: a text that is still queued has no such date and would be missed.
                texts = await self._client().messages.list_async(to=sms.to, limit=_LOOK_BACK)
        except Exception as error:  # noqa: BLE001 - the error's own words may quote numbers and texts
            trouble = _reason(error)
        else:
            return _newest_match(texts, sms.body, since - _SKEW)
        raise LookupFailedError(trouble)

    async def status(self, sms: OutboundSms, provider_id: str) -> Receipt | None:
        """Return what became of an accepted text, once it was delivered or lost; None before.

        A text that the provider does not know is no receipt either. Raises LookupFailedError when it does not answer.
        """
        try:
            async with asyncio.timeout(self._account.call_timeout):
                text = await self._client().messages(provider_id).fetch_async()
            receipt = _receipt(sms.attempt_id, provider_id, text.status, _number(text.error_code))
        except Exception as error:  # noqa: BLE001 - the error's own words may quote numbers and texts
            if isinstance(error, TwilioRestException) and error.status == _NOT_FOUND:
                return None
            trouble = _reason(error)
        else:
            return receipt if receipt.event in {"delivered", "failed"} else None
        raise LookupFailedError(trouble)

    async def close(self) -> None:
        """Release connections. The next call opens new ones."""
        client, self._connected = self._connected, None
        if client is not None:
            await client.http_client.close()

    def _client(self) -> Client:
        """Return the client, built at first use because aiohttp wants the running loop."""
        if self._connected is None:
            self._connected = _connect(self._account)
        return self._connected


def parse_status(form: Mapping[str, str], attempt: UUID) -> Receipt:
    """Return the receipt in a status callback's form. Raises MalformedReceiptError naming every bad field."""
    code = form.get("ErrorCode") or "0"
    wrong = [name for name in ("MessageSid", "MessageStatus") if not form.get(name)]
    if not (code.isascii() and code.isdigit()):
        wrong.append("ErrorCode")
    if wrong:
        raise MalformedReceiptError(f"status callback with bad {', '.join(wrong)}")
    return _receipt(attempt, form["MessageSid"], form["MessageStatus"], int(code))


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


def _newest_match(texts: list[Any], body: str, earliest: datetime) -> Accepted | None:
    for text in texts:
        alive = receipt_event(text.status) != "failed"
        if alive and text.body == body and text.date_created is not None and text.date_created >= earliest:
            return Accepted(text.sid)
    return None


def _outcome(error: Exception) -> SendOutcome:
    if isinstance(error, _NEVER_LEFT):
        return Refused(FailureClass.TRANSIENT, 0)
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return _answer(_number(error.status), _number(error.code))
    return Unknown(_reason(error))


def _answer(status: int, code: int) -> SendOutcome:
    if status >= _SERVER_ERROR:
        return Unknown(f"HTTP {status}")
    listed = code if code >= _LOWEST_CODE else 0
    return Refused(FailureClass.TRANSIENT if status == _TOO_MANY else _class_of(listed), listed)


def _receipt(attempt: UUID, sid: str, status: str, code: int) -> Receipt:
    failure = _class_of(code) if code else None
    return Receipt(attempt_id=attempt, provider_id=sid, status=status, code=code, failure=failure)


def _class_of(code: int) -> FailureClass:
    return _CLASS_OF.get(code, FailureClass.UNLISTED)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _reason(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__
