"""Somebody who is invited to a site, as administrators, mailboxes and newcomers do it."""

import re

import httpx
import pyotp

from api.recruiting import SignIn
from domain.people import Role, Site
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json
from tests.support.proof import proof
from tests.support.sites import Hired, hire, home, sign_in_body

GEESE = "seven geese over the river"
EMAIL = "grace@example.org"
PHONE = "+8619900000090"


async def administrator(clinic: Clinic, name: str = "Ada") -> Hired:
    return await hire(clinic, name, Role.ADMINISTRATOR, await home(clinic))


async def invite(ada: Hired, site: Site, **more: Json) -> httpx.Response:
    body = {"name": "Grace", "email": EMAIL, "role": "investigator", "language": "en"}
    proven = await proof(ada.person.clinic, ada.sign_in)
    return await ada.person.post(f"/v1/sites/{site.id}/staff-invitations", {**body, "proof": proven, **more})


async def again(ada: Hired, site: Site, staff_id: str) -> httpx.Response:
    proven = await proof(ada.person.clinic, ada.sign_in)
    return await ada.person.post(f"/v1/sites/{site.id}/staff/{staff_id}/invitations", {"proof": proven})


def code_mailed(clinic: Clinic, to: str = EMAIL) -> str:
    """The code of the newest mail to somebody."""
    mail = [each for each in clinic.emulator.mail_server.mails if each.to == to][-1]
    found = re.search(r"^[A-Z0-9-]{19}$", mail.body, re.MULTILINE)
    assert found, mail.body
    return found[0]


async def invited(clinic: Clinic, ada: Hired) -> str:
    """Invite Grace; return the code that she finds in her mail."""
    answer = await invite(ada, await home(clinic))
    assert answer.status_code == 201, answer.text
    await clinic.settle()
    return code_mailed(clinic)


async def read(clinic: Clinic, code: str) -> httpx.Response:
    return await clinic.http.post("/v1/staff/invitations", json={"code": code})


async def accept(clinic: Clinic, code: str, **more: str) -> httpx.Response:
    """Accept an invitation as its holder does: with the digits of the authenticator that it names."""
    shown = await read(clinic, code)
    secret = shown.json().get("totpSecret", pyotp.random_base32())
    body = {"code": code, "password": GEESE, "totp": pyotp.TOTP(secret).at(machine_now()), "phone": PHONE}
    return await clinic.http.post("/v1/staff/accounts", json={**body, **more})


async def joined(clinic: Clinic, ada: Hired) -> tuple[SignIn, list[str]]:
    """Grace, with an account; what she signs in with, and her recovery codes."""
    code = await invited(clinic, ada)
    secret = (await read(clinic, code)).json()["totpSecret"]
    answer = await accept(clinic, code)
    assert answer.status_code == 201, answer.text
    return SignIn(email=EMAIL, password=GEESE, totp_secret=secret), answer.json()["codes"]


async def sign_in(clinic: Clinic, keys: SignIn, recovery_code: str = "") -> httpx.Response:
    await clinic.forget_digits()
    body = sign_in_body(keys)
    if recovery_code:
        del body["totp"]
        body["recoveryCode"] = recovery_code
    return await clinic.http.post("/v1/staff/sessions", json=body)
