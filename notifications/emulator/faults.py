"""Scripted faults: what the emulated provider does wrong, to whom, and how often.

A request passes three stages: it may be held up, it may be answered wrongly, its receipts may go astray. At each
stage the first fault of the script that fits the recipient applies, and only that one. So a script can be a
sequence (refuse once, then lose a receipt) and faults of different stages combine (500 after accept, no receipt).
"""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace


class FaultKind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    """The answer comes `seconds` late."""
    DROP = "drop"
    """The connection closes without an answer; nothing was accepted."""
    TIMEOUT = "timeout"
    """Accepted, but the answer never comes; the connection closes after `seconds`."""
    ERROR_AFTER_ACCEPT = "error-after-accept"
    """Accepted, but the answer is 500."""
    RATE_LIMIT = "rate-limit"
    """429 with code 20429; nothing was accepted."""
    REFUSE = "refuse"
    """400 with `code`; nothing was accepted."""
    DOWN = "down"
    """503 to everything, the questions about texts included; nothing was accepted."""
    RECEIPT_FIRST = "receipt-first"
    """All receipts arrive before the create call answers."""
    UNDELIVERED = "undelivered"
    """Sent, then `undelivered` with `code`."""
    FAILED = "failed"
    """Never sent: `failed` with `code`."""
    NO_RECEIPT = "no-receipt"
    """Delivered, and nobody is told; whoever asks hears it."""
    NO_WORD = "no-word"
    """The phone has it, and the carrier never says so: to the provider it stays `sent`, and nobody is told."""
    DUPLICATE = "duplicate"
    """Every receipt arrives twice."""
    REORDER = "reorder"
    """`delivered` arrives before `sent`."""
    BUSY = "busy"
    """Of a call: the line is busy."""
    VOICEMAIL = "voicemail"
    """Of a call: a mailbox picks up, listens and hangs up."""
    CALL_FAILED = "call-failed"
    """Of a call: it never rings."""


class Stage(StrEnum):
    """When a fault strikes."""

    BEFORE = "before"
    ANSWER = "answer"
    RECEIPTS = "receipts"
    CALL = "call"
    """When a phone is to ring, instead of `receipts`."""


_STAGES = {
    Stage.BEFORE: (FaultKind.DELAY,),
    Stage.ANSWER: (
        FaultKind.DROP,
        FaultKind.TIMEOUT,
        FaultKind.ERROR_AFTER_ACCEPT,
        FaultKind.RATE_LIMIT,
        FaultKind.REFUSE,
        FaultKind.DOWN,
        FaultKind.RECEIPT_FIRST,
    ),
    Stage.RECEIPTS: (
        FaultKind.UNDELIVERED,
        FaultKind.FAILED,
        FaultKind.NO_RECEIPT,
        FaultKind.NO_WORD,
        FaultKind.DUPLICATE,
        FaultKind.REORDER,
    ),
    Stage.CALL: (FaultKind.BUSY, FaultKind.VOICEMAIL, FaultKind.CALL_FAILED),
}

Medium = Literal["sms", "voice"]
"""What goes to a phone."""

_NEED_CODE = (FaultKind.REFUSE, FaultKind.UNDELIVERED, FaultKind.FAILED)


class Fault(
    Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """One line of a script; JSON in camelCase.

    `number` is the recipient in E.164, absent for everybody. `channel` is absent for texts and calls alike. `times` is
    the next so many of them, absent for always. `seconds` belongs to `delay` and `timeout`; `code` is the provider's
    error code, or `reason` where its codes are words; `refuse`, `undelivered` and `failed` need one of them.
    """

    kind: FaultKind
    number: Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z")] | None = None
    times: Annotated[int, Meta(ge=1)] | None = None
    seconds: Annotated[float, Meta(ge=0, le=120)] = 30
    code: Annotated[int, Meta(ge=0, le=99_999)] = 0
    reason: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{0,64}\Z")] = ""
    channel: Medium | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when the kind needs a code and there is none."""
        if self.kind in _NEED_CODE and not self.code and not self.reason:
            raise ValueError(f"{self.kind} needs a code")

    def strikes(self, stage: Stage, number: str, channel: Medium = "sms") -> bool:
        """Tell whether the fault applies to a text or call for `number` at this stage."""
        fits = self.number in (None, number) and self.channel in (None, channel)
        return fits and self.kind in _STAGES[stage]


def take(
    script: tuple[Fault, ...], stage: Stage, number: str, channel: Medium = "sms"
) -> tuple[Fault | None, tuple[Fault, ...]]:
    """Return the fault that strikes, if any, and the script that is left after it."""
    for place, fault in enumerate(script):
        if fault.strikes(stage, number, channel):
            return fault, script[:place] + _left(fault) + script[place + 1 :]
    return None, script


def _left(fault: Fault) -> tuple[Fault, ...]:
    if fault.times is None:
        return (fault,)
    return (replace(fault, times=fault.times - 1),) if fault.times > 1 else ()
