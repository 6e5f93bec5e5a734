"""A request that is wanted of an operation: by whom, and with what made for it first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import httpx
import msgspec
from msgspec import Struct

from api.examples import EXAMPLES
from api.operations import Operation
from domain.people import Role
from tests.support.clinic import Json, Person
from tests.support.two_sites import Rung, TwoSites


class Sent(Struct, kw_only=True):
    """A request; `token` is for whoever cannot be asked twice, instead of the caller's own."""

    path: str
    body: Json = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    token: str = ""


class Ask(Struct, kw_only=True):
    """For which operation a request is wanted, who sends it, and whether it is to succeed."""

    ward: TwoSites
    operation: Operation
    method: str
    path: str
    column: str
    person: Person | None
    role: Role | None = None
    meets: bool = True
    """What the table makes a condition is so: she is paged, holds the alert, knows the secret; the provider signed."""
    fresh: bool = True
    """Nobody else has used what it is about: it is going to be changed."""

    @property
    def desk(self) -> Person:
        """Who does at the site what must be there before."""
        return self.ward.plain[Role.COORDINATOR]

    @property
    def body(self) -> Json:
        """The example of the contract."""
        return msgspec.to_builtins(EXAMPLES[self.operation.name][0].value)

    async def lin(self, days: int = 3) -> str:
        """The id of a participant: a new one where something is going to be changed."""
        return (
            (await self.ward.clinic.lin(days=days))[0].participant_id
            if self.fresh
            else self.ward.lin.participant_id
        )

    async def alert(self) -> Rung:
        """An alert that rings everybody on call."""
        return await self.ward.ring() if self.fresh else self.ward.rung

    async def proof(self) -> Json:
        """A good proof of whoever asks, also where she is refused: else the proof would be why. Phones have none."""
        known = self.person is not None and self.person.device_id in self.ward.keys
        return await self.ward.proof(self.person) if known and self.person else self.body["proof"]

    def sent(self, body: Json = None, **places: str) -> Sent:
        """The request with these in its path, and what is usual in the other places."""
        ward = self.ward
        usual = {
            "participantId": ward.lin.participant_id,
            "siteId": str(ward.here.id),
            "alertId": ward.rung.alert_id,
            "drillId": ward.drill_id,
            "reportId": ward.reports["caregiver" if self.column == "caregiver" else "participant"],
            "formId": "caregiver" if self.column == "caregiver" else "on-demand",
            "version": "1",
            "administration": "1",
            "week": "1",
            "role": "participant",
            "kind": "sms" if self.path.startswith("/v1/me/") else "data",
            "staffId": str(ward.ids[Role.MONITOR, False]),
        }
        headers = {"If-Match": "*"} if self.operation.if_match else {}
        return Sent(path=self.path.format(**usual | places), body=body, headers=headers)


Recipe: TypeAlias = Callable[[Ask], Awaitable[Sent]]


async def send(ask: Ask, sent: Sent, *, until: str = "event: ping") -> httpx.Response:
    """Send a request as whoever asks, over HTTP; a stream never ends, and is read up to a line that begins so."""
    headers = dict(sent.headers)
    if ask.person is not None or sent.token:
        own = "submissionToken" if ask.column == "submission" else "accessToken"
        headers["Authorization"] = f"Bearer {sent.token or (ask.person.tokens[own] if ask.person else '')}"
    http, method = ask.ward.clinic.http, ask.method
    request = http.build_request(method, sent.path, json=sent.body, content=sent.content, headers=headers)
    answer = await http.send(request, stream=True)
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        return await _begun(answer, until)
    await answer.aread()
    return answer


async def _begun(answer: httpx.Response, until: str) -> httpx.Response:
    lines = []
    async for line in answer.aiter_lines():
        lines.append(line)
        if line.startswith(until):
            break
    await answer.aclose()
    return httpx.Response(
        answer.status_code, text="\n".join(lines), headers=answer.headers, request=answer.request
    )
