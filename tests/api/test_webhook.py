"""What the provider reports: believed only when signed, and right whenever it comes and however often."""

from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from domain.records.rows import transaction
from notifications.emulator.callbacks import sign
from tests.support.clinic import Clinic
from tests.support.problems import pointers, refused

PATH = "/webhooks/twilio/status"


class Provider:
    """The provider's side of one text to Bob, whose receipts this test sends itself."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.text = clinic.emulator.messages[-1]
        self.query = urlsplit(self.text.callback_url or "").query
        self._before = Counter(clinic.rung())

    @property
    def attempt_id(self) -> str:
        return self.query.removeprefix("attempt=")

    def rung_since(self) -> dict[str, int]:
        """Who was rung after this text, and how often."""
        return dict(Counter(self.clinic.rung()) - self._before)

    def form(self, status: str, **more: str) -> dict[str, str]:
        return {"MessageSid": self.text.sid, "MessageStatus": status, "To": self.text.to, **more}

    async def post(
        self, form: Mapping[str, str], *, query: str | None = None, signature: str | None = None
    ) -> httpx.Response:
        """Post a callback; signed by the provider's rule for this address unless a signature is given."""
        asked = self.query if query is None else query
        place = f"{PATH}?{asked}" if asked else PATH
        genuine = sign(self.clinic.settings.twilio_auth_token, self.clinic.settings.public_url + place, form)
        headers = {"X-Twilio-Signature": genuine if signature is None else signature}
        return await self.clinic.http.post(place, data=dict(form), headers=headers)

    async def tell(self, *statuses: str) -> None:
        for status in statuses:
            more = {"ErrorCode": "30003"} if status in {"failed", "undelivered"} else {}
            assert (await self.post(self.form(status, **more))).status_code == 204

    async def states(self) -> tuple[str, str, int]:
        """The message's state, the attempt's last receipt, and the step the alert rings next."""
        async with transaction(self.clinic.trial.pool) as connection:
            row = await connection.fetchrow(
                """
                select messages.state, receipt, alerts.step from attempts
                join messages on messages.id = message_id join alerts on alerts.id = alert_id
                where attempts.id = $1
                """,
                self.attempt_id,
            )
        assert row is not None
        return row["state"], row["receipt"], row["step"]


async def page_bob(clinic: Clinic, fault: str) -> Provider:
    """Let a new participant's emergency ring Bob, through a provider with one fault."""
    _, caregiver = await clinic.lin()
    clinic.fault(fault)
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    clinic.emulator.script()
    return Provider(clinic)


@pytest.fixture
async def provider(ward: Clinic) -> Provider:
    """A text that the provider took for Bob, about which it has said nothing more."""
    provider = await page_bob(ward, "no-receipt")
    assert await provider.states() == ("accepted", "", 1)
    return provider


async def test_a_genuine_receipt_is_believed(provider: Provider) -> None:
    await provider.tell("delivered")
    assert await provider.states() == ("delivered", "delivered", 1)


async def test_what_is_not_signed_by_the_provider_is_refused_and_changes_nothing(provider: Provider) -> None:
    clinic, form = provider.clinic, provider.form("undelivered", ErrorCode="30003")
    token, public = clinic.settings.twilio_auth_token, clinic.settings.public_url
    place = f"{PATH}?{provider.query}"
    before, states = await clinic.everything(), await provider.states()
    forgeries = {
        "another token": sign("another", public + place, form),
        "another host": sign(token, "https://attacker.example" + place, form),
        "another scheme": sign(token, public.replace("http", "https") + place, form),
        "another path": sign(token, public + "/webhooks/twilio/inbound?" + provider.query, form),
        "another attempt": sign(token, f"{public}{PATH}?attempt={uuid4()}", form),
        "another status": sign(token, public + place, {**form, "MessageStatus": "sent"}),
        "a field less": sign(token, public + place, {**form, "Extra": "1"}),
        "words": "let me in",
        "nothing": "",
    }
    for signature in forgeries.values():
        refused(await provider.post(form, signature=signature), 403, "webhook.signature")
    refused(await clinic.http.post(place, data=form), 403, "webhook.signature")
    refused(await clinic.http.post(place, content=b"\xff\x00"), 403, "webhook.signature")
    assert await clinic.everything() == before
    assert await provider.states() == states


PROXIES = {
    "another host": {"Host": "attacker.example"},
    "another host and scheme": {"Host": "attacker.example", "X-Forwarded-Proto": "https"},
    "a forwarded host": {"X-Forwarded-Host": "attacker.example", "X-Forwarded-Proto": "https"},
    "the host within": {"Host": "10.0.0.7:8000", "X-Forwarded-For": "203.0.113.9"},
}
"""What a caller, or a proxy that is set up wrongly, says of where the request went (cases.md 13)."""


@pytest.mark.parametrize("said", PROXIES.values(), ids=PROXIES)
async def test_what_the_request_says_of_its_address_does_not_decide_what_was_signed(
    provider: Provider, said: dict[str, str]
) -> None:
    clinic, form = provider.clinic, provider.form("undelivered")
    token, place = clinic.settings.twilio_auth_token, f"{PATH}?{provider.query}"
    for scheme in ("http", "https"):
        for host in ("attacker.example", "10.0.0.7:8000"):
            signed = {**said, "X-Twilio-Signature": sign(token, f"{scheme}://{host}{place}", form)}
            refused(await clinic.http.post(place, data=form, headers=signed), 403, "webhook.signature")
    assert await provider.states() == ("accepted", "", 1)


@pytest.mark.parametrize("said", PROXIES.values(), ids=PROXIES)
async def test_a_genuine_callback_is_believed_whatever_a_proxy_made_of_its_address(
    provider: Provider, said: dict[str, str]
) -> None:
    clinic, form = provider.clinic, provider.form("delivered")
    place = f"{PATH}?{provider.query}"
    genuine = sign(clinic.settings.twilio_auth_token, clinic.settings.public_url + place, form)
    answer = await clinic.http.post(place, data=form, headers={**said, "X-Twilio-Signature": genuine})
    assert answer.status_code == 204
    assert await provider.states() == ("delivered", "delivered", 1)


async def test_an_attempt_that_was_never_made_is_not_found(provider: Provider) -> None:
    form, before = provider.form("delivered"), await provider.clinic.everything()
    refused(await provider.post(form, query=f"attempt={uuid4()}"), 404, "not-found")
    assert await provider.clinic.everything() == before


@pytest.mark.parametrize("query", ["attempt=1", "attempt=", "", "other=1"])
async def test_a_signed_callback_without_an_attempt_is_refused(provider: Provider, query: str) -> None:
    refused(await provider.post(provider.form("delivered"), query=query), 400, "query.invalid")


@pytest.mark.parametrize(
    "form", [{}, {"MessageSid": "SM1"}, {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "x"}]
)
async def test_a_signed_callback_that_cannot_be_read_is_refused(
    provider: Provider, form: dict[str, str]
) -> None:
    before = await provider.clinic.everything()
    assert pointers(refused(await provider.post(form), 422, "body.invalid")) == []
    assert await provider.clinic.everything() == before


async def test_a_status_nobody_knows_yet_is_taken_and_decides_nothing(provider: Provider) -> None:
    await provider.tell("teleported")
    assert (await provider.states())[0] == "accepted"


async def test_a_receipt_twice_counts_once(provider: Provider) -> None:
    await provider.tell("delivered")
    before = await provider.clinic.everything()
    await provider.tell("delivered", "delivered")
    assert await provider.clinic.everything() == before
    assert await provider.states() == ("delivered", "delivered", 1)


async def test_sent_after_delivered_takes_nothing_back(provider: Provider) -> None:
    await provider.tell("delivered", "sent", "queued")
    assert await provider.states() == ("delivered", "delivered", 1)


async def test_delivered_after_failed_is_delivered_although_the_next_was_rung(provider: Provider) -> None:
    await provider.tell("undelivered")
    assert (await provider.states())[:2] == ("failed", "undelivered")
    await provider.clinic.settle()
    assert provider.rung_since() == {"Dana": 1}
    await provider.tell("delivered")
    assert (await provider.states())[:2] == ("delivered", "delivered")


async def test_failed_after_delivered_rings_nobody_else(provider: Provider) -> None:
    await provider.tell("delivered", "failed")
    await provider.clinic.settle()
    assert (await provider.states())[0] == "delivered"
    assert provider.rung_since() == {}


@pytest.mark.parametrize("status", ["undelivered", "failed", "canceled"])
async def test_a_failed_text_rings_the_next_person_at_once(provider: Provider, status: str) -> None:
    await provider.tell(status)
    await provider.clinic.settle()
    assert provider.rung_since() == {"Dana": 1}


async def test_a_receipt_after_the_alert_was_taken_is_noted_and_rings_nobody(provider: Provider) -> None:
    clinic = provider.clinic
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert}/acknowledgements")
    await provider.tell("undelivered")
    await clinic.settle()
    assert provider.rung_since() == {}
    shown = (await bob.get(f"/v1/alerts/{alert}")).json()
    assert (shown["state"], shown["messages"][0]["state"]) == ("acknowledged", "failed")
    assert shown["messages"][0]["attempts"][0]["receipt"] == "undelivered"


@pytest.mark.parametrize(
    ("told", "state"), [("queued", "accepted"), ("delivered", "delivered"), ("undelivered", "failed")]
)
async def test_a_receipt_that_comes_while_the_call_is_still_out_is_kept(
    provider: Provider, told: str, state: str
) -> None:
    async with transaction(provider.clinic.trial.pool) as connection:
        message_id = await connection.fetchval(
            "update attempts set outcome = '', provider_id = '' where id = $1 returning message_id",
            provider.attempt_id,
        )
        await connection.execute(
            "update messages set state = 'sending', accepted_at = null where id = $1", message_id
        )
    await provider.tell(told)
    assert (await provider.states())[:2] == (state, told)


async def test_receipts_that_all_come_before_the_answer_of_the_call_are_kept(ward: Clinic) -> None:
    provider = await page_bob(ward, "receipt-first")
    assert (await provider.states())[:2] == ("delivered", "delivered")
    async with transaction(ward.trial.pool) as connection:
        row = await connection.fetchrow(
            "select outcome, provider_id from attempts where id = $1", provider.attempt_id
        )
    assert row is not None
    assert (row["outcome"], row["provider_id"]) == ("accepted", provider.text.sid)
    assert ward.emulator.given_up == 0


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
async def test_the_providers_own_disorder_ends_in_delivered(ward: Clinic, fault: str) -> None:
    provider = await page_bob(ward, fault)
    assert (await provider.states())[:2] == ("delivered", "delivered")
    assert provider.rung_since() == {}
