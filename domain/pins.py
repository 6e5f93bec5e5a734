"""The PIN by which a member of staff answers a link or a code: six digits that she chooses herself."""

from itertools import pairwise

from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import Fault, PinTrivial
from domain.people import Credential

LENGTH = 6
_STEPS = frozenset({0, 1, 9})
"""From digit to digit: the same, one up, one down; after 9 comes 0."""


def is_pin(text: str) -> bool:
    """Say whether a text has the form of a PIN."""
    return len(text) == LENGTH and text.isascii() and text.isdecimal()


def is_trivial(pin: str) -> bool:
    """Say whether a PIN is one digit again and again, or a run up or down: 000000, 123456, 098765."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= _STEPS


def require_fit(pin: str) -> None:
    """Raise PinTrivial for a PIN that is tried first by everybody."""
    if is_trivial(pin):
        raise PinTrivial("Choose another PIN.", faults=(Fault("/pin", "is a run, or one digit only"),))


def set_pin(credential: Credential, pin_hash: bytes, context: Context) -> Decision:
    """Set or replace the PIN of a member of staff."""
    changed = replace(credential, pin_hash=pin_hash)
    return context.decide("pin.set", (Change(changed, credential),), site_id=None)
