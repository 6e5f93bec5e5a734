"""Opening and sealing anew everything that is sealed, page by page, beside whoever serves and works."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from msgspec import Struct
from msgspec.structs import replace

from api.staff_sign_in import TOTP_KIND
from domain.keys import Survey
from domain.people import Contact
from domain.records import sealed_rows
from domain.records.rows import Connection, Pool, reading, snapshot, transaction
from domain.records.sealed_rows import FIRST, SealedSecret
from domain.records.sealing import Vault
from notifications.trial import Trial

PAGE = 100
"""Rows a transaction."""

PASSES = 50
PAUSE_SECONDS = 0.2
"""A row that somebody holds is met again after this; ten seconds of it, then the run says what is left."""


class _Seen(Struct, frozen=True):
    """One sealed row as a survey sees it."""

    name: str
    key_id: str
    opens: bool
    is_indexed: bool


async def survey(trial: Trial) -> Survey:
    """Open every sealed row as of one instant, and count."""
    seen: list[_Seen] = []
    async with snapshot(trial.pool) as connection:
        async for contacts in _contacts(lambda: contextlib.nullcontext(connection)):
            seen += [_of_contact(trial.vault, each) for each in contacts]
        async for held in _secrets(lambda: contextlib.nullcontext(connection)):
            seen += [_of_secret(trial.vault, each) for each in held]
    return Survey(
        at=trial.now(),
        sealed=dict(sorted(Counter(each.key_id for each in seen).items())),
        broken=tuple(each.name for each in seen if not each.opens),
        foreign_index=sum(each.opens and not each.is_indexed for each in seen),
    )


async def seal_anew(pool: Pool, vault: Vault) -> None:
    """Seal under the current key, and put into the current index, whatever opens and is not.

    What others hold for ten seconds is left: the next survey counts it. Every page is a transaction of its own, so
    that a run which is cut off has done what it has done, and the next one goes on.
    """
    for _ in range(PASSES):
        if not await _pass(pool, vault):
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def _pass(pool: Pool, vault: Vault) -> int:
    """Go through everything once; return how many rows somebody held.

    No reader stays in a transaction while a page is sealed: the server ends one that is idle for ten seconds.
    """
    held = 0
    async for contacts in _contacts(lambda: reading(pool)):
        due = [each.id for each in contacts if _is_due(vault, _of_contact(vault, each))]
        held += len(due) - await _contacts_anew(pool, vault, due)
    async for found in _secrets(lambda: reading(pool)):
        due = [each.id for each in found if _is_due(vault, _of_secret(vault, each))]
        held += len(due) - await _secrets_anew(pool, vault, due)
    return held


async def _contacts_anew(pool: Pool, vault: Vault, ids: list[UUID]) -> int:
    if not ids:
        return 0
    async with transaction(pool) as connection:
        free = await sealed_rows.lock_contacts(connection, ids)
        for each in free:
            plain = vault.open_contact(each)
            sealed = vault.seal(plain, each.id, each.kind)
            index = vault.index(each.kind, plain)
            anew = replace(each, key_id=sealed.key_id, sealed=sealed.data, blind_index=index)
            await sealed_rows.reseal_contact(connection, anew)
    return len(free)


async def _secrets_anew(pool: Pool, vault: Vault, ids: list[UUID]) -> int:
    if not ids:
        return 0
    async with transaction(pool) as connection:
        free = await sealed_rows.lock_secrets(connection, ids)
        for each in free:
            plain = vault.open(each.totp_key_id, each.totp_sealed, each.staff_id, TOTP_KIND)
            sealed = vault.seal(plain, each.staff_id, TOTP_KIND)
            anew = replace(each, totp_key_id=sealed.key_id, totp_sealed=sealed.data)
            await sealed_rows.reseal_secret(connection, anew)
    return len(free)


_Opening: TypeAlias = Callable[[], contextlib.AbstractAsyncContextManager[Connection]]
"""Gives the connection that one page is read with."""


async def _contacts(opening: _Opening) -> AsyncIterator[tuple[Contact, ...]]:
    after = FIRST
    while True:
        async with opening() as connection:
            page = await sealed_rows.contacts_after(connection, after, PAGE)
        if not page:
            return
        after = page[-1].id
        yield page


async def _secrets(opening: _Opening) -> AsyncIterator[tuple[SealedSecret, ...]]:
    after = FIRST
    while True:
        async with opening() as connection:
            page = await sealed_rows.secrets_after(connection, after, PAGE)
        if not page:
            return
        after = page[-1].id
        yield page


def _is_due(vault: Vault, seen: _Seen) -> bool:
    return seen.opens and not (seen.key_id == vault.current and seen.is_indexed)


def _of_contact(vault: Vault, contact: Contact) -> _Seen:
    plain = _opened(vault, contact.key_id, contact.sealed, contact.id, contact.kind)
    indexed = plain is not None and vault.index(contact.kind, plain) == contact.blind_index
    return _Seen(f"contacts {contact.id}", contact.key_id, plain is not None, indexed)


def _of_secret(vault: Vault, held: SealedSecret) -> _Seen:
    plain = _opened(vault, held.totp_key_id, held.totp_sealed, held.staff_id, TOTP_KIND)
    table = "credentials" if held.id == held.staff_id else "staff_invitations"
    return _Seen(f"{table} {held.id}", held.totp_key_id, plain is not None, is_indexed=True)


def _opened(vault: Vault, key_id: str, data: bytes, row_id: UUID, kind: str) -> str | None:
    """Return what is sealed; None where nobody can say: no such key, another row's, or changed."""
    try:
        return vault.open(key_id, data, row_id, kind)
    except (InvalidTag, KeyError, ValueError):
        return None
