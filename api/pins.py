"""PINs: hashed like a password, over a keyed hash: without the server's secret a stolen hash cannot be tried out."""

import secrets
from uuid import UUID

from pwdlib import PasswordHash

from api.staff_sign_in import Known, hash_password, verify
from domain import pins
from domain.records.sealing import Vault


async def hash_pin(vault: Vault, staff_id: UUID, pin: str, by: PasswordHash | None = None) -> bytes:
    """Return what is stored of a PIN; `by` as in `hash_password`."""
    return await hash_password(_keyed(vault, staff_id, pin), by)


def pin_fits(vault: Vault, known: Known | None, pin: str) -> bool:
    """Say whether a PIN is this person's; nobody's, and that of somebody who has none, take as long and fit nothing."""
    if known is None:
        return verify(pin, None)
    return verify(_keyed(vault, known.staff.id, pin), known.credential.pin_hash)


def draw() -> str:
    """Return a random PIN that is not trivial."""
    pin = "".join(secrets.choice("0123456789") for _ in range(pins.LENGTH))
    return draw() if pins.is_trivial(pin) else pin


def _keyed(vault: Vault, staff_id: UUID, pin: str) -> str:
    return vault.keyed("pin", f"{staff_id}/{pin}").hex()
