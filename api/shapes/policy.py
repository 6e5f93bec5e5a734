"""A site's escalation policy on the wire."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Duration, Instant, View

Target = Annotated[
    str,
    Meta(
        pattern=r"^(on-call-[1-3]|principal-investigator|staff-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z",
        examples=["on-call-1"],
    ),
]
"""A tier of the rota, the principal investigator, or one person by `staff-` and her id."""

ProviderNames = Annotated[tuple[str, ...], Meta(min_length=1, max_length=5)]


class StepBody(Body, frozen=True, kw_only=True):
    """Ring `target` by these channels at once, then wait so long for somebody to take it.

    Where a country allows none of them, and somebody can be reached otherwise, she is.
    """

    target: Target
    wait: Duration
    channels: Annotated[tuple[Literal["sms", "voice"], ...], Meta(min_length=1, max_length=2)] = ("sms",)


Steps = Annotated[tuple[StepBody, ...], Meta(min_length=1, max_length=10)]


class CoursesBody(Body, frozen=True, kw_only=True):
    """The steps by day, from 07:00 up to 22:00 at the site, and by night."""

    day: Steps
    night: Steps


class PolicyReplacement(Body, frozen=True, kw_only=True):
    """A site's own policy, whole. It may ring sooner than the protocol, or others; never later."""

    emergency: CoursesBody
    urgent: CoursesBody
    providers: Annotated[Mapping[str, ProviderNames], Meta(max_length=20)] = {}
    """Prefix of numbers → who is asked to send first; the others follow."""


class StepView(View, frozen=True, kw_only=True):
    """One step."""

    target: Target
    wait: Duration
    channels: tuple[Literal["sms", "voice", "email"], ...]


class CoursesView(View, frozen=True, kw_only=True):
    """The steps by day and by night."""

    day: tuple[StepView, ...]
    night: tuple[StepView, ...]


class PolicyView(View, frozen=True, kw_only=True):
    """The policy that the next alert of this site follows; `version` 0 is the protocol's own."""

    version: int
    since: Instant | UnsetType = UNSET
    emergency: CoursesView
    urgent: CoursesView
    providers: Mapping[str, tuple[str, ...]]
