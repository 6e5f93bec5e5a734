"""One example problem of each code: what the road of the examples was answered, or what its page shows.

No road leads to a database that is away. Of such a code the catalogue's example is shown (`api/problem_words.toml`).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from api.errors import STATUS, as_problem
from api.openapi_examples import read_examples
from api.openapi_schemas import Schema
from api.problem_catalogue import words
from domain.errors import NightbellError

PROBLEMS: Final = "problems"
"""Where the examples of problems are, in place of an operation's id; by code."""


def problem_examples(kinds: Iterable[type[NightbellError]]) -> Schema:
    """Return the field `examples` of the problems of a response: references, by code."""
    return {
        "examples": {
            each.code: {"$ref": f"#/components/examples/{component_of(each.code)}"} for each in kinds
        }
    }


def shared_examples() -> Schema:
    """Return the Example Objects (OpenAPI 3.1 §4.8.19) of all codes, by component."""
    return {
        component_of(code): {"summary": problem["title"], "value": problem}
        for code, problem in sorted(_problems().items())
    }


def component_of(code: str) -> str:
    """Return a code as a component is named: `body.too-large` → `BodyTooLarge`."""
    return code.title().replace(".", "").replace("-", "")


@cache
def _problems() -> Mapping[str, Any]:
    kinds: tuple[type[NightbellError], ...] = (*STATUS, NightbellError)
    recorded = {code: by["en"] for code, by in read_examples(PROBLEMS).items()}
    return {kind.code: _written(kind) for kind in kinds} | recorded


def _written(kind: type[NightbellError]) -> Any:
    said = words()[kind.code]
    return msgspec.to_builtins(as_problem(kind, said.detail, said.errors))
