"""Two operations compared: what is taken, what is answered, who may call (`api/compatibility_rules.py`)."""

from collections.abc import Iterator

from api.compatibility_answers import answer_differences, code_differences
from api.compatibility_parts import Sides, media_differences
from api.compatibility_rules import Difference, Direction, Verdict
from api.openapi_schemas import Schema
from api.references import resolved


def operation_differences(sides: Sides) -> Iterator[Difference]:
    """Compare two Operation Objects (OpenAPI 3.1 §4.8.10), the parameters of their path included."""
    for rule in (
        _identity,
        _parameters,
        _body,
        answer_differences,
        code_differences,
        _callers,
        _deprecation,
        _others,
    ):
        yield from rule(sides)


def _identity(sides: Sides) -> Iterator[Difference]:
    before, after = (each.get("operationId") for each in (sides.old, sides.new))
    if before != after:
        # Clients that were generated call it by this name.
        yield sides.found(Verdict.BREAKING, f"operationId is {after}, was {before}")


def _parameters(sides: Sides) -> Iterator[Difference]:
    before, after = _parameters_of(sides.old, sides.roots[0]), _parameters_of(sides.new, sides.roots[1])
    for key in dict.fromkeys((*before, *after)):
        part = sides.part(f"{key[0]} parameter {key[1]}", before.get(key, {}), after.get(key, {}))
        if key not in after:
            yield part.found(Verdict.BREAKING, "the parameter is gone")
        elif key not in before:
            required = bool(part.new.get("required"))
            verdict = Verdict.BREAKING if required and not sides.reversed else Verdict.ADDITION
            yield part.found(verdict, f"the parameter is new{' and required' * required}")
        else:
            yield from _parameter(part)


def _parameters_of(operation: Schema, root: Schema) -> dict[tuple[str, str], Schema]:
    resolved_ones = [resolved(each, root) for each in operation.get("parameters", ())]
    # Names of headers are alike in capitals and small letters (RFC 9110 §5.1).
    return {
        (each["in"], each["name"].lower() if each["in"] == "header" else each["name"]): each
        for each in resolved_ones
    }


def _parameter(part: Sides) -> Iterator[Difference]:
    yield from _need(part)
    yield from part.schemas(Direction.REQUEST)
    yield from part.others("name", "in", "required", "schema")


def _need(part: Sides) -> Iterator[Difference]:
    needed, needed_now = (bool(each.get("required")) for each in (part.old, part.new))
    if needed_now and not needed:
        yield part.found(Verdict.ADDITION if part.reversed else Verdict.BREAKING, "is required now")
    if needed and not needed_now:
        yield part.found(Verdict.BREAKING if part.reversed else Verdict.ADDITION, "may be left out now")


def _body(sides: Sides) -> Iterator[Difference]:
    before, after = sides.old.get("requestBody"), sides.new.get("requestBody")
    if before is None and after is None:
        return
    part = sides.part("request", before or {}, after or {})
    if after is None:
        yield part.found(Verdict.BREAKING, "the body is gone")
    elif before is None:
        needed = bool(part.new.get("required")) and not sides.reversed
        yield part.found(Verdict.BREAKING if needed else Verdict.ADDITION, "a body is new")
    else:
        yield from _need(part)
        yield from media_differences(part, Direction.REQUEST)
        yield from part.others("required", "content")


def _callers(sides: Sides) -> Iterator[Difference]:
    """Compare who may call: whoever could before still can, with the same or with less."""
    before, after = _alternatives(sides.old, sides.roots[0]), _alternatives(sides.new, sides.roots[1])
    for each in before:
        if not any(other <= each for other in after):
            yield sides.found(Verdict.BREAKING, f"{_holder(each)} may not call it any more")
    for each in after:
        if not any(other <= each for other in before):
            yield sides.found(Verdict.ADDITION, f"{_holder(each)} may call it now")


def _alternatives(operation: Schema, root: Schema) -> list[frozenset[str]]:
    wanted: list[dict[str, list[str]]] = (operation if "security" in operation else root).get("security", [])
    tokens = [
        frozenset(" ".join((name, *sorted(scopes))) for name, scopes in each.items()) for each in wanted
    ]
    return tokens or [frozenset()]


def _holder(held: frozenset[str]) -> str:
    return f"who holds {' and '.join(sorted(held))}" if held else "who holds no token"


def _deprecation(sides: Sides) -> Iterator[Difference]:
    if bool(sides.old.get("deprecated")) != bool(sides.new.get("deprecated")):
        said = f"is {'' if sides.new.get('deprecated') else 'not '}deprecated now"
        yield sides.found(Verdict.ADDITION, said)
    ends, ends_now = (each.get("x-sunset", "") for each in (sides.old, sides.new))
    if ends and ends_now and ends_now < ends:
        yield sides.found(Verdict.BREAKING, f"ends on {ends_now}, and was promised until {ends}")
    elif ends != ends_now:
        yield sides.found(
            Verdict.ADDITION, f"ends {(ends_now and f'on {ends_now}') or 'never'}, was {ends or 'never'}"
        )


_KNOWN = ("operationId", "parameters", "requestBody", "responses", "security", "deprecated", "x-sunset")


def _others(sides: Sides) -> Iterator[Difference]:
    yield from sides.others(*_KNOWN)
