"""Sign-in of staff: all parts are always checked, so that an answer's time tells nothing."""

import asyncio
import functools
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import pyotp
from msgspec import UNSET, Struct
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api import recovery
from api.proving import NOBODY, SIGN_INS, Try, proves
from api.shapes.enrolment import StaffSignIn
from api.staff_entry import Entry
from domain.errors import SignInRefused
from domain.passwords import normal
from domain.people import ContactKind, Credential, Session, Staff
from domain.records import contacts, sessions, staff
from domain.records.rows import Connection, reading
from domain.records.sealing import Vault
from notifications.trial import Trial, machine_now

TOTP_KIND = "totp"

passwords = PasswordHash((Argon2Hasher(),))
"""How new passwords are hashed; a stored hash names its own cost."""


class DigitsSpent(Exception):
    """Password and digits fit, and the digits were used before: no try of a stranger's, and counted as none."""

    detail = "These digits were used before: wait for the next ones."


class Known(Struct, frozen=True):
    """A member of staff who can sign in, and what she signs in with."""

    staff: Staff
    credential: Credential


@functools.cache
def _nobodys_hash() -> str:
    """Return a hash that no password fits, so that an unknown e-mail costs the same time as a known one."""
    return passwords.hash(secrets.token_hex())


async def hash_password(password: str, by: PasswordHash | None = None) -> bytes:
    """Return the argon2 hash of a password, computed beside the event loop. Raise SignInBusy.

    `by` is for a password that is no secret, as a sandbox's.
    """
    async with SIGN_INS.one():
        return (await asyncio.to_thread((by or passwords).hash, normal(password))).encode()


def verify(password: str, known: bytes | None) -> bool:
    """Say whether a password fits a hash; None takes as long, and fits nothing."""
    return passwords.verify(normal(password), _nobodys_hash() if known is None else known.decode())


async def sign_in(trial: Trial, body: StaffSignIn, source: str, request_id: str) -> Session:
    """Open a session; raise the one SignInRefused for whatever does not fit, SignInSlowed or SignInBusy."""
    async with reading(trial.pool) as connection:
        known = await by_email(trial, connection, body.email)
    entry = None if known is None else Entry(trial, known.staff, body.device_id, request_id)
    attempt = Try(
        source=source,
        account=account_of(body.email, known),
        staff=None if known is None else known.staff,
        request_id=request_id,
    )
    try:
        fits = await _fits(trial, attempt, known, body, entry)
    except DigitsSpent:
        raise SignInRefused(DigitsSpent.detail) from None
    if not fits or entry is None or entry.session is None:
        raise SignInRefused("E-mail, password and one-time password do not fit together.")
    return entry.session


async def by_email(trial: Trial, connection: Connection, email: str) -> Known | None:
    """Return the member of staff of an e-mail; None if there is none, or she may not sign in."""
    contact = await contacts.by_email(connection, trial.vault.index(ContactKind.EMAIL, email))
    # Nobody is looked up as well, so that an unknown e-mail costs the same time as a known one.
    return await by_id(connection, NOBODY if contact is None else contact.staff_id or NOBODY)


async def by_id(connection: Connection, staff_id: UUID) -> Known | None:
    """As `by_email`, by the id."""
    person, credential = (
        await staff.find(connection, staff_id),
        await staff.credential(connection, staff_id),
    )
    return None if person is None or credential is None else Known(person, credential)


def account_of(email: str, known: Known | None) -> str:
    """Name the account that somebody tries, whether or not there is one."""
    return email.strip().casefold() if known is None else str(known.staff.id)


async def _fits(
    trial: Trial, attempt: Try, known: Known | None, body: StaffSignIn, entry: Entry | None
) -> bool:
    if body.totp is not UNSET:
        return await fit_together(trial, attempt, known, body.password, body.totp, entry)
    code = "" if body.recovery_code is UNSET else body.recovery_code

    async def spends(connection: Connection) -> bool:
        if known is None or entry is None or not await _is_as_it_was(connection, known):
            return False
        return await recovery.spend(trial, connection, known.staff, code, entry)

    password_hash = None if known is None else known.credential.password_hash
    return await proves(trial, attempt, lambda: verify(body.password, password_hash), spends)


async def fit_together(
    trial: Trial, attempt: Try, known: Known | None, password: str, digits: str, entry: Entry | None = None
) -> bool:
    """Say whether password and six digits are this person's, and spend the digits: they are good once (RFC 6238 §5.2).

    They open the session of an `entry`, if there is one. Raise DigitsSpent, SignInSlowed, SignInBusy.
    """
    step = None if known is None else step_of(_secret(trial.vault, known.credential), digits, machine_now())

    def fits() -> bool:
        return (
            verify(password, None if known is None else known.credential.password_hash) and step is not None
        )

    return await proves(trial, attempt, fits, _spending(known, step, entry))


def _spending(
    known: Known | None, step: int | None, entry: Entry | None
) -> Callable[[Connection], Awaitable[bool]]:
    async def spends(connection: Connection) -> bool:
        if known is None or step is None or not await _is_as_it_was(connection, known):
            return False
        if entry is None:
            good = await staff.spend_step(connection, known.staff.id, step)
        else:
            good = await _enter(connection, known.staff, step, entry)
        if not good:
            raise DigitsSpent
        return True

    return spends


async def _enter(connection: Connection, person: Staff, step: int, entry: Entry) -> bool:
    if await staff.spend_step(connection, person.id, step, entry.opening.id):
        await entry.open(connection)
        return True
    session_id = await staff.session_of_step(connection, person.id, step)
    return entry.again(None if session_id is None else await sessions.find(connection, session_id))


async def _is_as_it_was(connection: Connection, known: Known) -> bool:
    """Say whether the password that was proven still is hers, and hold it.

    Whoever chooses another one holds it too, so she ends what was opened by the old one, or it is opened no more.
    """
    now = await staff.lock_credential(connection, known.staff.id)
    return now is not None and hmac.compare_digest(now.password_hash, known.credential.password_hash)


def step_of(secret: str, digits: str, now: datetime) -> int | None:
    """Return the time step whose digits these are: now's, the one before or the one after, for a clock that is off."""
    totp = pyotp.TOTP(secret)
    here = totp.timecode(now)
    near = (here - 1, here, here + 1)
    return max((step for step in near if hmac.compare_digest(totp.generate_otp(step), digits)), default=None)


def _secret(vault: Vault, credential: Credential) -> str:
    return vault.open(credential.totp_key_id, credential.totp_sealed, credential.staff_id, TOTP_KIND)
