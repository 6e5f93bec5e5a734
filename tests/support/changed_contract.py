"""The real contract, changed at one place."""

import copy
from collections.abc import Callable
from typing import Any

import msgspec

from api.compatibility import differences
from api.compatibility_rules import Verdict
from api.openapi import render_contract
from api.references import resolved

Json = dict[str, Any]
Change = Callable[[Json], object]

FEW = ("/v1/me", "/v1/me/schedule", "/v1/me/reports", "/v1/me/reports/{reportId}", "/v1/me/reminders")
"""Addresses that have one of everything; the whole contract says the same a hundred times more."""


def _few() -> bytes:
    whole = msgspec.json.decode(render_contract())
    return msgspec.json.encode({**whole, "paths": {path: whole["paths"][path] for path in FEW}})


_FEW = _few()

SENT = ("submitReport", "requestBody")
ANSWERED = ("submitReport", "201")


def contract(*changes: Change) -> Json:
    """A copy of some of the contract, changed."""
    changed: Json = msgspec.json.decode(_FEW)
    for change in changes:
        change(changed)
    return changed


def operation(document: Json, operation_id: str) -> Json:
    found: Json
    (found,) = (
        each
        for item in document["paths"].values()
        for each in item.values()
        if each.get("operationId") == operation_id
    )
    return found


def place(document: Json, operation_id: str) -> tuple[str, str]:
    """The path and the method of an operation."""
    (found,) = (
        (path, method)
        for path, item in document["paths"].items()
        for method, each in item.items()
        if each.get("operationId") == operation_id
    )
    return found


def shape(document: Json, of: tuple[str, str]) -> Json:
    """The schema of a body or an answer, written out at its place, so that changing it changes nothing else."""
    operation_id, part = of
    found = operation(document, operation_id)
    holder = found["requestBody"] if part == "requestBody" else found["responses"][part]
    media = holder["content"]["application/json"]
    media["schema"] = copy.deepcopy(resolved(media["schema"], document))
    schema: Json = media["schema"]
    return schema


def probe(of: tuple[str, str], schema: Any, *, required: bool = False) -> Change:
    """Give a body or an answer a field of its own."""

    def change(document: Json) -> None:
        held = shape(document, of)
        held["properties"]["probe"] = schema
        held["required"] = [*held.get("required", ()), *(["probe"] if required else [])]

    return change


def verdict(old: Json, new: Json) -> Verdict | None:
    """How bad the worst difference is; None when there is none."""
    return max((each.verdict for each in differences(old, new)), default=None)
