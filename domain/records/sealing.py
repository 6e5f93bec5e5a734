"""Sealing of what identifies a person: AES-256-GCM per row, bound to the row, under named keys.

The associated data is the row's id and kind, so that a sealed value moved to another row does not open. The blind
index is a keyed hash by which a row is found without opening any.
"""

import hmac
import secrets
from collections.abc import Mapping
from uuid import UUID

import phonenumbers
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from typing_extensions import override

from domain.people import Account, Contact, ContactKind

_NONCE_BYTES = 12

_PLACE_BITS = 20


class Sealed(Struct, frozen=True):
    """Nonce and ciphertext, and the name of the key that opens them."""

    key_id: str
    data: bytes


class Vault(Struct, frozen=True, kw_only=True):
    """The keys: 32 bytes each by name, which of them seals, and the key of the blind index."""

    keys: Mapping[str, bytes]
    current: str
    index_key: bytes

    @override
    def __repr__(self) -> str:
        return f"Vault({self.current})"

    def seal(self, plain: str, row_id: UUID, kind: str) -> Sealed:
        """Seal a text for one row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        data = AESGCM(self.keys[self.current]).encrypt(nonce, plain.encode(), _bound(row_id, kind))
        return Sealed(self.current, nonce + data)

    def open(self, key_id: str, data: bytes, row_id: UUID, kind: str) -> str:
        """Open a text of one row; raises if it was sealed for another row or changed."""
        key = AESGCM(self.keys[key_id])
        return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(row_id, kind)).decode()

    def open_contact(self, contact: Contact) -> str:
        """Return the phone or e-mail of a contact."""
        return self.open(contact.key_id, contact.sealed, contact.id, contact.kind)

    def contact_of_staff(self, contact_id: UUID, staff_id: UUID, kind: ContactKind, plain: str) -> Contact:
        """Return the sealed contact of a member of staff."""
        sealed = self.seal(plain, contact_id, kind)
        return Contact(
            id=contact_id,
            kind=kind,
            staff_id=staff_id,
            key_id=sealed.key_id,
            sealed=sealed.data,
            blind_index=self.index(kind, plain),
            prefix=prefix_of(plain) if kind is ContactKind.PHONE else None,
        )

    def contact_of_account(
        self, contact_id: UUID, account: Account, kind: ContactKind, plain: str
    ) -> Contact:
        """Return the sealed contact of a participant or caregiver."""
        sealed = self.seal(plain, contact_id, kind)
        return Contact(
            id=contact_id,
            kind=kind,
            account_id=account.id,
            site_id=account.site_id,
            participant_id=account.participant_id,
            key_id=sealed.key_id,
            sealed=sealed.data,
            blind_index=self.index(kind, plain),
            prefix=prefix_of(plain) if kind is ContactKind.PHONE else None,
        )

    def keyed(self, purpose: str, text: str) -> bytes:
        """Return 32 bytes that only this key gives for a text, for one purpose: they say nothing of the text."""
        return hmac.digest(self.index_key, f"{purpose}\x00{text}".encode(), "sha256")

    def place(self, purpose: str, text: str) -> int:
        """Return where something is counted: 20 bits, so that the table has an end; strangers rarely share one."""
        return int.from_bytes(self.keyed(purpose, text)[:4], "big") >> (32 - _PLACE_BITS)

    def index(self, kind: ContactKind, plain: str) -> bytes:
        """Return the blind index of a value, however its letters are written."""
        return self.keyed(kind, plain.strip().casefold())


def prefix_of(number: str) -> str | None:
    """Return the calling code of an E.164 number's country, with its plus; None where it has none."""
    try:
        return f"+{phonenumbers.parse(number).country_code}"
    except phonenumbers.NumberParseException:
        return None


def _bound(row_id: UUID, kind: str) -> bytes:
    return f"{kind}/{row_id}".encode()
