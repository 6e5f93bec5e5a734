"""Somebody who knows nothing of the program but its document, and tries everything that it allows and forbids.

Cases are thought up by schemathesis: those of each limit of each field (the same each time), and some at random.
Every answer is held to all of schemathesis' checks, and to what is stricter here: a status that the operation itself
documents, with one of the codes that it names there.
"""

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, TypeAlias

import msgspec
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from msgspec import Struct
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response

from api.references import resolved
from api.shapes.reports import BatchedReport
from tests.support.clinic import Json
from tests.support.patience import PATIENCE_SECONDS
from tests.support.soak import a_seed, is_soak, rounds
from tests.support.strangers_known import SAYS_MORE, SAYS_NO, UNCHECKED

Operation: TypeAlias = Any
"""Of schemathesis."""

_STATEFUL_REFUSALS = ["401", "403", "404", "409", "412", "413", "429"]
"""Of a valid request: who asks, what is there, how much of it. 413: a list of long texts is longer than 64 KiB."""

_CONFIG = {
    "generation": {"with-security-parameters": False},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", *_STATEFUL_REFUSALS]},
        "negative_data_rejection": {
            "expected-statuses": ["400", "405", "406", "415", "422", "428", *_STATEFUL_REFUSALS]
        },
        "missing_required_header": {"expected-statuses": ["401", "403", "404", "428"]},
    },
}

_NOT_DONE = 300

LIMIT_CASES = 8
"""How many of the cases of an operation's limits are tried each time; all of them under `make soak`."""


def loaded(document: Json) -> Any:
    """Return a document as schemathesis has it."""
    load_all_checks()
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(_CONFIG))


class Approach(Struct, kw_only=True):
    """How a stranger comes to one operation: by whose token, and with what she was told that is there."""

    url: str
    operation: Operation
    operation_id: str
    headers: Mapping[str, str]
    known: Mapping[str, str] = {}
    """Path parameters of something that is there."""
    body: Json = None
    """One that is taken."""
    is_lenient: bool = False
    """Its body is never refused for what it says."""
    dress: Callable[[Case[Any]], Mapping[str, str]] = lambda _: {}
    """More headers for a case: a signature of what it sends."""
    before: Callable[[], None] = lambda: None
    """What is done before each case, so that no quota stands in its way."""
    passes_over: Callable[[Case[Any]], bool] = lambda _: False
    """Cases that would take too long."""
    came: Counter[int] = Counter()
    wrong: dict[str, str] = {}
    is_refused_without_token: bool = False


def try_everything(approach: Approach) -> None:
    """Send what can be thought up, note what came and what is wrong."""
    with warnings.catch_warnings():
        # Of patterns and formats that it draws from slowly.
        warnings.simplefilter("ignore")
        for case in _of_limits(approach):
            _try(approach, case)
        for mode in GenerationMode:
            if mode is GenerationMode.POSITIVE or _can_be_wrong(approach.operation):
                _at_random(approach, mode, approach.known)
                if is_soak() and approach.known:
                    _at_random(approach, mode, {})


def _of_limits(approach: Approach) -> Iterator[Case[Any]]:
    operation = approach.operation
    config = operation.schema.config.generation_for(operation=operation, phase="coverage")
    cases = list(
        operation.schema.iter_coverage_cases(
            operation, generation_modes=list(GenerationMode), generation_config=config
        )
    )
    step = 1 if is_soak() else max(1, len(cases) // LIMIT_CASES)
    for place, case in enumerate(islice(cases, 0, None, step)):
        if not case.meta.is_negative_at(ParameterLocation.PATH):
            case.path_parameters.update(approach.known)
        _fill(approach, case, place)
        yield case


def _at_random(approach: Approach, mode: GenerationMode, known: Mapping[str, str]) -> None:
    fixed = {"path_parameters": dict(known)} if known else {}
    places = iter(range(1_000_000))

    @settings(
        max_examples=rounds(2),
        deadline=None,
        database=None,
        derandomize=not is_soak(),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=approach.operation.as_strategy(mode, **fixed))
    def each(case: Case[Any]) -> None:
        if known:
            _fill(approach, case, next(places))
        _try(approach, case)

    try:
        (seed(a_seed())(each) if is_soak() else each)()
    except Unsatisfiable:
        # Nothing it takes can be wrong.
        return


def _can_be_wrong(operation: Operation) -> bool:
    """Tell whether anything that it takes has a wrong value: of a header or a plain word in the address, none is."""
    parameters = [
        each for each in operation.iter_parameters() if each.location is not ParameterLocation.HEADER
    ]
    schemas = [each.definition["schema"] for each in parameters]
    return bool(operation.body) or any(set(each) - {"type", "minLength"} for each in schemas)


def _fill(approach: Approach, case: Case[Any], place: int) -> None:
    """Let a valid body be the one that is taken but for one field, so that it gets as far as that field matters."""
    is_valid = case.meta is not None and not case.meta.generation.mode.is_negative
    if is_valid and isinstance(approach.body, dict) and isinstance(case.body, dict) and case.body:
        kept = sorted(case.body)[place % len(case.body)]
        case.body = {**approach.body, kept: case.body[kept]}


def _try(approach: Approach, case: Case[Any]) -> None:
    if approach.passes_over(case):
        return
    approach.before()
    headers = {**approach.headers, **approach.dress(case)}
    for name in set(headers) & set(case.headers or {}):
        del headers[name]
    answer = case.call(base_url=approach.url, headers=headers, timeout=PATIENCE_SECONDS)
    approach.came[answer.status_code] += 1
    try:
        case.validate_response(
            answer,
            headers=headers,
            transport_kwargs={"base_url": approach.url, "headers": headers},
            excluded_checks=list(_excluded(approach, case)),
            additional_checks=[documented],
        )
    except FailureGroup as failures:
        for failure in failures.exceptions:
            _note(approach, case, answer, failure)
    if approach.is_lenient and _is_wrong_in_body(case) and answer.status_code < _NOT_DONE:
        _must_be_kept(approach, case, answer)
    approach.is_refused_without_token |= 200 <= answer.status_code < 300


def _excluded(approach: Approach, case: Case[Any]) -> Iterator[Any]:
    names = set(UNCHECKED.get(approach.operation_id, {}))
    if approach.is_refused_without_token:
        # Asked once: it sends two requests more.
        names.add("ignored_auth")
    if approach.is_lenient and _is_wrong_in_body(case):
        names.add("negative_data_rejection")
    yield from CHECKS.get_by_names(sorted(names))


def _is_wrong_in_body(case: Case[Any]) -> bool:
    return case.meta is not None and bool(case.meta.is_negative_at(ParameterLocation.BODY))


def documented(_: Any, response: Response, case: Case[Any]) -> None:
    """Check that the operation itself names the status, and the code of a problem."""
    if case.method.upper() != case.operation.method.upper():
        return
    described = case.operation.definition.raw["responses"].get(str(response.status_code))
    if described is None:
        raise Failure(operation=case.operation.label, title="Undocumented", message=f"{response.status_code}")
    if "problem" in "".join(response.headers.get("content-type", [])):
        code = response.json()["code"]
        if code not in resolved(described, case.operation.schema.raw_schema)["x-codes"]:
            raise Failure(operation=case.operation.label, title="Undocumented code", message=code)


def _note(approach: Approach, case: Case[Any], answer: Any, failure: Failure) -> None:
    if type(failure).__name__ == "RejectedPositiveData" and (
        # What cannot be served now refuses nothing that was sent.
        answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE or _may_be_refused(approach, answer.json())
    ):
        return
    about = re.sub(r"[0-9a-f-]{36}|\d+", "N", failure.message)
    sent = f"{case.method} {case.path_parameters} {case.query} {dict(case.headers or {})} {case.body!r:.400}"
    approach.wrong.setdefault(
        f"{failure.title}: {about[:200]}", f"{sent} → {answer.status_code} {answer.text[:400]}"
    )


def _may_be_refused(approach: Approach, problem: Json) -> bool:
    if problem["code"] in SAYS_NO.get(approach.operation_id, {}):
        return True
    places = SAYS_MORE.get(approach.operation_id, {})
    pointers = [each["pointer"] for each in problem["errors"]]
    return bool(pointers) and all(any(re.fullmatch(place, each) for place in places) for each in pointers)


def _must_be_kept(approach: Approach, case: Case[Any], answer: Any) -> None:
    """A report that does not fit is taken all the same, and what does not fit is named (contract.md)."""
    if _is_wrong_around_reports(case.body):
        taken = {each["status"] for each in answer.json()["results"]} <= {200, 201, 409, 429}
        if not taken:
            approach.wrong.setdefault("Refused for what stands around it", answer.text[:400])
        return
    said = answer.json()
    results = said.get("results", [{"status": answer.status_code, "report": said}])
    if not any(each["status"] >= _NOT_DONE or each["report"]["quarantined"] for each in results):
        approach.wrong.setdefault("Taken as if it fitted", f"{case.body!r:.600} → {answer.text[:400]}")


def _is_wrong_around_reports(body: Any) -> bool:
    """Say whether each report of a batch fits: neither too many of them nor what else stands there makes one wrong."""
    reports = body.get("reports") if isinstance(body, dict) else None
    try:
        msgspec.convert(reports, list[BatchedReport])
    except msgspec.ValidationError:
        return False
    return True
