"""A phone as a good app has it: what somebody has finished waits on it until the clinic is known to have it."""

import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from notifications.trial import machine_now

Json = Any

DONE = frozenset({200, 201})
SHOWN = frozenset({400, 409, 413})
"""The clinic has it, and it is not as it should be: whatever is to be done is shown to the person."""

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""As in tests/support/clinic.py."""

_PATIENCE_SECONDS = 20.0


class Phone:
    """One device with its tokens, its queue, and what it has shown of each report."""

    def __init__(self, url: str, device_id: str, tokens: Mapping[str, str]) -> None:
        self.url, self.device_id, self.tokens = url, device_id, dict(tokens)
        self.waiting: dict[str, tuple[float, dict[str, Json]]] = {}
        self.shown: dict[str, Json] = {}
        self.tries = 0

    def finish(self, body: dict[str, Json]) -> str:
        """Put a report into the queue; return its id, made before it is first sent."""
        report_id = str(uuid4())
        self.waiting[report_id] = (time.monotonic(), body)
        return report_id

    def sign_out(self) -> None:
        """Keep nothing but what can still hand reports in."""
        self.tokens = {"submissionToken": self.tokens["submissionToken"]}

    async def hand_in_one(self) -> None:
        """Try once with the oldest."""
        report_id = next(iter(self.waiting))
        answer = await self._with_a_token("PUT", f"/v1/me/reports/{report_id}", self._body(report_id))
        if answer is not None:
            self._take(report_id, answer.status_code, answer.json())

    async def hand_in_all(self) -> None:
        """Try once with all that waits."""
        reports = [{**self._body(each), "reportId": each} for each in self.waiting]
        answer = await self._with_a_token("POST", "/v1/me/report-batches", {"reports": reports})
        if answer is not None and answer.status_code == 200:
            for each in answer.json()["results"]:
                self._take(each["reportId"], each["status"], each.get("report") or each["problem"])

    def _take(self, report_id: str, status: int, said: Json) -> None:
        if status in DONE | SHOWN:
            self.shown[report_id] = said
            del self.waiting[report_id]

    def _body(self, report_id: str) -> dict[str, Json]:
        finished, body = self.waiting[report_id]
        return {**body, "ageSeconds": time.monotonic() - finished}

    async def _with_a_token(self, method: str, path: str, body: Json) -> httpx.Response | None:
        """Send with the best token there is; None where it must be tried again."""
        if self._is_stale() and not await self.rotate():
            return None
        name = "accessToken" if "accessToken" in self.tokens else "submissionToken"
        answer = await self._send(method, path, body, self.tokens[name])
        if answer is not None and answer.status_code == 401 and name == "accessToken":
            self.tokens["accessExpiresAt"] = "0001-01-01T00:00:00+00:00"
            return None
        return answer

    def _is_stale(self) -> bool:
        expires = self.tokens.get("accessExpiresAt")
        return expires is not None and datetime.fromisoformat(expires) <= machine_now()

    async def rotate(self) -> bool:
        """Exchange the tokens; where that is refused, go on with the one that only hands in."""
        body = {"refreshToken": self.tokens["refreshToken"], "deviceId": self.device_id}
        answer = await self._send("POST", "/v1/tokens", body)
        if answer is None:
            return False
        if answer.status_code == 201:
            self.tokens |= answer.json()
        elif answer.status_code == 401:
            self.sign_out()
        return answer.status_code in {201, 401}

    async def _send(self, method: str, path: str, body: Json, token: str = "") -> httpx.Response | None:
        """Send on a connection of its own; None where it broke, or the clinic or a node before it failed."""
        self.tries += 1
        headers = {"Connection": "close"} | ({"Authorization": f"Bearer {token}"} if token else {})
        async with httpx.AsyncClient(base_url=self.url, verify=_NO_TLS, timeout=_PATIENCE_SECONDS) as http:
            try:
                answer = await http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                return None
        return None if answer.status_code == 429 or answer.status_code >= 500 else answer
