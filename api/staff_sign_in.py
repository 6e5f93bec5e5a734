"""Sign-in of staff: the three parts are always all checked, so that an answer's time tells nothing."""

import asyncio
import functools
import secrets

import pyotp
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.shapes.enrolment import StaffSignIn
from domain.decision import Actor, Change
from domain.errors import SignInRefused
from domain.people import ContactKind, Credential, Session
from domain.records import contacts, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.sealing import Vault
from domain.records.write import write
from notifications.trial import Trial, machine_now

TOTP_KIND = "totp"

passwords = PasswordHash((Argon2Hasher(),))
"""How new passwords are hashed; a stored hash names its own cost."""

_hashing = asyncio.Semaphore(2)
"""Hashes at once: this node also takes reports, and a flood of sign-ins must leave it the processors for them."""


@functools.cache
def _nobodys_hash() -> str:
    """Return a hash that no password fits, so that an unknown e-mail costs the same time as a known one."""
    return passwords.hash(secrets.token_hex())


async def hash_password(password: str) -> bytes:
    """Return the argon2 hash of a password, computed beside the event loop."""
    async with _hashing:
        return (await asyncio.to_thread(passwords.hash, password)).encode()


async def sign_in(trial: Trial, body: StaffSignIn, request_id: str) -> Session:
    """Open a session; raise the one SignInRefused for whatever does not fit."""
    async with reading(trial.pool) as connection:
        credential = await _credential(trial, connection, body.email)
    password_fits = await _password_fits(credential, body.password)
    totp_fits = _totp_fits(trial.vault, credential, body.totp)
    if credential is None or not (password_fits and totp_fits):
        raise SignInRefused("E-mail, password and one-time password do not fit together.")
    context = trial.context(Actor(role="staff", id=credential.staff_id, device_id=body.device_id))
    session = Session(
        id=context.entropy.uuid("session"),
        device_id=body.device_id,
        created_at=context.machine_now,
        generation=1,
        rotated_at=context.machine_now,
        staff_id=credential.staff_id,
    )
    async with transaction(trial.pool) as connection:
        decision = context.decide("staff.sign-in", (Change(session),), site_id=None)
        await write(connection, decision, request_id=request_id)
    return session


async def _credential(trial: Trial, connection: Connection, email: str) -> Credential | None:
    contact = await contacts.by_email(connection, trial.vault.index(ContactKind.EMAIL, email))
    if contact is None or contact.staff_id is None:
        return None
    return await staff.credential(connection, contact.staff_id)


async def _password_fits(credential: Credential | None, password: str) -> bool:
    async with _hashing:
        return await asyncio.to_thread(_verify, password, credential)


def _verify(password: str, credential: Credential | None) -> bool:
    known = _nobodys_hash() if credential is None else credential.password_hash.decode()
    return passwords.verify(password, known)


def _totp_fits(vault: Vault, credential: Credential | None, digits: str) -> bool:
    if credential is None:
        return False
    secret = vault.open(credential.totp_key_id, credential.totp_sealed, credential.staff_id, TOTP_KIND)
    return pyotp.TOTP(secret).verify(digits, for_time=machine_now(), valid_window=1)
