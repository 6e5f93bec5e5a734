"""Health, for load balancers and for whoever is on call."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, defstruct

from api.shapes.base import Instant, View
from domain.records import auditor


class Live(View, frozen=True, kw_only=True):
    """The process runs."""

    status: Literal["live"] = "live"


class Ready(View, frozen=True, kw_only=True):
    """Whether this node can take reports."""

    status: Literal["ready", "not-ready"]


class Safety(View, frozen=True, kw_only=True):
    """Whether the bell can be relied on: what is late, counted, each kind up to 1,000. All zero is safe."""

    status: Literal["safe", "unsafe"]
    clock_is_right: bool
    """Whether this host's clock is within two seconds of the database's."""
    oldest: Instant | UnsetType = UNSET
    """Since when the oldest of all that is late waits."""


SafetyView = defstruct(
    "SafetyView",
    [(name, Annotated[int, Meta(ge=0, description=kind.means)]) for name, kind in auditor.KINDS.items()],
    bases=(Safety,),
    namespace={"__doc__": Safety.__doc__},
    frozen=True,
    kw_only=True,
)
"""With a count of each kind that the auditor knows."""
