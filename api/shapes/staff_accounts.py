"""The account of a member of staff: its password, and its end."""

from typing import Annotated

from msgspec import Meta

from api.shapes.base import Body
from api.shapes.reauthentication import Reauthentication, Secret


class PasswordChoice(Body, frozen=True, kw_only=True):
    """The password that I choose, of 12 characters or more, and proof that it is me by the one I have."""

    password: Secret
    """Any characters. Not one that is tried first: a common word, a run, my own name, made longer by digits."""
    proof: Reauthentication


class AccountClosing(Body, frozen=True, kw_only=True):
    """Why an account is closed."""

    reason: Annotated[
        str, Meta(min_length=3, max_length=500, pattern=r"^[^\x00]*$", examples=["left the hospital"])
    ]
    """Kept in the audit trail; nothing about a participant."""
    proof: Reauthentication
