"""The one catalogue of errors. A class is a code; its docstring is its meaning for the caller.

No HTTP here: `api/errors.py` maps each code to a status. `detail` is for outside and never holds an answer
value, a phone number or a name; `inside` is for the log.
"""

from typing import ClassVar

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One thing wrong with the input: a JSON pointer (RFC 6901) or dotted path, and a sentence."""

    pointer: str
    message: str


class NightbellError(Exception):
    """Something the program refuses, with a stable code."""

    code: ClassVar[str] = "internal"
    retry_safe: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, faults: tuple[Fault, ...] = (), inside: str = "") -> None:
        super().__init__(detail or inside or self.code)
        self.detail = detail
        self.faults = faults
        self.inside = inside
