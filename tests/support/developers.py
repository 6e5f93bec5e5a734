"""Developers with sandboxes of their own, over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import httpx
from msgspec import Struct

from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json
from tests.support.watch import EMERGENCY

BOB = "/sandbox/phones/+8619900000002/messages"


class Developer(Struct):
    """Somebody with a sandbox of her own."""

    view: Json
    http: httpx.AsyncClient

    @property
    def key(self) -> str:
        return str(self.view["key"])

    async def caregiver(self) -> dict[str, str]:
        """What a signed-in caregiver of a new participant sends."""
        wanted = {"daysSinceAdministration": 3, "signIn": True}
        made = (await self.http.post("/sandbox/participants", json=wanted)).json()
        return {"Authorization": f"Bearer {made['caregiverDevice']['accessToken']}"}

    async def report(self, headers: dict[str, str]) -> httpx.Response:
        answers = [{"type": "choice", "itemId": item, "choice": said} for item, said in EMERGENCY.items()]
        body = {
            "formId": "caregiver",
            "formVersion": 1,
            "language": "en",
            "answers": answers,
            "deviceTime": machine_now().isoformat(),
        }
        return await self.http.put(f"/v1/me/reports/{uuid4()}", json=body, headers=headers)

    async def move(self, advance: str) -> datetime:
        answer = await self.http.post("/sandbox/clock", json={"advance": advance})
        assert answer.status_code == 200, answer.text
        return datetime.fromisoformat(answer.json()["now"])

    async def texts(self) -> list[str]:
        return [each["body"] for each in (await self.http.get(BOB)).json()["messages"]]


@contextlib.asynccontextmanager
async def developer(clinic: Clinic) -> AsyncIterator[Developer]:
    answer = await clinic.http.post("/sandbox/keys")
    assert answer.status_code == 201, answer.text
    view = answer.json()
    async with httpx.AsyncClient(base_url=view["apiUrl"], timeout=60) as http:
        yield Developer(view, http)
    await clinic.http.delete(f"/sandbox/keys/{view['key']}")
