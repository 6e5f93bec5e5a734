"""Recovery codes as they are drawn, shown once and typed in."""

import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID

from domain import recovery
from domain.account_mail import RECOVERED
from domain.decision import Actor
from domain.entropy import Entropy
from domain.people import Staff
from domain.records import staff_access
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


def spending(
    trial: Trial, person: Staff | None, code: str, device_id: UUID, request_id: str
) -> Callable[[Connection], Awaitable[bool]]:
    """Return what uses a code of hers up, and tells her so; False where it is none, or none any more."""

    async def spends(connection: Connection) -> bool:
        if person is None:
            return False
        found = await staff_access.lock_code(connection, person.id, hash_code(trial.vault, person.id, code))
        if found is None:
            return False
        context = trial.context(Actor(role="staff", id=person.id, device_id=device_id))
        # Told first: the chain of a site is locked before the system's (design.md, rule 10).
        numbers = {"left": await staff_access.codes_left(connection, person.id) - 1}
        await tell(trial, connection, person, RECOVERED, numbers, context, request_id=request_id)
        await write(connection, recovery.use(found, context), request_id=request_id)
        return True

    return spends
