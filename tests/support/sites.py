"""More sites and people than the fixed cast, made through the program's own decisions."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid4

import httpx
import pyotp
from msgspec import Struct

from api.recruiting import Applicant, SignIn, recruit
from api.seed import SITE_NAME
from domain import staffing
from domain.decision import SYSTEM
from domain.people import ContactKind, Credential, Role, Site
from domain.records import sites
from domain.records.rows import transaction
from domain.records.write import write
from domain.staffing import Recruit
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Person


class Hired(Struct, frozen=True):
    """A new member of staff, signed in, and what she signs in with."""

    person: Person
    sign_in: SignIn


async def home(clinic: Clinic) -> Site:
    """The site of the fixed cast."""
    async with transaction(clinic.trial.pool) as connection:
        site = await sites.lock(connection, SITE_NAME)
    assert site is not None
    return site


async def close_on(person: Person, site_id: UUID | str, *closed: date | str) -> httpx.Response:
    """Say that a site is closed on these days and no others, after reading which they are; as far as she may read."""
    path = f"/v1/sites/{site_id}/holidays"
    held = (await person.get(path)).headers.get("etag", "*")
    return await person.call(
        "PUT", path, {"days": [str(each) for each in closed]}, headers={"If-Match": held}
    )


async def open_site(clinic: Clinic, name: str, *, zone: str = "Asia/Shanghai", live: bool = True) -> Site:
    """Another site; live under an investigator of its own, who never signs in, unless told otherwise."""
    async with transaction(clinic.trial.pool) as connection:
        site, decision = staffing.add_site(name, zone, clinic.trial.context(SYSTEM))
        await write(connection, decision)
        if live:
            leader, decision = staffing.add_staff(site, _leader(clinic, name), clinic.trial.context(SYSTEM))
            await write(connection, decision)
            principal = staffing.Principal(leader, reachable=True)
            site, decision = staffing.go_live(site, principal, (), clinic.trial.context(SYSTEM))
            await write(connection, decision)
    return site


def _leader(clinic: Clinic, site: str) -> Recruit:
    staff_id = uuid4()
    return Recruit(
        staff_id=staff_id,
        name=f"Leader of {site}",
        language="en",
        role=Role.INVESTIGATOR,
        contacts=(clinic.trial.vault.contact_of_staff(uuid4(), staff_id, ContactKind.PHONE, _number()),),
        credential=Credential(staff_id=staff_id, password_hash=b"", totp_key_id="", totp_sealed=b""),
    )


def _number() -> str:
    return f"+86198{uuid4().int % 10**8:08}"


async def hire(clinic: Clinic, name: str, role: Role, site: Site) -> Hired:
    """A new member of staff at a site."""
    email = f"{name.lower()}@example.org"
    applicant = Applicant(name=name, email=email, phone=_number(), role=role, language=clinic.language)
    sealed, sign_in = await recruit(clinic.trial.vault, applicant)
    async with transaction(clinic.trial.pool) as connection:
        _, decision = staffing.add_staff(site, sealed, clinic.trial.context(SYSTEM))
        await write(connection, decision)
    body = sign_in_body(sign_in)
    answer = await clinic.http.post("/v1/staff/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return Hired(Person(clinic, body["deviceId"], answer.json()), sign_in)


def sign_in_body(sign_in: SignIn) -> dict[str, str]:
    """What signs somebody in now, on a new device."""
    return {
        "email": sign_in.email,
        "password": sign_in.password,
        "totp": pyotp.TOTP(sign_in.totp_secret).at(machine_now()),
        "deviceId": str(uuid4()),
    }


async def register(staff: Person, site_id: UUID, subject_number: str, **more: str) -> httpx.Response:
    """Register a participant."""
    body: Mapping[str, str] = {
        "siteId": str(site_id),
        "subjectNumber": subject_number,
        "phase": "phase-1",
        **more,
    }
    return await staff.post("/v1/participants", body)
