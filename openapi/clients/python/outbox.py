"""The offline queue: a report waits until the server has said that it has it, and no trouble drops it."""

import asyncio
import random

from openapi.clients.python.calls import Answer, Server
from openapi.clients.python.clock import Clock
from openapi.clients.python.session import Session
from openapi.clients.python.store import REFUSED, STORED, WAITING, Json, Report, Store

_FIRST_WAIT, _LONGEST_WAIT, _JITTER = 10.0, 200.0, 0.25
"""Seconds between rounds, doubled from round to round; a quarter more by luck, so that phones do not come together."""

_MOST_REFUSALS = 3
"""A body that was mangled on its way deserves another try; the same refusal again and again does not."""

_GIVEN_UP = 2
"""So many in a row that nobody answered: the network is away, and the others keep for the next round."""

_TOO_BAD = frozenset({400, 413})


class Outbox:
    """Hands in what waits, the most urgent first."""

    def __init__(self, store: Store, session: Session, server: Server, clock: Clock) -> None:
        self._store, self._session, self._server, self._clock = store, session, server, clock
        self._one_round = asyncio.Lock()

    async def hand_in(self, *only: Report) -> None:
        """Try once with each that waits, or with these alone; then say when to try again."""
        async with self._one_round:
            silent = 0
            for report in only or self._waiting():
                if self.is_held_back() and not only:
                    break
                answer = await self._send(report)
                silent = silent + 1 if answer is None else 0
                self._take(report, answer)
                if silent == _GIVEN_UP:
                    break
            self._plan()

    def is_held_back(self) -> bool:
        """Say whether the server has asked not to be asked yet."""
        not_before = self._store.kept.not_before
        return not_before is not None and self._clock.monotonic() < not_before

    def _waiting(self) -> list[Report]:
        found = [each for each in self._store.kept.reports if each.standing == WAITING]
        return sorted(found, key=lambda each: -each.rank)

    async def _send(self, report: Report) -> Answer | None:
        path, body = f"/v1/me/reports/{report.report_id}", self._body(report)
        if self._store.kept.signed_in:
            answer = await self._session.call("PUT", path, body)
            if answer is None or answer.status != 401:
                return answer
        return await self._server.send("PUT", path, token=self._session.submission, body=body)

    def _body(self, report: Report) -> Json:
        if report.finished is None:
            return report.body
        return report.body | {"ageSeconds": max(0.0, self._clock.monotonic() - report.finished)}

    def _take(self, report: Report, answer: Answer | None) -> None:
        """Take note of an answer. Whatever is not known to mean something else means: try again."""
        if answer is not None:
            what_to_do = answer.body.get("whatToDo")
            report.request_id = answer.request_id if answer.status >= 400 else ""
            if _is_stored(report, answer):
                report.standing, report.request_id = STORED, ""
                show(report, what_to_do or answer.body)
            elif what_to_do:
                show(report, what_to_do)
            # What is no problem of ours is no answer: a proxy may be in the way.
            if answer.status in _TOO_BAD and "code" in answer.body:
                report.refusals += 1
                report.standing = REFUSED if report.refusals >= _MOST_REFUSALS else WAITING
            if answer.retry_after:
                self._store.kept.not_before = self._clock.monotonic() + answer.retry_after
        self._store.save()

    def _plan(self) -> None:
        kept = self._store.kept
        if not self._waiting():
            kept.failures, kept.next_try, kept.not_before = 0, None, None
        else:
            kept.failures += 1
            wait = min(_FIRST_WAIT * 2 ** (kept.failures - 1), _LONGEST_WAIT) * random.uniform(1, 1 + _JITTER)  # noqa: S311 - luck that spreads phones
            kept.next_try = max(self._clock.monotonic() + wait, kept.not_before or 0.0)
        self._store.save()


def _is_stored(report: Report, answer: Answer) -> bool:
    if answer.status == 409:
        return answer.body.get("code") == "report.conflict"
    return answer.status in {200, 201} and answer.body.get("reportId") == report.report_id


def show(report: Report, said: Json) -> None:
    """Put what the server said of a report on its screen: a ReportView, or the `whatToDo` of a problem."""
    advice, page = said.get("advice", {}), said.get("page", {})
    report.headline = advice.get("headline", report.headline)
    report.text = advice.get("text", report.text)
    report.further = advice.get("further", [])
    report.page = page.get("text", report.page)
