"""What every refusal must be (RFC 9457, contract.md)."""

from typing import Any

import httpx


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is this problem, whole, and return it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert None not in problem.values()
    return problem


def pointers(problem: dict[str, Any]) -> list[str]:
    """Where a problem points to."""
    return [each["pointer"] for each in problem["errors"]]


def without_id(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem without what differs between any two requests."""
    return {name: value for name, value in problem.items() if name != "requestId"}
