"""As whom statements are run: read by row-level security from a setting that is local to the transaction (rule 10).

Whoever has said nothing sees no row. What is said holds for the present task and those it starts: a request, a
command, a look of the wall. The worker's role has no need of it: it serves everybody.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Literal
from uuid import UUID

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """Whose rows are seen and written."""

    scope: Literal["system", "staff", "account"]
    own_id: UUID | None = None
    """The member of staff, or the participant."""
    site_ids: tuple[UUID, ...] = ()
    """The sites she is bound to; of a participant: the one where she takes part."""

    @property
    def setting(self) -> str:
        """Return the statement that says it until the transaction ends. Only ids and words of ours are in it."""
        said = f"{self.scope}|{self.own_id or ''}|{{{','.join(map(str, self.site_ids))}}}"
        return f"select set_config('nightbell.acting_as', '{said}', true)"


THE_SYSTEM = Identity(scope="system")
"""Everybody's rows: before somebody is known, for a provider's callback, for an operator."""


def of_staff(staff_id: UUID, site_ids: tuple[UUID, ...]) -> Identity:
    """Return the identity of a member of staff: the rows of her sites, and what is her own."""
    return Identity(scope="staff", own_id=staff_id, site_ids=site_ids)


def of_account(participant_id: UUID, site_id: UUID) -> Identity:
    """Return the identity of a participant or her caregiver: the rows of the participant."""
    return Identity(scope="account", own_id=participant_id, site_ids=(site_id,))


_ACTING: ContextVar[Identity | None] = ContextVar("acting", default=None)


def acting() -> Identity | None:
    """Return as whom this task acts; None: as nobody, who sees no row."""
    return _ACTING.get()


def act_as(identity: Identity | None) -> None:
    """Act as somebody from now on, in this task."""
    _ACTING.set(identity)


@contextlib.contextmanager
def acting_as(identity: Identity | None) -> Iterator[None]:
    """Act as somebody inside a block, and then again as before."""
    token = _ACTING.set(identity)
    try:
        yield
    finally:
        _ACTING.reset(token)
