"""The part of the road on which everything goes wrong that a caller can let go wrong: one problem of each code."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx

from domain.people import Role
from tests.support.clinic import Json
from tests.support.two_sites import TwoSites, done

NOBODYS = str(UUID(int=0))

SIGN_IN = {
    "email": "bob@example.org",
    "password": "not the password",
    "totp": "287082",
    "deviceId": "c3f1b6a4-52d7-4b7e-9d5c-6a1e0b9f3d03",
}


class Wrong:
    """Somebody who does everything wrong."""

    def __init__(self, ward: TwoSites) -> None:
        self.ward = ward
        self.http = ward.clinic.http
        self.alice = ward.plain[Role.COORDINATOR]
        self.lin = ward.spare

    async def problems(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        """Give an answer for each code."""
        for each in (
            self._unknown(),
            self._refused(),
            self._badly_said(),
            self._reports(),
            self._done_already(),
        ):
            async for code, answer in each:
                yield code, answer
        for each in (self._staff(), self._alerts()):
            async for code, answer in each:
                yield code, answer

    async def _unknown(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        yield "not-found", await self.alice.get(f"/v1/participants/{NOBODYS}")
        yield "sandbox.unknown", await self.http.get("/sandbox/keys/7h4nkd4gp3wx9m")
        yield "method.not-allowed", await self.http.delete("/v1/me")

    async def _refused(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        activation = {"code": "K7Q4-MM3P-9X3Q", "deviceId": str(uuid4())}
        answer = {"code": "a-code", "state": "a-state", "deviceId": str(uuid4())}
        dora = self.ward.plain[Role.DATA_MANAGER]
        sick = self.ward.clinic.submission("participant", {"vomited-blood": "yes"})
        yield "token.refused", await self.http.put(f"/v1/me/reports/{uuid4()}", json=sick)
        yield "sign-in.refused", await self.http.post("/v1/staff/sessions", json=SIGN_IN)
        yield "directory.refused", await self.http.post("/v1/staff/directory-sessions", json=answer)
        yield "activation.refused", await self.http.post("/v1/activations", json=activation)
        yield "access.denied", await dora.post("/v1/participants", self._newcomer())
        yield "webhook.signature", await self.http.post("/webhooks/twilio/status", data={"MessageSid": "SM0"})

    async def _badly_said(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        path, json = "/v1/activations", {"Content-Type": "application/json"}
        form = "/v1/forms/on-demand/versions/1"
        yield "body.malformed", await self.http.post(path, content=b"{", headers=json)
        yield "body.too-large", await self.http.post(path, content=b" " * 70_000, headers=json)
        yield (
            "body.media-type",
            await self.http.post(path, content=b"{}", headers={"Content-Type": "text/plain"}),
        )
        yield "body.invalid", await self.http.post(path, json={"code": 7, "deviceId": "mine"})
        yield "request.blinded-field", await self.http.post(path, json={"arm": "A"})
        yield "query.invalid", await self.lin.get("/v1/me/reminders?from=yesterday")
        yield "response.media-type", await self.lin.get(form, Accept="text/csv")
        yield "precondition.missing", await self.lin.call("PATCH", "/v1/me", {"reminderHour": 10})
        yield "precondition.failed", await self._change(reminderHour=10, held='"an-older-tag"')
        yield "zone.unknown", await self._change(timeZone="Mars/Base")

    async def _change(self, *, held: str = "*", **body: str | int) -> httpx.Response:
        return await self.lin.call("PATCH", "/v1/me", body, headers={"If-Match": held})

    async def _reports(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        headers = {
            "Authorization": f"Bearer {self.lin.tokens['accessToken']}",
            "Content-Type": "application/json",
        }
        report_id = "0f8c1f2e-4a53-4d8b-9b1e-7c2d3e4f5a21"
        path = f"/v1/me/reports/{uuid4()}"
        done(await self.lin.report({"vomited-blood": "no"}, report_id=report_id))
        yield "report.conflict", await self.lin.report({"vomited-blood": "yes"}, report_id=report_id)
        yield "report.malformed", await self.http.put(path, content=b"{", headers=headers)

    def _newcomer(self, **more: str) -> Json:
        number = f"ZN-{uuid4().int % 10**8:08}"
        return {"siteId": str(self.ward.here.id), "subjectNumber": number, "phase": "phase-1", **more}

    async def _done_already(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        newcomer = self._newcomer()
        made = done(await self.alice.post("/v1/participants", newcomer)).json()
        path = f"/v1/participants/{made['participantId']}"
        phone = {"phone": "+8619900000101", "consentedOn": "2026-03-10"}
        sick = {"complication": "hepatic-encephalopathy", "occurredOn": "2026-03-10"}
        yield "participant.exists", await self.alice.post("/v1/participants", newcomer)
        yield "phase.unknown", await self.alice.post("/v1/participants", self._newcomer(phase="phase-9"))
        yield "consent.missing", await self.alice.post(f"{path}/activation-codes", {"role": "caregiver"})
        yield "account.missing", await self.alice.put(f"{path}/sms-consents/participant", phone)
        done(await self.alice.post(f"{path}/administrations", {"givenOn": "2026-03-02"}))
        yield (
            "administration.exists",
            await self.alice.post(f"{path}/administrations", {"givenOn": "2026-03-02"}),
        )
        done(await self.alice.post(f"{path}/complications", sick))
        yield "complication.exists", await self.alice.post(f"{path}/complications", sick)
        done(await self.alice.post(f"{path}/end", {"reason": "withdrawn", "endedOn": "2026-03-10"}))
        yield "participant.ended", await self.alice.post(f"{path}/activation-codes", {"role": "participant"})

    async def _staff(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        ada, path = self.ward.plain[Role.ADMINISTRATOR], f"/v1/sites/{self.ward.here.id}/staff-invitations"
        bob = {"name": "Bob", "email": "bob@example.org", "role": "monitor", "language": "en"}
        wrong = {"password": "not the password", "totp": "287082"}
        yield "proof.refused", await self.alice.put("/v1/staff/me/pin", {"pin": "318264", "proof": wrong})
        proof = await self.ward.proof(self.alice)
        yield "pin.trivial", await self.alice.put("/v1/staff/me/pin", {"pin": "123456", "proof": proof})
        proof = await self.ward.proof(self.alice)
        body = {"password": "nightbell", "proof": proof}
        yield "password.weak", await self.alice.put("/v1/staff/me/password", body)
        proof = await self.ward.proof(ada)
        yield "staff.exists", await ada.post(path, {**bob, "proof": proof})

    async def _alerts(self) -> AsyncIterator[tuple[str, httpx.Response]]:
        ines, chen = self.ward.on_call[Role.INVESTIGATOR], self.ward.on_call[Role.COORDINATOR]
        drills = f"/v1/sites/{self.ward.here.id}/drills"
        await self.ward.quiet()
        alert = f"/v1/alerts/{(await self.ward.ring()).alert_id}"
        done(await chen.post(f"{alert}/acknowledgements"))
        yield "alert.taken", await ines.post(f"{alert}/acknowledgements")
        await self.ward.quiet()
        drill = done(await self.alice.post(drills)).json()
        done(await ines.post(f"/v1/alerts/{drill['alertId']}/acknowledgements"))
        reached = {"outcome": "spoke-with-participant"}
        yield "state.conflict", await ines.post(f"/v1/alerts/{drill['alertId']}/contacts", reached)
