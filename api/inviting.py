"""Making invitations of staff and reading them by their codes."""

import secrets
from uuid import UUID, uuid4

import pyotp
from msgspec import Struct

from api.proving import Try, proves
from api.staff_sign_in import TOTP_KIND
from domain import inviting
from domain.account_mail import INVITED
from domain.decision import SYSTEM, Context, Decision
from domain.errors import ActivationRefused
from domain.people import Contact, ContactKind, Staff
from domain.records import contacts, sessions, staff, staff_access
from domain.records.rows import Connection, reading
from domain.records.sealing import Vault
from domain.records.write import write
from domain.staff_access import StaffInvitation
from notifications.account_mail import invitation_code, tell
from notifications.trial import Trial

_BASE32_CHARACTERS = 32
"""160 bits (RFC 4226 §4)."""


class Invited(Struct, frozen=True, kw_only=True):
    """An invitation that is good, whom it is for, and her e-mail and authenticator's secret in plain."""

    invitation: StaffInvitation
    person: Staff
    email: str
    totp_secret: str


def make(vault: Vault, person: Staff, site_id: UUID, context: Context) -> StaffInvitation:
    """Return a new invitation of somebody. Raise IllegalEvent for a closed account."""
    invitation_id = UUID(bytes=secrets.token_bytes(16), version=4)
    totp = vault.seal(pyotp.random_base32(_BASE32_CHARACTERS), person.id, TOTP_KIND)
    code_hash = hash_code(vault, invitation_code(vault, invitation_id))
    return inviting.invitation(invitation_id, person, site_id, code_hash, (totp.key_id, totp.data), context)


def hash_code(vault: Vault, code: str) -> bytes:
    """Return the hash under which the code of an invitation is stored; blanks, dashes and case do not matter."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return vault.keyed("staff-invitation-code", plain)


async def send(
    trial: Trial,
    connection: Connection,
    made: StaffInvitation,
    decision: Decision,
    person: Staff,
    context: Context,
    request_id: str,
) -> bool:
    """Write an invitation down, and mail its code to whoever it is for; say whether a mail can be sent."""
    await write(connection, decision, request_id=request_id)
    hours = {"hours": inviting.CODE_LIFE.days * 24}
    return await tell(
        trial, connection, person, INVITED, hours, context, notice_id=made.id, request_id=request_id
    )


async def known(trial: Trial, code: str, source: str, request_id: str) -> Invited:
    """Return what a code is for; raise the one ActivationRefused for whatever is wrong, SignInSlowed, SignInBusy."""
    code_hash = hash_code(trial.vault, code)
    async with reading(trial.pool) as connection:
        found = await staff_access.by_hash(connection, code_hash)
        person = None if found is None else await staff.find(connection, found.staff_id)
        email = None
        if person is not None:
            email = await contacts.of_staff(connection, person.id, ContactKind.EMAIL)
    context = trial.context(SYSTEM)
    attempt = Try(source=source, account=f"invitation/{code_hash.hex()}", staff=person, request_id=request_id)
    if not await proves(trial, attempt, lambda: _is_open(found, person, context)):
        raise ActivationRefused
    return _opened(trial.vault, inviting.require_open(found, person, context), person, email)


def _is_open(found: StaffInvitation | None, person: Staff | None, context: Context) -> bool:
    try:
        inviting.require_open(found, person, context)
    except ActivationRefused:
        return False
    return True


def _opened(vault: Vault, made: StaffInvitation, person: Staff | None, email: Contact | None) -> Invited:
    if person is None or email is None:
        raise ActivationRefused
    return Invited(
        invitation=made,
        person=person,
        email=vault.open_contact(email),
        totp_secret=vault.open(made.totp_key_id, made.totp_sealed, made.staff_id, TOTP_KIND),
    )


async def held(connection: Connection, staff_id: UUID) -> inviting.Held:
    """Return what somebody has before she accepts, held until the transaction ends."""
    return inviting.Held(
        credential=await staff.lock_credential(connection, staff_id),
        phone=await contacts.of_staff(connection, staff_id, ContactKind.PHONE),
        codes=await staff_access.good_codes(connection, staff_id),
        sessions=await sessions.hold_of_staff(connection, staff_id),
    )


def sealed_phone(vault: Vault, before: Contact | None, staff_id: UUID, phone: str) -> Contact:
    """Return the phone she gives, in the place of the one on file."""
    contact_id = uuid4() if before is None else before.id
    return vault.contact_of_staff(contact_id, staff_id, ContactKind.PHONE, phone)
