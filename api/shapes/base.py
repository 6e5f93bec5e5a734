"""The words every shape is made of."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset."""

Language = Literal["en", "zh-CN"]

AccountRole = Literal["participant", "caregiver"]

TimeZoneName = Annotated[str, Meta(min_length=1, max_length=64, examples=["Asia/Shanghai"])]
"""A name of the IANA time zone database."""


Address = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
"""A whole address (RFC 3986)."""


class Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a caller sends."""


class View(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a caller is answered."""
