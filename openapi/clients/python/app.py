"""The app: what a person does, what she sees, and what the phone does by itself."""

import asyncio
from pathlib import Path
from uuid import uuid4

from openapi.clients.python.advice import known, rank
from openapi.clients.python.alarms import Alarms
from openapi.clients.python.calls import Server
from openapi.clients.python.clock import Clock
from openapi.clients.python.outbox import Outbox, show
from openapi.clients.python.reading import ME, REMINDERS, SCHEDULE, Library
from openapi.clients.python.session import Session
from openapi.clients.python.store import REFUSED, STORED, WAITING, Json, Report, Store
from openapi.clients.python.words import say

VERSION = "reference-python 1"


class App:
    """One installation. All it knows is in its directory, so that it can be killed at any time."""

    def __init__(
        self, directory: Path, base_url: str, clock: Clock, *, language: str, patience: float
    ) -> None:
        self.clock = clock
        self.store = Store(directory, clock.boot, language)
        self.server = Server(base_url, patience)
        self.session = Session(self.store, self.server, clock)
        self.library = Library(self.store, self.session)
        self.outbox = Outbox(self.store, self.session, self.server, clock)
        self.alarms = Alarms(self.store, self.library, self.session, clock)

    async def activate(self, code: str) -> None:
        """She has typed her code."""
        await self.session.activate(code)
        await self._read_all()

    async def report(self, form_id: str, answers: list[Json]) -> None:
        """She has pressed Send: the report is kept and its advice shown before anything is sent."""
        form = self.library.newest_form(form_id)
        facts = known(answers, self.library.held(SCHEDULE), self.clock.wall())
        place = rank(form, facts)
        report = Report(
            report_id=str(uuid4()),
            body={
                "formId": form_id,
                "formVersion": form["version"],
                "language": form["language"],
                "answers": answers,
                "deviceTime": self.clock.wall().isoformat(),
                "appVersion": VERSION,
            },
            finished=self.clock.monotonic(),
            rank=place,
            headline=form["advice"][place]["headline"],
            text=form["advice"][place]["text"],
        )
        self.store.kept.reports.append(report)
        self.store.save()
        await self.outbox.hand_in(report)

    async def open(self) -> None:
        """She looks at the app, and there is a network: hand in, and read anew, side by side."""
        await self.session.tell_left()
        await asyncio.gather(self.outbox.hand_in(), self._read_all())

    async def choose_language(self, language: str) -> None:
        """She reads in another language; the alarms are set anew in it."""
        self.store.kept.language = language
        self.store.save()
        await self._read_all()

    async def sign_out(self) -> None:
        """She signs out. What waits goes on waiting."""
        await self.session.sign_out()

    def due_in(self) -> float | None:
        """Return in how many seconds there is something to do; None: nothing, until somebody opens the app."""
        kept, now = self.store.kept, self.clock.monotonic()
        timers = [at - now for at in (kept.next_try, kept.renew_at) if at is not None]
        alarm = self.alarms.due_in()
        return min([*timers, *([] if alarm is None else [alarm])], default=None)

    async def tick(self) -> None:
        """Do what is due."""
        kept, now = self.store.kept, self.clock.monotonic()
        if kept.next_try is not None and kept.next_try <= now:
            await self.outbox.hand_in()
        if kept.renew_at is not None and kept.renew_at <= now and kept.tokens is not None:
            await self.session.renew(kept.tokens)
        if (self.alarms.due_in() or 0) < 0:
            await self.alarms.ring()

    async def close(self) -> None:
        """Let go of the network; nothing is kept by this that was not kept before."""
        await self.server.close()

    async def _read_all(self) -> None:
        if not self.store.kept.signed_in:
            return
        await self.library.choose_language()
        documents = (SCHEDULE, REMINDERS)
        await asyncio.gather(self.library.read_forms(), *map(self.library.read, documents))
        if self.store.kept.signed_in:
            self.alarms.set_anew()
            await self.alarms.tell()
            await self._read_reports()

    async def _read_reports(self) -> None:
        for report in self.store.kept.reports:
            if report.standing == STORED and self.store.kept.signed_in:
                view = await self.library.read(f"/v1/me/reports/{report.report_id}")
                show(report, view)
        self.store.save()

    def state(self) -> Json:
        """Return what she sees, as the driver protocol has it (docs/conformance.md)."""
        kept = self.store.kept
        emergency = self.library.held(ME).get("emergencyText")
        return {
            "signedIn": kept.signed_in,
            "language": kept.language,
            **({"emergencyText": emergency} if emergency else {}),
            "reports": [self._seen(each) for each in kept.reports],
            "alarms": kept.alarms,
            "rung": kept.rung,
            "scheduleVersion": self.library.held(REMINDERS).get("planVersion", 0),
            "problem": kept.problem,
        }

    def _seen(self, report: Report) -> Json:
        language = self.store.kept.language
        own = say(language, report.standing) if report.standing in {WAITING, REFUSED} else ""
        asked = f"{say(language, 'help')} {report.request_id}" if report.request_id else ""
        lines = [report.headline, report.text, *report.further, report.page, own, asked]
        return {
            "reportId": report.report_id,
            "standing": report.standing,
            "clinicKnows": report.standing == STORED,
            "shown": "\n".join(line for line in lines if line),
        }
