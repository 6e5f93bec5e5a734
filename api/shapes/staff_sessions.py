"""Where a member of staff is signed in."""

from uuid import UUID

from api.shapes.base import Instant, View


class StaffSessionView(View, frozen=True, kw_only=True):
    """One device on which I am signed in."""

    session_id: UUID
    device_id: UUID
    signed_in_at: Instant
    last_seen_at: Instant
    """When its tokens were rotated last: it was in use then, or within the 15 minutes after."""
    ends_at: Instant
    """When it ends if it is not used until then. In the middle of an alert nobody is signed out by a clock."""
    is_this_one: bool
    """Whether this request came by it."""


class StaffSessionList(View, frozen=True, kw_only=True):
    """Everywhere I am signed in, newest first."""

    sessions: tuple[StaffSessionView, ...]
