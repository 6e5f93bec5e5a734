"""A forged or proxy-broken callback was accepted, a genuine one refused (cases.md 13): neither happens here.

The house stands behind something that ends TLS: what arrives names another host and scheme than what was signed.
"""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace

from api.app import build_app
from api.wiring import edge
from notifications.emulator import Fault, FaultKind
from notifications.emulator.callbacks import sign
from tests.support.clinic import Clinic
from tests.support.http import serve
from tests.support.phones import BOBS, give_phone
from tests.support.problems import refused
from tests.support.watch import EMERGENCY

PUBLIC = "https://bell.example.org"
STATUS, INBOUND = "/webhooks/twilio/status", "/webhooks/twilio/inbound"
CALL, KEYPAD = "/webhooks/twilio/voice/status", "/webhooks/twilio/voice/keypad"


class Behind:
    """The house behind its proxy, and Bob's phone, whose text has failed and which rings now."""

    def __init__(self, clinic: Clinic, http: httpx.AsyncClient) -> None:
        self.clinic = clinic
        self.http = http
        (call,) = clinic.emulator.switchboard.calls
        text = next(each for each in clinic.emulator.messages if each.to == BOBS)
        of_call, of_text = (f"?{(each.callback_url or '').rpartition('?')[2]}" for each in (call, text))
        self.callbacks: Mapping[str, tuple[str, dict[str, str]]] = {
            "status": (STATUS + of_text, {"MessageSid": text.sid, "MessageStatus": "sent"}),
            "call": (CALL + of_call, {"CallSid": call.sid, "CallStatus": "ringing"}),
            "keypad": (KEYPAD + of_call, {"CallSid": call.sid, "Digits": "3"}),
            "keypad, asked again": (f"{KEYPAD}{of_call}&again=1", {"CallSid": call.sid, "Digits": ""}),
            "inbound": (INBOUND, {"From": BOBS, "To": "+15005550006", "Body": "who is it?  50% + 1 & 2 = 3"}),
            "inbound in Chinese": (INBOUND, {"From": BOBS, "Body": "是谁？\n😀", "NumMedia": ""}),  # noqa: RUF001 - a text
        }

    async def post(
        self, place: str, form: Mapping[str, str], signature: str | None, **headers: str
    ) -> httpx.Response:
        """Send a callback as the proxy passes it on: over plain http, to another host, with what it adds."""
        added = {
            "Host": "10.0.0.7:8000",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "10.0.0.7",
            "X-Forwarded-Port": "8000",
            "Content-Type": "application/x-www-form-urlencoded",
            **({} if signature is None else {"X-Twilio-Signature": signature}),
            **headers,
        }
        return await self.http.post(place, content=urlencode(form).encode(), headers=added)


@pytest.fixture
async def behind(clinic: Clinic) -> AsyncIterator[Behind]:
    await give_phone(clinic, "Bob", BOBS)
    clinic.emulator.script(Fault(kind=FaultKind.UNDELIVERED, number=BOBS, code=30003, channel="sms"))
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    parts = edge(clinic.settings)
    keys = replace(parts.provider_keys, public_url=PUBLIC)
    async with (
        serve(build_app(clinic.trial, replace(parts, provider_keys=keys))) as url,
        httpx.AsyncClient(base_url=url) as http,
    ):
        yield Behind(clinic, http)


async def test_what_the_provider_has_signed_for_the_public_address_is_believed_behind_a_proxy(
    behind: Behind,
) -> None:
    for name, (place, form) in behind.callbacks.items():
        signature = sign(behind.clinic.settings.twilio_auth_token, PUBLIC + place, form)
        answer = await behind.post(place, form, signature)
        assert answer.status_code in {200, 204}, (name, answer.text)


async def test_what_is_signed_for_the_address_that_the_proxy_asks_is_refused(behind: Behind) -> None:
    before = await behind.clinic.everything()
    inside = ("http://10.0.0.7:8000", "https://10.0.0.7", str(behind.http.base_url).rstrip("/"))
    for place, form in behind.callbacks.values():
        for address in (*inside, PUBLIC.replace("https", "http")):
            signature = sign(behind.clinic.settings.twilio_auth_token, address + place, form)
            refused(await behind.post(place, form, signature), 403, "webhook.signature")
    assert await behind.clinic.everything() == before


async def test_the_name_of_the_account_is_no_signature(behind: Behind) -> None:
    """It stands in every callback and in every log of the provider: whoever has seen one knows it."""
    account = behind.clinic.settings.twilio_account_sid
    before = await behind.clinic.everything()
    for place, form in behind.callbacks.values():
        named = {**form, "AccountSid": account}
        for signature in (
            None,
            "",
            account,
            sign("", PUBLIC + place, named),
            sign(account, PUBLIC + place, named),
        ):
            refused(await behind.post(place, named, signature), 403, "webhook.signature")
        basic = httpx.BasicAuth(account, "")
        request = behind.http.build_request("POST", f"{place}", data=named)
        refused(await behind.http.send(request, auth=basic), 403, "webhook.signature")
    assert await behind.clinic.everything() == before


async def test_one_genuine_signature_is_good_for_its_own_callback_alone(behind: Behind) -> None:
    token = behind.clinic.settings.twilio_auth_token
    signed = {name: sign(token, PUBLIC + place, form) for name, (place, form) in behind.callbacks.items()}
    before = await behind.clinic.everything()
    for name, (place, form) in behind.callbacks.items():
        for other, signature in signed.items():
            if other != name:
                refused(await behind.post(place, form, signature), 403, "webhook.signature")
        refused(await behind.post(place, {**form, "Digits": "1"}, signed[name]), 403, "webhook.signature")
        asked = f"{place}{'&' if '?' in place else '?'}more=1"
        refused(await behind.post(asked, form, signed[name]), 403, "webhook.signature")
    assert await behind.clinic.everything() == before
