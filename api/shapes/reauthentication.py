"""That it is really she: asked again for what a signed-in desk alone must not do."""

from typing import Annotated

from msgspec import Meta

from api.shapes.base import Body

Secret = Annotated[str, Meta(min_length=1, max_length=1024)]

SixDigits = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]


class Reauthentication(Body, frozen=True, kw_only=True):
    """My password and the six digits that my authenticator shows now (RFC 6238)."""

    password: Secret
    totp: SixDigits
    """Good once: what signed me in, or proved something before, is refused. The next ones come within 30 seconds."""
