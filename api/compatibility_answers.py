"""The answers of two operations compared: statuses, headers, problem codes (`api/compatibility_rules.py`).

A new problem code is an addition. A code says why a request failed, and reasons to fail come with every rule that a
trial learns: if each new one waited for a new major version, a request would be refused under a code that is not
true. Every client is told to handle a code that it does not know by its status and by `retrySafe`. A code that goes
while another comes may be the same one renamed, and whoever branches on it would not see it any more: that is
refused, and so is a code that moves to another status. One that only goes is a failure that happens no more.
"""

from collections.abc import Iterator

from api.compatibility_parts import Sides, media_differences
from api.compatibility_rules import Difference, Direction, Verdict
from api.openapi_schemas import Schema
from api.references import resolved

_FIRST_FAILURE = 400

_UNCHANGED = "304"
"""It comes only to who has asked by an ETag."""


def answer_differences(sides: Sides) -> Iterator[Difference]:
    """Compare the answers by status."""
    before, after = sides.old.get("responses", {}), sides.new.get("responses", {})
    for status in dict.fromkeys((*before, *after)):
        part = sides.part(f"answer {status}", before.get(status, {}), after.get(status, {}))
        if status not in after:
            yield part.found(_of_a_status_gone(status, sides), "the status is gone")
        elif status not in before:
            yield part.found(_of_a_new_status(status, sides), "the status is new")
        else:
            yield from _headers(part)
            yield from media_differences(part, Direction.ANSWER)
            yield from part.others("headers", "content", "x-codes")


def _of_a_new_status(status: str, sides: Sides) -> Verdict:
    # Every client handles a failure that it does not know by its first digit; a new success may mean another body.
    is_safe = _is_failure(status) or status == _UNCHANGED
    return Verdict.ADDITION if sides.reversed or is_safe else Verdict.BREAKING


def _of_a_status_gone(status: str, sides: Sides) -> Verdict:
    # What came before under it comes under another now, unless it was a failure that happens no more.
    return Verdict.ADDITION if _is_failure(status) and not sides.reversed else Verdict.BREAKING


def _is_failure(status: str) -> bool:
    return status.isdigit() and int(status) >= _FIRST_FAILURE


def _headers(part: Sides) -> Iterator[Difference]:
    before, after = _headers_of(part.old), _headers_of(part.new)
    for name in dict.fromkeys((*before, *after)):
        header = part.part(f"header {name}", before.get(name, {}), after.get(name, {}))
        if name not in after:
            yield header.found(Verdict.BREAKING, "the header is gone")
        elif name not in before:
            yield header.found(Verdict.ADDITION, "the header is new")
        else:
            yield from _header(header)


def _headers_of(answer: Schema) -> dict[str, Schema]:
    return {name.lower(): header for name, header in answer.get("headers", {}).items()}


def _header(header: Sides) -> Iterator[Difference]:
    always, always_now = (bool(each.get("required")) for each in (header.old, header.new))
    if always and not always_now:
        yield header.found(Verdict.BREAKING, "may be absent now")
    if always_now and not always:
        yield header.found(Verdict.ADDITION, "is always there now")
    yield from header.schemas(Direction.ANSWER)
    yield from header.others("required", "schema")


def code_differences(sides: Sides) -> Iterator[Difference]:
    """Compare the problem codes of an operation, whatever status each stands under."""
    before, after = _codes(sides.old, sides.roots[0]), _codes(sides.new, sides.roots[1])
    come, gone = after.keys() - before.keys(), before.keys() - after.keys()
    for code in sorted(come):
        verdict = Verdict.ADDITION if _is_failure(after[code]) else Verdict.BREAKING
        yield sides.found(verdict, f"the problem code {code} is new, under {after[code]}")
    for code in sorted(gone):
        verdict = Verdict.BREAKING if come else Verdict.ADDITION
        yield sides.found(verdict, f"the problem code {code} is gone{', and another came' * bool(come)}")
    for code in sorted(before.keys() & after.keys()):
        if before[code] != after[code]:
            yield sides.found(
                Verdict.BREAKING, f"the problem code {code} is under {after[code]}, was {before[code]}"
            )


def _codes(operation: Schema, root: Schema) -> dict[str, str]:
    return {
        code: status
        for status, answer in operation.get("responses", {}).items()
        for code in resolved(answer, root).get("x-codes", ())
    }
