"""Two providers: by the number's country, by what a number may still get, and whichever of them works (trial.md §4)."""

from collections.abc import AsyncIterator

import pytest

from notifications.emulator import FaultKind
from tests.support.two_providers import TwoProviders, open_two
from tests.support.watch import EMERGENCY, URGENT, alert_of, page_of, take


@pytest.fixture
async def two(clinic_url: str) -> AsyncIterator[TwoProviders]:
    async with open_two(clinic_url) as running:
        yield running


async def emergency(two: TwoProviders) -> None:
    _, caregiver = await two.clinic.lin()
    await caregiver.report(EMERGENCY)
    await two.clinic.settle()


async def test_a_number_in_china_is_texted_by_the_second_provider_and_another_one_by_the_first(
    two: TwoProviders,
) -> None:
    await two.clinic.move_abroad("Dana")
    await emergency(two)
    assert (two.by_dysms(), two.by_twilio()) == ({"Bob": 1}, {})
    await two.clinic.advance(minutes=10)
    assert (two.by_dysms(), two.by_twilio()) == ({"Bob": 1}, {"Dana": 1})


async def test_a_page_through_the_second_provider_is_acknowledged_by_the_code_in_its_words(
    two: TwoProviders,
) -> None:
    _, caregiver = await two.clinic.lin()
    await caregiver.report(EMERGENCY)
    await two.clinic.settle()
    assert (await page_of(caregiver))["status"] == "delivered"
    bob = await two.clinic.staff("Bob")
    (text,) = two.dysms.phone(two.clinic.numbers["Bob"])
    assert (await alert_of(bob))["messages"][0]["code"] in text.body
    await take(bob)
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"


@pytest.mark.parametrize(
    "reason", ["isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.SMS_TEMPLATE_ILLEGAL"]
)
async def test_what_one_provider_refuses_the_other_one_sends_at_once(two: TwoProviders, reason: str) -> None:
    two.fault(FaultKind.REFUSE, reason=reason)
    await emergency(two)
    assert (two.by_dysms(), two.by_twilio()) == ({}, {"Bob": 1})
    assert await two.providers() == [("Bob", "dysms", "refused"), ("Bob", "twilio", "accepted")]


async def test_a_number_that_is_none_is_not_tried_elsewhere(two: TwoProviders) -> None:
    two.fault(FaultKind.REFUSE, "Bob", reason="isv.MOBILE_NUMBER_ILLEGAL")
    await emergency(two)
    assert (two.by_dysms(), two.by_twilio()) == ({"Dana": 1}, {})


async def test_after_three_failures_in_a_row_the_other_provider_is_asked_first_and_five_minutes_later_no_more(
    two: TwoProviders,
) -> None:
    two.fault(FaultKind.REFUSE, reason="isv.OUT_OF_SERVICE")
    for _ in range(3):
        await emergency(two)
    assert [provider for _, provider, _ in await two.providers()].count("dysms") == 3
    await emergency(two)
    assert [provider for _, provider, _ in await two.providers()].count("dysms") == 3
    assert two.by_twilio() == {"Bob": 4}
    two.dysms.script()
    await two.clinic.advance(minutes=5, seconds=1)
    await emergency(two)
    assert two.by_dysms() == {"Bob": 1}


async def test_a_number_that_has_had_its_four_texts_gets_four_more_from_the_other_provider(
    two: TwoProviders,
) -> None:
    for _ in range(9):
        await emergency(two)
    assert (two.by_dysms()["Bob"], two.by_twilio()["Bob"]) == (4, 4)
    # The ninth rang Dana at once: Bob could not be reached by SMS any more.
    assert two.by_dysms()["Dana"] == 1


async def test_what_is_no_emergency_may_spend_one_text_of_each_provider(two: TwoProviders) -> None:
    await two.clinic.advance(hours=1)
    for _ in range(3):
        _, caregiver = await two.clinic.lin()
        await caregiver.report(URGENT)
        await two.clinic.settle()
    assert (two.by_dysms(), two.by_twilio()) == ({"Bob": 1, "Dana": 1}, {"Bob": 1})


async def test_a_lost_answer_is_looked_up_where_it_was_asked_and_nothing_is_sent_twice(
    two: TwoProviders,
) -> None:
    two.fault(FaultKind.ERROR_AFTER_ACCEPT, times=1)
    await emergency(two)
    await two.clinic.advance(seconds=30)
    assert (two.by_dysms(), two.by_twilio()) == ({"Bob": 1}, {})


async def test_a_provider_that_is_down_altogether_costs_no_page(two: TwoProviders) -> None:
    two.fault(FaultKind.DOWN)
    await emergency(two)
    await two.clinic.advance(seconds=11)
    assert (two.by_dysms(), two.by_twilio()) == ({}, {"Bob": 1})
    assert (await two.clinic.http.get("/health/ready")).status_code == 200


async def test_a_site_may_prefer_the_other_order(two: TwoProviders) -> None:
    frank = await two.clinic.staff("Frank")
    site = (await frank.get("/v1/sites")).json()["sites"][0]["siteId"]
    path = f"/v1/sites/{site}/escalation-policy"
    known = await frank.get(path)
    body = {**known.json(), "providers": {"+86": ["twilio"]}}
    body = {key: body[key] for key in ("emergency", "urgent", "providers")}
    changed = await frank.call("PUT", path, body, headers={"If-Match": known.headers["etag"]})
    assert changed.status_code == 200, changed.text
    await emergency(two)
    assert (two.by_dysms(), two.by_twilio()) == ({}, {"Bob": 1})
