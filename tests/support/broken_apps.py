"""The Python app, broken in one place each: what the conformance kit must catch (tests/conformance).

A break is a function that puts something worse in place of one of the app's own; it names the promise that is broken
by it, and the scene in which that shows.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from msgspec import Struct
from msgspec.structs import replace

from api.conformance import scenes_of_queues as queues
from api.conformance import scenes_of_reports as reports
from api.conformance.stage import Stage
from openapi.clients.python import calls, outbox
from openapi.clients.python.app import App
from openapi.clients.python.calls import Answer
from openapi.clients.python.outbox import Outbox
from openapi.clients.python.store import REFUSED, STORED, WAITING, Json, Report

Patch = pytest.MonkeyPatch
Play = Callable[[Stage], Awaitable[None]]


class Break(Struct, frozen=True):
    """One break of the app."""

    apply: Callable[[Patch], None]
    promise: str
    scene: Play


BREAKS: list[Break] = []


def breaks(promise: str, scene: Play) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Say which promise a break breaks, and in which scene."""

    def noted(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
        BREAKS.append(Break(apply, promise, scene))
        return apply

    return noted


def forget(app: Outbox, report: Report) -> None:
    """Drop a report."""
    app._store.kept.reports.remove(report)  # noqa: SLF001 - a break reaches into what it breaks
    app._store.save()  # noqa: SLF001 - as above


def after_an_answer(patch: Patch, worse: Callable[[Outbox, Report, Answer | None], None]) -> None:
    """Do something worse when an answer, or none, has been taken note of."""
    genuine = Outbox._take  # noqa: SLF001 - as above

    def take(self: Outbox, report: Report, answer: Answer | None) -> None:
        genuine(self, report, answer)
        worse(self, report, answer)

    patch.setattr(Outbox, "_take", take)


def before_sending(patch: Patch, worse: Callable[[Outbox, Report], None]) -> None:
    """Do something worse before each sending."""
    genuine = Outbox._send  # noqa: SLF001 - as above

    async def send(self: Outbox, report: Report) -> Answer | None:
        worse(self, report)
        return await genuine(self, report)

    patch.setattr(Outbox, "_send", send)


def in_the_body(patch: Patch, worse: Callable[[Outbox, Report], Json]) -> None:
    """Put something worse into what is sent."""
    genuine = Outbox._body  # noqa: SLF001 - as above
    patch.setattr(Outbox, "_body", lambda self, report: genuine(self, report) | worse(self, report))


@breaks("report.one-id", reports.the_answer_is_lost)
def each_try_has_a_new_id(patch: Patch) -> None:
    def worse(_: Outbox, report: Report) -> None:
        report.report_id = str(uuid4())

    before_sending(patch, worse)


@breaks("report.same-body", reports.the_answer_is_lost)
def each_try_has_its_own_time(patch: Patch) -> None:
    in_the_body(patch, lambda app, _: {"deviceTime": app._clock.wall().isoformat()})  # noqa: SLF001 - as above


@breaks("report.lost-answer", reports.the_answer_is_lost)
def sent_is_taken_for_stored(patch: Patch) -> None:
    def worse(_: Outbox, report: Report, __: Answer | None) -> None:
        report.standing = STORED

    after_an_answer(patch, worse)


@breaks("report.server-fails", reports.the_server_fails)
def a_report_is_dropped_at_500(patch: Patch) -> None:
    def worse(app: Outbox, report: Report, answer: Answer | None) -> None:
        if answer is not None and answer.status == 500:
            forget(app, report)

    after_an_answer(patch, worse)


@breaks("report.hangs", reports.the_answer_does_not_come)
def a_report_is_dropped_when_it_takes_too_long(patch: Patch) -> None:
    def worse(app: Outbox, report: Report, answer: Answer | None) -> None:
        if answer is None:
            forget(app, report)

    after_an_answer(patch, worse)


@breaks("report.killed", reports.the_app_is_killed_while_it_sends)
def a_report_is_kept_only_once_it_was_sent(patch: Patch) -> None:
    genuine = Outbox.hand_in

    async def hand_in(self: Outbox, *only: Report) -> None:
        for each in only:
            forget(self, each)
        await genuine(self, *only)
        self._store.kept.reports += only

    patch.setattr(Outbox, "hand_in", hand_in)


@breaks("report.stranger", reports.somebody_else_answers)
def any_200_is_an_answer(patch: Patch) -> None:
    patch.setattr(calls, "_json", lambda *_: {})
    patch.setattr(outbox, "_is_stored", lambda _, answer: answer.status in {200, 201})


@breaks("report.stranger", reports.somebody_else_answers)
def a_proxys_413_is_the_servers_word(patch: Patch) -> None:
    def worse(_: Outbox, report: Report, answer: Answer | None) -> None:
        if answer is not None and answer.status == 413:
            report.standing = REFUSED

    genuine = calls._json  # noqa: SLF001 - as above
    patch.setattr(calls, "_json", lambda kind, content: genuine(kind, content) or {})
    after_an_answer(patch, worse)


@breaks("report.one-blocks-no-other", queues.one_of_three_fails)
def the_first_that_fails_ends_the_round(patch: Patch) -> None:
    async def hand_in(self: Outbox, *only: Report) -> None:
        for each in only or self._waiting():
            self._take(each, await self._send(each))
            if each.standing == WAITING:
                break
        self._plan()

    patch.setattr(Outbox, "hand_in", hand_in)


@breaks("report.at-once", queues.another_waits_already)
def a_new_report_waits_for_the_old_ones(patch: Patch) -> None:
    genuine = Outbox.hand_in

    async def hand_in(self: Outbox, *only: Report) -> None:
        next_try = self._store.kept.next_try
        if not only or next_try is None or next_try <= self._clock.monotonic():
            await genuine(self, *only)

    patch.setattr(Outbox, "hand_in", hand_in)


@breaks("report.conflict", queues.other_answers_came_first)
def a_conflict_is_trouble(patch: Patch) -> None:
    patch.setattr(outbox, "_is_stored", lambda _, answer: answer.status in {200, 201})


@breaks("report.never-passes", queues.it_will_never_pass)
def what_is_refused_is_sent_for_ever(patch: Patch) -> None:
    patch.setattr(outbox, "_TOO_BAD", frozenset())


@breaks("report.never-passes", queues.it_will_never_pass)
def what_is_refused_is_thrown_away(patch: Patch) -> None:
    def worse(app: Outbox, report: Report, answer: Answer | None) -> None:
        if answer is not None and answer.status in {400, 413}:
            forget(app, report)

    after_an_answer(patch, worse)


@breaks("retry.backoff", reports.the_server_fails)
def the_app_tries_each_second(patch: Patch) -> None:
    patch.setattr(outbox, "_LONGEST_WAIT", 1.0)


@breaks("retry.persistent", reports.the_server_fails)
def the_app_gives_up_for_an_hour(patch: Patch) -> None:
    patch.setattr(outbox, "_LONGEST_WAIT", 3600.0)
    patch.setattr(outbox, "_FIRST_WAIT", 600.0)


@breaks("retry.after", reports.the_server_asks_for_patience)
def no_patience_is_heard_of(patch: Patch) -> None:
    patch.setattr(calls, "_seconds", lambda _: 0.0)


@breaks("advice.at-once", reports.the_answer_does_not_come)
def advice_waits_for_the_answer(patch: Patch) -> None:
    genuine = App._seen  # noqa: SLF001 - as above

    def seen(self: App, report: Report) -> Json:
        is_busy = self.outbox._one_round.locked()  # noqa: SLF001 - as above
        return genuine(self, report) | ({"shown": "…"} if is_busy else {})

    patch.setattr(App, "_seen", seen)


@breaks("advice.honest", reports.the_answer_is_lost)
def sending_looks_like_sent(patch: Patch) -> None:
    genuine = App._seen  # noqa: SLF001 - as above
    patch.setattr(App, "_seen", lambda self, report: genuine(self, report) | {"clinicKnows": True})


@breaks("problem.what-to-do", reports.the_server_asks_for_patience)
def a_problem_is_shown_to_nobody(patch: Patch) -> None:
    genuine: Callable[[Report, Json], None] = outbox.show

    def show(report: Report, said: Json) -> None:
        if "reportId" in said:
            genuine(report, said)

    patch.setattr(outbox, "show", show)


@breaks("problem.request-id", reports.the_server_fails)
def no_request_has_a_name(patch: Patch) -> None:
    genuine: Callable[..., Answer | None] = calls._answer  # noqa: SLF001 - as above

    def answer(*given: Any) -> Answer | None:
        said = genuine(*given)
        return said and replace(said, request_id="")

    patch.setattr(calls, "_answer", answer)


@breaks("token.elsewhere", reports.somebody_else_answers)
def every_redirect_is_followed(patch: Patch) -> None:
    genuine = aiohttp.ClientSession.request

    def request(self: Any, *given: Any, **more: Any) -> Any:
        return genuine(self, *given, **more | {"allow_redirects": True})

    patch.setattr(aiohttp.ClientSession, "request", request)
