"""Signatures as staff read them: name, time and meaning, and what is bound."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from api.shapes.base import Instant, View

_OF_TEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", examples=[_OF_TEST])]


class SignatureView(View, frozen=True, kw_only=True):
    """Who signed, when and what that means; `sha256` is over exactly what was signed."""

    signature_id: UUID
    name: str
    """As it was printed when she signed."""
    role: Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]
    meaning: Literal["resolution", "approval", "release"]
    statement: str
    """The sentence that she put her name under."""
    signed_at: Instant
    version: str
    """Of an alert: the `version` that she had read."""
    sha256: Sha256
