"""Every operation of the sandbox, held to its own document by somebody who has read nothing else (schemathesis)."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from schemathesis import Case

from api.examples import EXAMPLES
from api.openapi_files import committed_sandbox_contract
from api.openapi_operations import method_of, operation_of, path_of
from api.routes.sandbox import OPERATIONS
from tests.support.clinic import Clinic
from tests.support.strangers import Approach, loaded, try_everything

SCHEMA = loaded(json.loads(committed_sandbox_contract().read_bytes()))
LONGEST = timedelta(days=2)
"""What is between two instants of a trial takes seconds: the years are lived elsewhere (test_sandbox_year.py)."""


def takes_long(case: Case[Any]) -> bool:
    body = case.body if isinstance(case.body, dict) else {}
    try:
        return LONGEST < msgspec.convert(body.get("advance"), timedelta) <= timedelta(days=400)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False


@pytest.mark.soak
@pytest.mark.parametrize("route", OPERATIONS, ids=lambda route: operation_of(route).operation_id)
async def test_an_operation_takes_what_its_document_says_and_answers_nothing_else(
    ward: Clinic, route: Any
) -> None:
    operation = operation_of(route)
    approach = Approach(
        url=ward.demo.api_url,
        operation=SCHEMA[path_of(route)][method_of(route)],
        operation_id=operation.operation_id,
        headers={},
        known={"number": ward.numbers["Bob"]} if "{number}" in path_of(route) else {},
        body=None if operation.body is None else msgspec.to_builtins(EXAMPLES[operation.name][0].value),
        passes_over=takes_long,
        came=Counter(),
        wrong={},
    )
    await asyncio.to_thread(try_everything, approach)
    # The script of the provider's faults must not outlive its test.
    ward.emulator.script()
    assert approach.wrong == {}
    assert approach.came
