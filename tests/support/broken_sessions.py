"""As tests/support/broken_apps.py: breaks of tokens and clocks."""

import contextlib
from typing import Any
from uuid import uuid4

from api.conformance import scenes_of_sessions as sessions
from openapi.clients.python.calls import Answer
from openapi.clients.python.outbox import Outbox
from openapi.clients.python.session import Session
from openapi.clients.python.store import WAITING, Json, Report, Tokens
from tests.support.broken_apps import Patch, breaks, in_the_body

# ruff: noqa: SLF001 - a break reaches into what it breaks


def without_waiting(session: Session) -> None:
    """Drop every report that waits."""
    kept = session._store.kept
    kept.reports = [each for each in kept.reports if each.standing != WAITING]


@breaks("report.refused-token", sessions.a_token_is_refused_in_the_middle)
def a_report_is_dropped_at_401(patch: Patch) -> None:
    async def send(self: Outbox, report: Report) -> Answer | None:
        tokens = self._store.kept.tokens
        path, access = f"/v1/me/reports/{report.report_id}", "" if tokens is None else tokens.access
        answer = await self._server.send("PUT", path, token=access, body=report.body)
        if answer is not None and answer.status == 401:
            self._store.kept.reports.remove(report)
        return answer

    patch.setattr(Outbox, "_send", send)


@breaks("report.submission-token", sessions.the_session_has_ended)
def only_the_access_token_hands_in(patch: Patch) -> None:
    patch.setattr(Session, "submission", "")


@breaks("report.sign-out", sessions.she_signs_out)
def signing_out_empties_the_phone(patch: Patch) -> None:
    genuine = Session.sign_out

    async def sign_out(self: Session) -> None:
        without_waiting(self)
        await genuine(self)

    patch.setattr(Session, "sign_out", sign_out)


@breaks("report.ended", sessions.the_participation_ends)
def an_ended_session_empties_the_phone(patch: Patch) -> None:
    genuine = Session.end

    def end(self: Session) -> None:
        without_waiting(self)
        genuine(self)

    patch.setattr(Session, "end", end)


@breaks("clock.age", sessions.an_hour_without_a_network)
def every_report_was_finished_just_now(patch: Patch) -> None:
    in_the_body(patch, lambda *_: {"ageSeconds": 0.0})


@breaks("clock.wrong", sessions.the_clock_is_wrong)
def the_phones_clock_says_what_has_expired(patch: Patch) -> None:
    genuine = Session.call

    async def call(self: Session, *given: Any, **more: Any) -> Answer | None:
        if self._clock.offset > 0:
            await self.renew(self._store.kept.tokens)
        return await genuine(self, *given, **more)

    patch.setattr(Session, "call", call)


@breaks("activation.lost-answer", sessions.a_code_whose_answer_is_lost)
def each_try_is_a_new_device(patch: Patch) -> None:
    genuine = Session.activate

    async def activate(self: Session, code: str) -> None:
        self._store.kept.device_id = str(uuid4())
        await genuine(self, code)

    patch.setattr(Session, "activate", activate)


@breaks("rotation.lost-answer", sessions.a_rotation_whose_answer_is_lost)
def a_lost_rotation_waits_for_an_hour(patch: Patch) -> None:
    genuine = Session.renew

    async def renew(self: Session, used: Tokens | None) -> bool:
        kept = self._store.kept
        if kept.renew_failures and self._clock.passed < 3600:
            kept.renew_at = None
            return False
        return await genuine(self, used)

    patch.setattr(Session, "renew", renew)


@breaks("rotation.one-at-a-time", sessions.a_token_is_refused_in_the_middle)
def whoever_is_refused_rotates(patch: Patch) -> None:
    genuine = Session.__init__

    def without_lock(self: Session, *given: Any) -> None:
        genuine(self, *given)
        self._renewing = contextlib.nullcontext()  # type: ignore[assignment]

    patch.setattr(Session, "__init__", without_lock)


def _take_without(patch: Patch, *, saving: bool, refresh: bool) -> None:
    def take(self: Session, body: Json) -> None:
        kept = self._store.kept
        before = kept.tokens
        newest = body["refreshToken"] if refresh or before is None else before.refresh
        kept.tokens = Tokens(body["accessToken"], newest, body["submissionToken"])
        if saving or before is None:
            self._store.save()

    patch.setattr(Session, "_take", take)


@breaks("rotation.kept-first", sessions.the_app_is_killed_after_a_rotation)
def new_tokens_are_used_before_they_are_kept(patch: Patch) -> None:
    _take_without(patch, saving=False, refresh=True)


@breaks("rotation.never-old", sessions.the_app_is_killed_after_a_rotation)
def the_first_refresh_token_is_kept_for_good(patch: Patch) -> None:
    _take_without(patch, saving=True, refresh=False)


@breaks("session.not-for-trouble", sessions.the_server_fails_to_rotate)
def trouble_signs_out(patch: Patch) -> None:
    genuine = Session._renewed

    def renewed(self: Session, answer: Answer | None) -> bool:
        if answer is None or answer.status != 201:
            self.end()
        return genuine(self, answer)

    patch.setattr(Session, "_renewed", renewed)


@breaks("session.signed-out", sessions.she_signs_out)
def the_server_never_hears_of_a_sign_out(patch: Patch) -> None:
    async def tell_left(_: Session) -> None:
        pass

    patch.setattr(Session, "tell_left", tell_left)


@breaks("alarms.taken-back", sessions.the_session_has_ended)
def alarms_outlive_the_session(patch: Patch) -> None:
    genuine = Session.end

    def end(self: Session) -> None:
        before = self._store.kept.alarms
        genuine(self)
        self._store.kept.alarms = before

    patch.setattr(Session, "end", end)
