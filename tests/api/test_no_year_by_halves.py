"""Whatever breaks in a write of a participant's year, nothing of it is left, and it can be sent again."""

from uuid import uuid4

import pytest

from domain.records import accounts, participants, plans, reminders, sessions, sites
from tests.support.broken import Act, Send, Spot, breaks_whole
from tests.support.calendars import FEED, address
from tests.support.clinic import Clinic, Person
from tests.support.desk import choose, correct, end, invite, path_of, visit
from tests.support.sites import close_on, home
from tests.support.year import consent, days, record_visit, today


async def correcting(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin(days=8)
    await record_visit(alice, lin, 1, action="complete", completedOn=today(ward).isoformat())
    return lambda: correct(alice, lin, today(ward) - days(9))


async def ending(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin()
    await invite(alice, lin)
    return lambda: end(alice, lin, today(ward))


async def moving(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin(days=8)
    change = {"action": "reschedule", "targetDate": (today(ward) + days(1)).isoformat(), "reason": "snow"}
    return lambda: visit(alice, lin, 1, **change)


async def consenting(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    body = {"phone": "+8619900000177", "consentedOn": today(ward).isoformat()}
    return lambda: alice.put(f"{path_of(lin)}/sms-consents/participant", body)


async def falling_ill(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin()
    body = {"complication": "sepsis", "occurredOn": today(ward).isoformat()}
    return lambda: alice.post(f"{path_of(lin)}/complications", body)


async def closing(ward: Clinic, alice: Person) -> Send:
    site, day = await home(ward), today(ward) + days(30)
    await close_on(alice, site.id)
    return lambda: close_on(alice, site.id, day)


async def choosing(ward: Clinic, _: Person) -> Send:
    lin, _caregiver = await ward.lin()
    return lambda: choose(lin, reminderHour=12)


async def publishing(ward: Clinic, _: Person) -> Send:
    lin, _caregiver = await ward.lin()
    await address(lin)
    return lambda: lin.post(FEED)


async def telling(ward: Clinic, _: Person) -> Send:
    lin, _caregiver = await ward.lin()
    receipt = {"reminderId": str(uuid4()), "event": "shown", "at": ward.trial.now().isoformat()}
    return lambda: lin.post("/v1/me/reminder-receipts", {"planVersion": 1, "receipts": [receipt]})


ACTS: dict[str, tuple[Act, Spot]] = {
    "an old plan without a new one": (correcting, Spot(plans, "close")),
    "a new plan without what was done": (correcting, Spot(plans, "insert")),
    "a correction whose answer broke": (correcting, Spot(participants, "complications")),
    "an end without a signed-out phone": (ending, Spot(participants, "update")),
    "an end without a closed plan": (ending, Spot(plans, "close")),
    "an end with a code that still opens": (ending, Spot(sessions, "update")),
    "another day of a visit": (moving, Spot(plans, "insert_record")),
    "another day that no reminder heard of": (moving, Spot(plans, "look_now")),
    "a consent taken back without the new one": (consenting, Spot(reminders, "withdraw_consent")),
    "a consent without its number": (consenting, Spot(reminders, "insert_consent")),
    "a complication": (falling_ill, Spot(participants, "insert_complication")),
    "holidays": (closing, Spot(sites, "update")),
    "holidays that no reminder heard of": (closing, Spot(plans, "look_at_site_now")),
    "a choice": (choosing, Spot(accounts, "update")),
    "a choice that no reminder heard of": (choosing, Spot(plans, "look_now")),
    "a dead calendar without a new one": (publishing, Spot(reminders, "revoke_feed")),
    "a calendar that was not shown": (publishing, Spot(reminders, "insert_feed")),
    "a plan's version without what was shown": (telling, Spot(sessions, "update")),
}


@pytest.mark.parametrize(("act", "spot"), ACTS.values(), ids=ACTS)
async def test_no_act_of_the_year_is_done_by_halves(
    ward: Clinic, alice: Person, monkeypatch: pytest.MonkeyPatch, act: Act, spot: Spot
) -> None:
    again = await act(ward, alice)
    await breaks_whole(ward, monkeypatch, again, spot)
    assert (await again()).status_code in {200, 201, 204}
