"""Making a member of staff: sealed contacts, a hashed password, a fresh secret for the authenticator."""

import secrets
from uuid import UUID, uuid4

import pyotp
from msgspec import Struct
from pwdlib import PasswordHash

from api.pins import hash_pin
from api.staff_sign_in import TOTP_KIND, hash_password
from domain.people import ContactKind, Credential, Role
from domain.records.sealing import Vault
from domain.staffing import Recruit


class Applicant(Struct, frozen=True, kw_only=True):
    """Who is to be added, in plain: `phone` is E.164, `email` is what she signs in with."""

    name: str
    email: str
    phone: str
    role: Role
    language: str = "zh-CN"


class SignIn(Struct, frozen=True, kw_only=True):
    """What a new member of staff is handed, once."""

    email: str
    password: str
    totp_secret: str
    pin: str | None = None
    """She sets it herself, or the operator draws one: `nightbell staff set-pin`."""


async def recruit(
    vault: Vault, applicant: Applicant, given: SignIn | None = None, by: PasswordHash | None = None
) -> tuple[Recruit, SignIn]:
    """Return the sealed member of staff, and what she signs in with; drawn at random unless given.

    `by` hashes what is given where that is no secret.
    """
    sign_in = given or SignIn(
        email=applicant.email, password=secrets.token_urlsafe(12), totp_secret=pyotp.random_base32()
    )
    staff_id = uuid4()
    sealed = Recruit(
        staff_id=staff_id,
        name=applicant.name,
        language=applicant.language,
        role=applicant.role,
        contacts=(
            vault.contact_of_staff(uuid4(), staff_id, ContactKind.PHONE, applicant.phone),
            vault.contact_of_staff(uuid4(), staff_id, ContactKind.EMAIL, applicant.email),
        ),
        credential=await _credential(vault, staff_id, sign_in, by),
    )
    return sealed, sign_in


async def _credential(vault: Vault, staff_id: UUID, sign_in: SignIn, by: PasswordHash | None) -> Credential:
    totp = vault.seal(sign_in.totp_secret, staff_id, TOTP_KIND)
    return Credential(
        staff_id=staff_id,
        password_hash=await hash_password(sign_in.password, by),
        totp_key_id=totp.key_id,
        totp_sealed=totp.data,
        pin_hash=None if sign_in.pin is None else await hash_pin(vault, staff_id, sign_in.pin, by),
    )
