"""The emulated mail server: keeps every mail, and fails as it is told. It listens in the loop it is opened in."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import Struct


class MailFault(StrEnum):
    """What the server does to each mail until it is told otherwise."""

    HANG = "hang"
    """It never answers the recipient."""
    REFUSE = "refuse"
    """It knows no such recipient: 550."""
    GREYLIST = "greylist"
    """Not now: 451."""
    SPAM = "spam"
    """It has read the mail and does not take it: 554."""
    DROP = "drop"
    """It takes the mail, and hangs up without a word."""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail that was taken: to whom, what it says, and when (trial time)."""

    to: str
    subject: str
    body: str
    message_id: str
    received_at: datetime


class MailServerEmulator:
    """One mail server; `clock` dates what it keeps (aware UTC)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.mails: list[Mail] = []
        """What was taken, oldest first."""
        self.fault: MailFault | None = None
        self.asked = 0
        """How often somebody has named a recipient."""
        self._clock = clock
        self._sessions: set[SMTP] = set()

    @contextlib.asynccontextmanager
    async def listening(self, bound: socket.socket) -> AsyncIterator[None]:
        """Take mail on a bound socket, which is closed at the end."""
        server = await asyncio.get_running_loop().create_server(self._session, sock=bound)
        try:
            yield
        finally:
            server.close()
            for each in self._sessions:
                _hang_up(each)

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="mail.example.org", loop=asyncio.get_running_loop())
        self._sessions.add(session)
        return session

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer for a recipient."""
        self.asked += 1
        match self.fault:
            case MailFault.HANG:
                await asyncio.Event().wait()
            case MailFault.REFUSE:
                return f"550 5.1.1 <{address}> no such mailbox"
            case MailFault.GREYLIST:
                return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take a mail."""
        if self.fault is MailFault.SPAM:
            return "554 5.7.1 Not wanted here"
        self._keep(envelope)
        if self.fault is MailFault.DROP:
            _hang_up(server)
        return "250 2.0.0 OK"

    def _keep(self, envelope: Envelope) -> None:
        letter = message_from_bytes(envelope.original_content or b"", policy=default)
        self.mails += [
            Mail(
                to=to,
                subject=str(letter["Subject"]),
                body=str(letter.get_content()).replace("\r\n", "\n").strip(),
                message_id=str(letter["Message-ID"]),
                received_at=self._clock(),
            )
            for to in envelope.rcpt_tos
        ]


def _hang_up(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.Transport):
        session.transport.abort()
