"""What every error has: a code, words for outside, words for the log, and the faults of an input."""

from typing import ClassVar

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One thing wrong with the input: a JSON pointer (RFC 6901) or dotted path, and a sentence."""

    pointer: str
    message: str


class NightbellError(Exception):
    """Something failed here that nobody foresaw. Report the request id; the log has the rest under it."""

    code: ClassVar[str] = "internal"
    retry_safe: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, faults: tuple[Fault, ...] = (), inside: str = "") -> None:
        super().__init__(detail or inside or self.code)
        self.detail = detail
        self.faults = faults
        self.inside = inside
