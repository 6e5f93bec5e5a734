"""What the second provider is answered."""

from api.shapes.base import View


class PushTaken(View, frozen=True, kw_only=True):
    """Reports were taken; the provider looks at the status and asks that `code` be a number."""

    code: int
    """Always 0."""
    msg: str
    """Always `OK`."""
