"""Codes that sign in once in place of the authenticator's digits: ten, drawn together, all replaced together."""

from uuid import UUID

from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.staff_access import RecoveryCode

COUNT = 10
LENGTH = 12
"""59 bits: nobody guesses one, slowed as failed sign-ins are."""


def renewed(
    staff_id: UUID, old: tuple[RecoveryCode, ...], hashes: tuple[bytes, ...], context: Context
) -> tuple[Change, ...]:
    """Return the changes by which new codes take the place of all that are unused."""
    dead = (Change(replace(each, replaced_at=context.machine_now), each) for each in old)
    fresh = (
        Change(
            RecoveryCode(
                id=context.entropy.uuid(f"recovery-code/{place}"),
                staff_id=staff_id,
                code_hash=code_hash,
                made_at=context.machine_now,
            )
        )
        for place, code_hash in enumerate(hashes)
    )
    return (*dead, *fresh)


def draw(
    staff_id: UUID, old: tuple[RecoveryCode, ...], hashes: tuple[bytes, ...], context: Context
) -> Decision:
    """Draw new codes; those before are good no more."""
    return context.decide("recovery-code.draw", renewed(staff_id, old, hashes, context), site_id=None)


def use(code: RecoveryCode, context: Context) -> Decision:
    """Use a code up."""
    return context.decide(
        "recovery-code.use", (Change(replace(code, used_at=context.machine_now), code),), site_id=None
    )
