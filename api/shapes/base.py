"""The words every shape is made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset."""

Language = Literal["en", "zh-CN"]

AccountRole = Literal["participant", "caregiver"]

TimeZoneName = Annotated[str, Meta(min_length=1, max_length=64, examples=["Asia/Shanghai"])]
"""A name of the IANA time zone database."""


Address = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
"""A whole address (RFC 3986)."""

Duration = Annotated[
    str,
    Meta(
        pattern=r"^P([0-9]{1,4}D|([0-9]{1,4}D)?T([0-9]{1,6}H|([0-9]{1,6}H)?([0-9]{1,6}M|([0-9]{1,6}M)?[0-9]{1,8}S)))\Z",
        examples=["PT10M", "P7D"],
        extra_json_schema={"format": "duration"},
    ),
]
"""ISO 8601 in days, hours, minutes and seconds, none of them in parts: months and years have no length."""


class Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a caller sends."""

    ALSO: ClassVar[Mapping[str, object]] = {}
    """What its schema says beside its fields: how they depend on each other."""


class View(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a caller is answered."""
