"""One example problem of each code: what the road of the examples was answered, or what its page shows.

No road leads to a database that is away. Of such a code the catalogue's example is shown (`api/problem_words.toml`).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec

from api.errors import STATUS, as_problem
from api.openapi_examples import read_examples
from api.openapi_schemas import Schema
from api.problem_catalogue import words
from domain.errors import (
    BodyTooLarge,
    MethodRefused,
    NightbellError,
    NotFound,
    ReportConflict,
    ReportMalformed,
    RequestRefused,
    TokenRefused,
)

PROBLEMS: Final = "problems"
"""Where the examples of problems are, in place of an operation's id; by code."""


def problem_examples(kinds: Iterable[type[NightbellError]], *, of_report: bool = False) -> Schema:
    """Return the field `examples` of the problems of a response: references, by code.

    Those of handing in a report say what to do, but where nobody has read one: at an address that is none.
    """
    return {
        "examples": {
            each.code: {
                "$ref": f"#/components/examples/{OF_REPORT if of_report and each not in _UNREAD else ''}"
                f"{component_of(each.code)}"
            }
            for each in kinds
        }
    }


def shared_examples() -> Schema:
    """Return the Example Objects (OpenAPI 3.1 §4.8.19) of all codes, by component, and as a report meets them."""
    found: dict[str, Any] = {}
    for code, problem in _problems().items():
        found[component_of(code)] = {name: each for name, each in problem.items() if name != "whatToDo"}
        found[f"{OF_REPORT}{component_of(code)}"] = _of_report(code, problem)
    return {name: {"summary": each["title"], "value": each} for name, each in sorted(found.items())}


def _of_report(code: str, problem: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an example with what to do: of what was kept, or of what nobody has been told."""
    like = ReportMalformed.code if code in _KEPT else TokenRefused.code
    what_to_do = problem.get("whatToDo") or _problems()[like].get("whatToDo")
    # A report is safe under its id, also where nobody knows what was stored.
    is_safe = problem["retrySafe"] or problem["status"] == HTTPStatus.INTERNAL_SERVER_ERROR
    # Until it has been recorded there is none.
    told = {"whatToDo": what_to_do} if what_to_do else {}
    return {**problem, "retrySafe": is_safe, **told}


OF_REPORT: Final = "OfReport"
"""Before the name of what says what to do: a response, or an example, of handing in a report."""

_UNREAD: Final = (NotFound, MethodRefused, RequestRefused)
_KEPT: Final = frozenset({ReportMalformed.code, ReportConflict.code, BodyTooLarge.code})


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
