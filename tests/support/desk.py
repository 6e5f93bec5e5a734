"""What is done at the desk of a site and on a phone, call by call, and what the audit trail says of it afterwards."""

from datetime import date
from typing import Any

import httpx
import msgspec

from domain.people import Role, Site
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person, owner
from tests.support.sites import hire, home, open_site, register
from tests.support.year import today

Json = Any


def path_of(lin: Person) -> str:
    """Where a site finds a participant."""
    return f"/v1/participants/{lin.participant_id}"


async def correct(
    staff: Person, lin: Person, given_on: date, reason: str = "typing error", number: int = 1
) -> httpx.Response:
    """Correct the day of an administration."""
    body = {"givenOn": given_on.isoformat(), "reason": reason}
    return await staff.call("PATCH", f"{path_of(lin)}/administrations/{number}", body)


async def end(staff: Person, lin: Person, ended_on: date, reason: str = "withdrawn") -> httpx.Response:
    """End a participation."""
    return await staff.post(f"{path_of(lin)}/end", {"reason": reason, "endedOn": ended_on.isoformat()})


async def visit(staff: Person, lin: Person, week: int, **change: str) -> httpx.Response:
    """Say what becomes of a visit."""
    return await staff.put(f"{path_of(lin)}/visits/{week}", change)


async def plan_of(staff: Person, lin: Person) -> Json:
    """The whole plan, as the site reads it."""
    answer = await staff.get(f"{path_of(lin)}/schedule")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def reach_of(staff: Person, lin: Person, role: str = "participant") -> Json:
    """Whether the participant, or her caregiver, can be reminded."""
    return next(each for each in (await plan_of(staff, lin))["reach"] if each["role"] == role)


async def invite(staff: Person, lin: Person, role: str = "participant") -> str:
    """A fresh code; for a caregiver, with the participant's consent on record."""
    if role == "caregiver":
        await agree(staff, lin)
    answer = await staff.post(f"{path_of(lin)}/activation-codes", {"role": role})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def agree(
    staff: Person, lin: Person, kind: str = "caregiver-access", version: str = "v1", on: date | None = None
) -> httpx.Response:
    """The site records what she has signed."""
    body = {"version": version, "consentedOn": (on or today(staff.clinic)).isoformat()}
    return await staff.put(f"{path_of(lin)}/consents/{kind}", body)


async def second_phone(staff: Person, lin: Person, role: str = "participant") -> Person:
    """Another phone of the same account."""
    phone = await lin.clinic.activate(await invite(staff, lin, role))
    phone.participant_id = lin.participant_id
    return phone


async def choose(person: Person, **choice: str | int) -> httpx.Response:
    """Change what somebody has chosen, after reading how it is."""
    etag = (await person.get("/v1/me")).headers["etag"]
    return await person.call("PATCH", "/v1/me", choice, headers={"If-Match": etag})


async def monitor(clinic: Clinic) -> Person:
    """Somebody who may look and change nothing at the site of the cast."""
    return (await hire(clinic, "Mona", Role.MONITOR, await home(clinic))).person


async def stranger(clinic: Clinic) -> Person:
    """A coordinator of another site."""
    return (await hire(clinic, "Xenia", Role.COORDINATOR, await open_site(clinic, "Tongji"))).person


async def enrolled(
    staff: Person, site: Site, subject: str, *given_on: date, phase: str = "phase-1"
) -> Person:
    """A new participant of a site with her administrations, signed in."""
    answer = await register(staff, site.id, subject, phase=phase)
    assert answer.status_code == 201, answer.text
    participant_id = answer.json()["participantId"]
    for day in given_on:
        body = {"givenOn": day.isoformat()}
        answer = await staff.post(f"/v1/participants/{participant_id}/administrations", body)
        assert answer.status_code == 201, answer.text
    body = {"role": "participant", "language": "en"}
    answer = await staff.post(f"/v1/participants/{participant_id}/activation-codes", body)
    lin = await staff.clinic.activate(answer.json()["code"])
    lin.participant_id = participant_id
    return lin


async def trail(clinic: Clinic, lin: Person) -> list[Json]:
    """What the audit trail says was done about a participant, oldest first; who read her record is left out."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select body from audit_entries where participant_id = $1::uuid order by position",
            lin.participant_id,
        )
    bodies = [msgspec.json.decode(row["body"]) for row in found]
    return [body for body in bodies if body["changes"]]


async def all_text(clinic: Clinic) -> str:
    """Every row of every table as a superuser sees it; bytes are in hexadecimal digits."""
    tables = await clinic.everything()
    connection = await owner(clinic.settings.database_url)
    rows = [await connection.fetch(f"select t::text as row from {name} as t") for name in tables]  # noqa: S608 - our own
    await connection.close()
    return "\n".join(row["row"] for table in rows for row in table)
