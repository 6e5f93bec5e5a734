"""Recovery codes as they are drawn, shown once and typed in."""

import secrets
from uuid import UUID

from api.staff_entry import Entry
from domain import recovery
from domain.account_mail import RECOVERED
from domain.entropy import Entropy
from domain.people import Staff
from domain.records import sessions, staff_access
from domain.records.rows import Connection
from domain.records.sealing import Vault
from domain.records.write import write
from notifications.account_mail import tell
from notifications.trial import Trial

_GROUP = 4


def draw() -> tuple[str, ...]:
    """Return ten codes, in groups of four."""
    entropy = Entropy(secrets.token_bytes(32))
    plain = (entropy.code(f"recovery/{place}", recovery.LENGTH) for place in range(recovery.COUNT))
    return tuple(
        "-".join(each[place : place + _GROUP] for place in range(0, recovery.LENGTH, _GROUP))
        for each in plain
    )


def hash_code(vault: Vault, staff_id: UUID, code: str) -> bytes:
    """Return the hash under which a code is stored; blanks, dashes and case do not matter."""
    return vault.keyed("recovery-code", f"{staff_id}/{plain(code)}")


def plain(code: str) -> str:
    """Return the letters and digits of a code that somebody has typed."""
    return "".join(each for each in code.upper() if each.isalnum())


async def spend(trial: Trial, connection: Connection, person: Staff, code: str, entry: Entry) -> bool:
    """Use a code of hers up for a sign-in, and tell her so; False where it is none, or none any more.

    The device whose answer got lost gets its session again: the code was used in the instant that opened it.
    """
    code_hash = hash_code(trial.vault, person.id, code)
    found = await staff_access.lock_code(connection, person.id, code_hash)
    if found is None:
        used_at = await staff_access.used_at(connection, person.id, code_hash)
        return entry.again(
            None if used_at is None else await sessions.opened_at(connection, person.id, used_at)
        )
    # Told first: the chain of a site is locked before the system's (design.md, rule 10).
    numbers = {"left": await staff_access.codes_left(connection, person.id) - 1}
    await tell(trial, connection, person, RECOVERED, numbers, entry.context, request_id=entry.request_id)
    await write(connection, recovery.use(found, entry.context), request_id=entry.request_id)
    await entry.open(connection)
    return True
