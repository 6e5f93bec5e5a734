"""The part of the road that leads through the sandbox: somebody opens one of her own, and does everything in it."""

from collections.abc import AsyncIterator
from typing import cast
from uuid import uuid4

import httpx
import msgspec

from api.demo import Demo
from api.examples import EXAMPLES
from api.openapi_operations import method_of, operation_of, path_of
from api.routes import sandbox
from api.sandbox_keys import settings_of
from api.shapes.base import Language
from tests.support.answering import code_in
from tests.support.clinic import Clinic, Json, owner
from tests.support.two_sites import done
from tests.support.watch import EMERGENCY

_BY_ID = {operation_of(each).operation_id: each for each in sandbox.OPERATIONS}
_ORDER = (
    "openSandbox",
    "readSandbox",
    "readCast",
    "listState",
    "seedParticipant",
    "readClock",
    "scriptProvider",
    "readProvider",
    "moveClock",
    "readPhone",
    "pressPhone",
    "replyPhone",
    "resetSandbox",
    "discardSandbox",
)
"""Of the story."""


async def answers_of_a_sandbox(
    clinic: Clinic, language: Language
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Give every answer with the id of its operation; what is asked is the example, but for the code of a text."""
    opened = done(await clinic.http.post("/sandbox/keys"))
    yield "openSandbox", opened
    key = str(opened.json()["key"])
    async with httpx.AsyncClient(base_url=opened.json()["apiUrl"], timeout=60) as http:
        place = await clinic.demo.sandboxes.find(key)
        hers = Clinic(cast("Demo", place), settings_of(key, clinic.settings), http)
        # To a number of a country that allows calls and replies.
        await hers.move_abroad("Bob")
        await _read_in(hers, language)
        for operation_id in _ORDER[1:]:
            yield operation_id, await _ask(hers, operation_id, key, language)


async def _ask(clinic: Clinic, operation_id: str, key: str, language: Language) -> httpx.Response:
    handler, number = _BY_ID[operation_id], clinic.numbers["Bob"]
    if operation_id in {"readPhone", "replyPhone"}:
        await _ring(clinic)
    path = path_of(handler).format(number=number, key=key)
    return await clinic.http.request(
        method_of(handler).upper(), path, json=_body(clinic, operation_id, language)
    )


def _body(clinic: Clinic, operation_id: str, language: Language) -> Json:
    examples = EXAMPLES.get(operation_of(_BY_ID[operation_id]).name, ())
    body = next((msgspec.to_builtins(each.value) for each in examples if each.name == language), None)
    if operation_id == "replyPhone":
        return {"body": code_in(clinic.emulator.phone(clinic.numbers["Bob"])[-1].body)}
    return body


async def _ring(clinic: Clinic) -> None:
    """Let somebody new report an emergency, and Bob's phone ring."""
    made = done(await clinic.http.post("/sandbox/participants", json={"signIn": True})).json()
    headers = {"Authorization": f"Bearer {made['caregiverDevice']['accessToken']}"}
    body = clinic.submission("caregiver", EMERGENCY)
    done(await clinic.http.put(f"/v1/me/reports/{uuid4()}", json=body, headers=headers))
    done(await clinic.http.post("/sandbox/clock", json={"advance": "PT1S"}))


async def _read_in(clinic: Clinic, language: Language) -> None:
    connection = await owner(clinic.settings.database_url)
    await connection.execute("update staff set language = $1", language)
    await connection.close()
