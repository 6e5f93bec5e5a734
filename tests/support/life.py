"""The life of an alert, act by act, as staff do it from the work list."""

from typing import Any

import httpx

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.proof import keys_of, proof
from tests.support.watch import EMERGENCY

Json = Any


async def ringing(clinic: Clinic) -> tuple[Person, str]:
    """Lin's caregiver has reported an emergency and Bob is rung: the caregiver, and the id of the alert."""
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetchval("select id from alerts order by opened_at desc limit 1")
    return caregiver, str(found)


async def act(person: Person, alert_id: str, name: str, body: Json = None) -> httpx.Response:
    """Do something about an alert: `declines`, `contacts` and so on. A resolution is signed as the alert stands."""
    if name == "resolution":
        body = {**await signed(person, alert_id), **body}
    return await person.post(f"/v1/alerts/{alert_id}/{name}", body)


async def signed(person: Person, alert_id: str) -> dict[str, Json]:
    """What makes a resolution a signature: the version as she reads it now, and a fresh proof of who she is.

    Whoever is none of the cast may not sign here at all, and proves nothing.
    """
    seen = await person.get(f"/v1/alerts/{alert_id}")
    nobodys = {"password": "none", "totp": "000000"}
    return {
        "version": seen.json().get("version", "0" * 64),
        "proof": await proof(person.clinic, keys_of(person.name)) if person.name else nobodys,
    }


async def done(person: Person, alert_id: str, name: str, body: Json = None) -> Json:
    """As `act`, and it must be done now."""
    answer = await act(person, alert_id, name, body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(person: Person, alert_id: str) -> Json:
    """The alert with its timeline."""
    answer = await person.get(f"/v1/alerts/{alert_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def reached(person: Person, alert_id: str, outcome: str = "spoke-with-caregiver") -> None:
    """Take it and record the contact."""
    await done(person, alert_id, "acknowledgements")
    await done(person, alert_id, "contacts", {"outcome": outcome})


async def put_away(person: Person, alert_id: str, disposition: str = "admitted", **more: str) -> Json:
    """Take it, reach the patient, and put it away."""
    await reached(person, alert_id)
    return await done(person, alert_id, "resolution", {"disposition": disposition, **more})


def acts_of(alert: Json) -> list[tuple[str, str]]:
    """Who did what, oldest first."""
    return [(each["staff"], each["act"]) for each in alert["acts"]]
