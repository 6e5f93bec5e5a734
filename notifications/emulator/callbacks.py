"""Status callbacks as the provider posts them: signed, and tried again for a short while.

The signature is computed here by the published rule and not with twilio's own code, so that it and the validator
in `notifications/twilio.py` check each other.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession
from yarl import URL

from notifications.emulator.messages import API_VERSION, Message

_WAITS = (0.05, 0.2, 0.5)
"""Seconds before each further try."""

_SERVER_ERROR, _BAD = 500, 400


def fields(message: Message, status: str) -> dict[str, str]:
    """Return the form of one status callback; ErrorCode only with a status that is a failure."""
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender or "",
        "To": message.to,
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if message.code and status in ("undelivered", "failed"):
        form["ErrorCode"] = str(message.code)
    return form


def sign(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Return X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and the form's names and values, by name."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


async def post(session: ClientSession, url: str, form: Mapping[str, str], auth_token: str) -> bool:
    """Post one callback until it is taken; False when it was refused or the tries are used up."""
    headers = {"X-Twilio-Signature": sign(auth_token, url, form)}
    for wait in (0.0, *_WAITS):
        await asyncio.sleep(wait)
        status = await _try(session, url, form, headers)
        if status < _SERVER_ERROR:
            return status < _BAD
    return False


async def ask(session: ClientSession, url: str, form: Mapping[str, str], auth_token: str) -> tuple[int, str]:
    """Post a form once, as for a key or a text from a phone; return status and body of the answer, 599 for none."""
    headers = {"X-Twilio-Signature": sign(auth_token, url, form)}
    try:
        async with session.post(URL(url, encoded=True), data=form, headers=headers) as response:
            return response.status, await response.text()
    except (ClientError, TimeoutError):
        return 599, ""


async def _try(session: ClientSession, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
    """Return the status of the answer; 599 when there was none."""
    try:
        # `encoded`: what is posted must be the very text that was signed.
        async with session.post(
            URL(url, encoded=True), data=form, headers=headers, allow_redirects=False
        ) as response:
            return response.status
    except (ClientError, TimeoutError):
        return 599
