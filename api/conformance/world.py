"""The sandbox behind the road: its participants, and its staff, who act as they do in life."""

from datetime import date, timedelta
from http import HTTPStatus

import aiohttp
import msgspec
from msgspec import Struct

from api.conformance.sent import Json

PATIENCE_SECONDS = 20.0
"""With the sandbox."""


class Enrolled(Struct, frozen=True, kw_only=True):
    """A fresh participant of the sandbox, and the code by which a phone becomes hers or her caregiver's."""

    participant_id: str
    participant_code: str
    caregiver_code: str


class SandboxFailedError(Exception):
    """The sandbox itself did not do its part: nothing is said about the app."""


def connections(patience: float = PATIENCE_SECONDS) -> aiohttp.ClientSession:
    """Return what sends requests, each on a connection of its own: an old one may close as it is used again."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=aiohttp.ClientTimeout(total=patience),
    )


class World:
    """What the kit does in the sandbox; each of its staff signs in once, for her digits are good once."""

    def __init__(self, api_url: str, http: aiohttp.ClientSession) -> None:
        self.api_url, self._http = api_url, http
        self._tokens: dict[str, str] = {}

    async def enrol(self) -> Enrolled:
        """Register a participant who was given something three days ago."""
        seeded = await self._call("POST", "/sandbox/participants", {"daysSinceAdministration": 3})
        return Enrolled(
            participant_id=seeded["participantId"],
            participant_code=seeded["participantCode"],
            caregiver_code=seeded["caregiverCode"],
        )

    async def acknowledge(self, participant_id: str) -> None:
        """Have Dana take the alert of a participant."""
        alerts = (await self._as("Dana", "GET", "/v1/alerts"))["alerts"]
        hers = next((each for each in alerts if each["participantId"] == participant_id), None)
        if hers is None:
            raise SandboxFailedError("no alert rings for her")
        await self._as("Dana", "POST", f"/v1/alerts/{hers['alertId']}/acknowledgements")

    async def end(self, participant_id: str) -> None:
        """Have Alice record that a participant has withdrawn."""
        # Yesterday is no later than today, in any zone.
        body = {"reason": "withdrawn", "endedOn": (date.today() - timedelta(days=1)).isoformat()}  # noqa: DTZ011 - as above
        await self._as("Alice", "POST", f"/v1/participants/{participant_id}/end", body)

    async def _as(self, name: str, method: str, path: str, body: Json | None = None) -> Json:
        if name not in self._tokens:
            self._tokens[name] = await self._sign_in(name)
        return await self._call(method, path, body, self._tokens[name])

    async def _sign_in(self, name: str) -> str:
        cast = (await self._call("GET", "/sandbox/staff"))["staff"]
        her = next(each for each in cast if each["name"] == name)
        body = {each: her[each] for each in ("email", "password", "totp")}
        device = {"deviceId": "7f0c1c1e-2a58-4f5e-9a43-0c8a1f6f4b11"}
        return str((await self._call("POST", "/v1/staff/sessions", body | device))["accessToken"])

    async def _call(self, method: str, path: str, body: Json | None = None, token: str = "") -> Json:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._http.request(method, self.api_url + path, json=body, headers=headers) as answer:
            content = await answer.read()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            msg = f"{method} {path}: {answer.status} {content.decode(errors='replace')}"
            raise SandboxFailedError(msg)
        return msgspec.json.decode(content, type=Json) if content else {}
