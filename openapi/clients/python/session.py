"""The tokens: asked for once at a time, kept before they are used, never given up for mere trouble."""

import asyncio
from collections.abc import Mapping

from openapi.clients.python.calls import Answer, Server
from openapi.clients.python.clock import Clock
from openapi.clients.python.store import Json, Store, Tokens
from openapi.clients.python.words import say

REFUSED = 401

_FIRST_WAIT, _LONGEST_WAIT = 5.0, 200.0
"""Seconds: a lost answer is given again for 60 s, so the first three tries lie within."""


class Session:
    """Who is signed in on this phone."""

    def __init__(self, store: Store, server: Server, clock: Clock) -> None:
        self._store, self._server, self._clock = store, server, clock
        self._renewing = asyncio.Lock()

    async def activate(self, code: str) -> None:
        """Redeem a code. The device id was kept before, so that a lost answer can be asked for again."""
        kept = self._store.kept
        body = {"code": code, "deviceId": kept.device_id}
        answer = await self._server.send("POST", "/v1/activations", body=body)
        if answer is not None and answer.status == 201:
            kept.signed_in, kept.problem = True, ""
            self._take(answer.body)
        else:
            refused = answer is not None and answer.status == 403
            kept.problem = say(kept.language, "wrong-code" if refused else "no-answer")
            if answer is not None and answer.status >= 500:
                kept.problem += f" ({say(kept.language, 'help')} {answer.request_id})"
            self._store.save()

    async def call(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] = {}
    ) -> Answer | None:
        """Send with the access token; where it is refused, once more with a new one.

        When it expires is left to the server: the clocks of phones are wrong.
        """
        used = self._store.kept.tokens
        answer = await self._server.send(method, path, token=self._access, body=body, headers=headers)
        if answer is not None and answer.status == REFUSED and await self.renew(used):
            return await self._server.send(method, path, token=self._access, body=body, headers=headers)
        return answer

    async def renew(self, used: Tokens | None) -> bool:
        """Rotate, unless somebody has done so since these were used; say whether there is a new access token."""
        kept = self._store.kept
        async with self._renewing:
            if kept.tokens is None or not kept.tokens.refresh:
                return False
            if kept.tokens != used:
                return True
            body = {"refreshToken": kept.tokens.refresh, "deviceId": kept.device_id}
            answer = await self._server.send("POST", "/v1/tokens", body=body)
            return self._renewed(answer)

    def _renewed(self, answer: Answer | None) -> bool:
        kept = self._store.kept
        if answer is not None and answer.status == 201:
            kept.renew_at, kept.renew_failures = None, 0
            self._take(answer.body)
            return True
        if answer is not None and answer.status == REFUSED:
            self.end()
        else:
            wait = min(_FIRST_WAIT * 2**kept.renew_failures, _LONGEST_WAIT)
            kept.renew_at, kept.renew_failures = self._clock.monotonic() + wait, kept.renew_failures + 1
            self._store.save()
        return False

    def end(self) -> None:
        """Keep nothing but what can still hand reports in; no alarm rings any more."""
        kept = self._store.kept
        kept.signed_in, kept.leaving, kept.renew_at, kept.alarms = False, False, None, []
        if kept.tokens is not None:
            kept.tokens = Tokens("", "", kept.tokens.submission)
        self._store.save()

    async def sign_out(self) -> None:
        """Sign out on the phone at once, and at the server as soon as it can be told."""
        kept = self._store.kept
        kept.signed_in, kept.leaving, kept.alarms = False, kept.signed_in or kept.leaving, []
        self._store.save()
        await self.tell_left()

    async def tell_left(self) -> None:
        """Tell the server of a sign-out, where it does not know."""
        if self._store.kept.leaving:
            answer = await self.call("DELETE", "/v1/tokens/current")
            if answer is not None and answer.status in {204, REFUSED}:
                self.end()

    @property
    def submission(self) -> str:
        """The token that hands reports in when no other does; empty before the activation."""
        tokens = self._store.kept.tokens
        return "" if tokens is None else tokens.submission

    @property
    def _access(self) -> str:
        tokens = self._store.kept.tokens
        return "" if tokens is None else tokens.access

    def _take(self, body: Json) -> None:
        self._store.kept.tokens = Tokens(body["accessToken"], body["refreshToken"], body["submissionToken"])
        self._store.save()
