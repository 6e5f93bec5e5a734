"""`nightbell worker` in a process of its own, which kills itself with SIGKILL at a chosen point of the send path.

The processes are forked from a server that has imported everything, so that one costs a tenth of a second.
"""

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any

import asyncpg
import uvloop
from msgspec import Struct

from api import commands
from api.settings import Settings
from domain.records import messages
from notifications import digests, sender, sweep, worker
from notifications.mail import MailGateway
from notifications.twilio import TwilioGateway
from tests.support.clinic import SECRETS, Clinic

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", __name__])

POINTS: Mapping[str, tuple[object, str, str]] = {
    "report-committed": (messages, "lease_pages", "before"),
    "leased": (sender, "handle", "before"),
    "attempt-committed": (TwilioGateway, "send", "before"),
    "sent": (TwilioGateway, "send", "after"),
    "settled": (sender, "handle", "after"),
    "mail-attempt-committed": (MailGateway, "send", "before"),
    "mail-sent": (MailGateway, "send", "after"),
    "digest-due": (digests, "_make", "before"),
    "digest-made": (digests, "_make", "after"),
    "year-due": (sweep, "_look", "before"),
    "reminder-made": (messages, "lease_reminders", "before"),
}
"""Where a worker can be told to die: a function, and whether before or after its call."""

_STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")

Call = Callable[..., Any]


class Pace(Struct, frozen=True):
    """How long a lease lives, and how often it is renewed and due work is looked for."""

    lease: timedelta = worker.LEASE
    beat: float = worker.RENEW_SECONDS

    def set(self) -> None:
        """Make this process's workers keep this pace."""
        for name, value in (("LEASE", self.lease), ("RENEW_SECONDS", self.beat), ("POLL_SECONDS", self.beat)):
            setattr(worker, name, value)


def start(
    clinic: Clinic,
    *,
    point: str = "",
    statement: int = 0,
    since: str = "leased",
    pace: Pace | None = None,
) -> ForkServerProcess:
    """Start a worker of the clinic that dies at a point of POINTS, or before the n-th statement after one."""
    process = _FORKS.Process(
        target=_run, args=(_environment(clinic), point, statement, since, pace or Pace()), daemon=True
    )
    process.start()
    return process


def _environment(clinic: Clinic) -> dict[str, str]:
    settings = clinic.settings
    return {
        **SECRETS,
        "NIGHTBELL_MODE": settings.mode,
        "NIGHTBELL_LOG_LEVEL": "info",
        "NIGHTBELL_PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_SENDER": settings.twilio_sender,
        "TWILIO_API_BASE_URL": str(settings.twilio_api_base_url),
        **_mail(settings),
    }


def _mail(settings: Settings) -> dict[str, str]:
    if settings.mail is None:
        return {}
    url = f"smtp://{settings.mail.host}:{settings.mail.port}"
    return {"NIGHTBELL_SMTP_URL": url, "NIGHTBELL_MAIL_FROM": settings.mail_from}


def _run(environment: dict[str, str], point: str, statement: int, since: str, pace: Pace) -> None:
    pace.set()
    if point:
        place, name, when = POINTS[point]
        _change(place, name, _dying(when))
    if statement:
        _die_at_statement(statement, since)
    uvloop.run(commands.run_worker(environment))


def _change(place: object, name: str, wrap: Callable[[Call], Call]) -> None:
    call = getattr(place, name)
    setattr(place, name, functools.wraps(call)(wrap(call)))


def _dying(when: str) -> Callable[[Call], Call]:
    def wrap(call: Call) -> Call:
        async def last(*values: Any, **named: Any) -> None:
            if when == "after":
                await call(*values, **named)
            _die()

        return last

    return wrap


def _die_at_statement(statement: int, since: str) -> None:
    """Count what is said to the database and to the provider from a point on, and die before the n-th."""
    said, counting = 0, False

    def counted(call: Call) -> Call:
        async def say(*values: Any, **named: Any) -> Any:
            nonlocal said
            said += counting
            if said >= statement:
                _die()
            return await call(*values, **named)

        return say

    def begins(call: Call) -> Call:
        async def handle(*values: Any) -> Any:
            nonlocal counting
            counting = True
            return await call(*values)

        return handle

    for name in _STATEMENTS:
        _change(asyncpg.Connection, name, counted)
    _change(TwilioGateway, "send", counted)
    place, name, _ = POINTS[since]
    _change(place, name, begins)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
