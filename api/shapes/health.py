"""Health, for load balancers and for whoever is on call."""

from typing import Literal

from api.shapes.base import View


class Live(View, frozen=True, kw_only=True):
    """The process runs."""

    status: Literal["live"] = "live"


class Ready(View, frozen=True, kw_only=True):
    """Whether this node can take reports."""

    status: Literal["ready", "not-ready"]


class SafetyView(View, frozen=True, kw_only=True):
    """Whether the bell can be relied on: what is late, counted. All zero is safe."""

    status: Literal["safe", "unsafe"]
    urgent_reports_without_alert: int
    alerts_past_their_step: int
    alerts_exhausted: int
    alerts_nobody_was_told_of: int
    messages_past_their_time: int
    reminders_past_their_time: int
    tasks_past_their_time: int
    sites_not_safe: int
    """Live sites whose last drill failed."""
    clock_is_right: bool
    """Whether this host's clock is within two seconds of the database's."""
