"""A sandbox that is kept under a key."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Instant, View
from api.shapes.sandbox import StaffKey


class SandboxView(View, frozen=True, kw_only=True):
    """A sandbox: a database, trial time, provider and mail of its own, and its seeded site."""

    key: Annotated[str, Meta(examples=["7h4nkd4gp3wx9m"])] | UnsetType = UNSET
    """Whoever has it has the sandbox. The one without a key belongs to everybody who can reach this server."""
    api_url: Annotated[str, Meta(examples=["http://127.0.0.1:8000/k/7h4nkd4gp3wx9m"])]
    """The base address that an app is given: all of the contract is below it."""
    inbox_url: Annotated[str, Meta(examples=["http://127.0.0.1:8001/k/7h4nkd4gp3wx9m/"])]
    """A page with what every phone and mailbox received."""
    now: Instant
    """Trial time now."""
    site_id: UUID
    staff: tuple[StaffKey, ...]
    """The cast, with what signs each of them in now."""
