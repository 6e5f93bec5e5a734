"""A consent that is taken back counts before the next text goes out (trial.md §1; docs/privacy.md)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from notifications.emulator import Fault, FaultKind
from tests.support.clinic import Clinic, Person, open_clinic
from tests.support.desk import agree, path_of
from tests.support.watch import EMERGENCY
from tests.support.year import (
    CAREGIVERS_PHONE,
    LINS_PHONE,
    SHANGHAI,
    bodies,
    both_consent,
    days,
    reminders,
    today,
    until_clock,
)

WITHDRAWALS = {
    "her consent to SMS": "sms-consents/participant",
    "her consent to data": "consents/data",
}


@pytest.fixture
async def dawn(clinic_url: str) -> AsyncIterator[Clinic]:
    """Six in the morning at the site."""
    async with open_clinic(clinic_url) as clinic:
        tomorrow = clinic.trial.now().astimezone(SHANGHAI) + timedelta(days=1)
        await clinic.demo.sandbox.clock.move_to(tomorrow.replace(hour=6, minute=0, second=0, microsecond=0))
        yield clinic


async def queued(clinic: Clinic) -> list[str]:
    """What became of each reminder that was to be texted."""
    async with clinic.trial.pool.acquire() as connection:
        found = await connection.fetch(
            "select state from messages where account_id is not null order by created_at, id"
        )
    return [row["state"] for row in found]


async def waiting(clinic: Clinic, days_since: int = 7) -> tuple[Person, Person, Person]:
    """Lin and her caregiver agree; on the morning of a week the provider is down, and a text to Lin waits."""
    alice = await clinic.staff("Alice")
    lin, caregiver = await clinic.lin(days=days_since)
    await both_consent(alice, lin)
    clinic.emulator.script(Fault(kind=FaultKind.DOWN))
    await until_clock(clinic, today(clinic), 9, 1)
    assert bodies(clinic) == []
    return alice, lin, caregiver


@pytest.mark.parametrize("path", WITHDRAWALS.values(), ids=WITHDRAWALS.keys())
async def test_a_text_that_waits_already_is_not_sent(dawn: Clinic, path: str) -> None:
    alice, lin, _ = await waiting(dawn)
    before = await queued(dawn)
    assert [state for state in before if state not in {"delivered", "stale", "failed"}], before
    assert (await alice.call("DELETE", f"{path_of(lin)}/{path}")).status_code == 204
    dawn.emulator.script()
    await dawn.advance(hours=3)
    assert bodies(dawn) == []
    assert "stale" in await queued(dawn)


async def test_the_same_text_goes_out_when_nothing_is_taken_back(dawn: Clinic) -> None:
    await waiting(dawn)
    dawn.emulator.script()
    await dawn.advance(hours=3)
    assert len(bodies(dawn)) == 1


async def test_a_caregiver_without_consent_is_reminded_of_nothing_more(dawn: Clinic) -> None:
    alice, lin, _ = await waiting(dawn)
    await alice.call("DELETE", f"{path_of(lin)}/consents/caregiver-access")
    dawn.emulator.script()
    await until_clock(dawn, today(dawn) + days(8), 12)
    assert bodies(dawn, CAREGIVERS_PHONE) == []
    assert bodies(dawn) != []
    async with dawn.trial.pool.acquire() as connection:
        called = await connection.fetchval(
            """
            select count(*) from reminders join accounts on accounts.id = account_id
            where role = 'caregiver' and made_at > $1
            """,
            dawn.trial.now() - days(8),
        )
    assert called == 0


async def test_without_consent_to_data_nobody_is_asked_and_no_silence_is_told(dawn: Clinic) -> None:
    alice, lin, caregiver = await waiting(dawn)
    await alice.call("DELETE", f"{path_of(lin)}/consents/data")
    dawn.emulator.script()
    before = await dawn.rows("reminders"), await dawn.rows("tasks"), await dawn.rows("alerts")
    await until_clock(dawn, today(dawn) + days(15), 12)
    assert (await dawn.rows("reminders"), await dawn.rows("tasks"), await dawn.rows("alerts")) == before
    assert bodies(dawn) == bodies(dawn, CAREGIVERS_PHONE) == []
    # Whoever rings all the same is heard.
    body = dawn.submission("caregiver", EMERGENCY)
    path = "/v1/me/reports/00000000-0000-4000-8000-000000000001"
    assert (await caregiver.call("PUT", path, body, token="submissionToken")).status_code == 201
    await dawn.settle()
    assert dawn.rung() == {"Bob": 1}


async def test_who_agrees_again_is_asked_again(dawn: Clinic) -> None:
    alice, lin, _ = await waiting(dawn)
    await alice.call("DELETE", f"{path_of(lin)}/consents/data")
    await agree(alice, lin, "data", "v2")
    dawn.emulator.script()
    code = await alice.post(f"{path_of(lin)}/activation-codes", {"role": "participant"})
    again = await dawn.activate(code.json()["code"])
    await until_clock(dawn, today(dawn) + days(7), 12)
    assert (await reminders(again))["reminders"]
    assert await dawn.rows("reminders") > 0
    assert bodies(dawn, LINS_PHONE) == []
