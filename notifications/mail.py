"""Mail to staff by one SMTP server. The only file that imports aiosmtplib.

SMTP has one point that matters: the end of the data. Before it nothing has been sent, whatever went wrong; after it a
lost answer leaves open if the mail is on its way, and nobody can be asked (RFC 5321 §4.2.5, §6.1).
"""

import asyncio
import contextlib
import re
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from msgspec import Struct
from typing_extensions import override

from domain.protocol.routes import Channel
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Receipt,
    Refused,
    SendOutcome,
    Unknown,
)

GOODBYE_SECONDS = 1.0
"""The mail is handed over by then: a server that is slow to say goodbye is not waited for; ours."""

_PORTS = {"none": 25, "starttls": 587, "tls": 465}

_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
"""RFC 3463: all of the server's words that is kept, for the rest may name the recipient."""

_RECIPIENT_REFUSED = range(550, 554)
_TRANSIENT = range(400, 500)
_ACCOUNT_REFUSED = frozenset({530, 534, 535, 538})


class MailServer(Struct, frozen=True, kw_only=True):
    """Where mail is handed over, as whom, and how the way there is protected."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str = ""
    password: str = ""

    @override
    def __repr__(self) -> str:
        return f"MailServer({self.security}, {self.host}:{self.port})"


class MailAccount(Struct, frozen=True, kw_only=True):
    """The server, who the mail is from, and the seconds that handing one over may take."""

    server: MailServer
    sender: str
    call_timeout: float
    tls: ssl.SSLContext | None = None
    """Whom to trust; None: whom the system trusts."""


def read_smtp_url(text: str) -> MailServer:
    """Read smtp://user:password@host:587?starttls or smtps://user:password@host; raise ValueError for anything else."""
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("must be smtp://user:password@host:port?starttls or smtps://user:password@host:port")
    if parts.query not in ({"", "starttls"} if parts.scheme == "smtp" else {""}):
        raise ValueError("knows one option, ?starttls, for smtp:// only")
    security = _security(parts.scheme, parts.query)
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[security],
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _security(scheme: str, query: str) -> Literal["none", "starttls", "tls"]:
    if scheme == "smtps":
        return "tls"
    return "starttls" if query else "none"


def read_address(text: str) -> str:
    """Read the address mail is from; raise ValueError for what is none."""
    if not _is_address(text):
        raise ValueError("must be a bare e-mail address: nightbell@example.org")
    return text


def _is_address(text: str) -> bool:
    return text.isascii() and _ADDRESS.fullmatch(text) is not None


class MailGateway:
    """One SMTP server as a provider: a connection for each mail, one mail a call, nothing sent again by itself."""

    def __init__(self, account: MailAccount) -> None:
        self._account = account

    @property
    def channels(self) -> frozenset[Channel]:
        """Mail, and nothing else."""
        return frozenset({Channel.EMAIL})

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one mail over. The server's word for it is its own: it says nothing of who has read it."""
        if not _is_address(sms.to):
            # The library would read "a@b\r\nRCPT TO:<c@d>" as a@b.
            return Refused(FailureClass.NUMBER, 0, "address")
        client = _client(self._account)
        try:
            refused = await _address(client, self._account, sms.to)
            return refused or await _hand_over(client, self._account, sms)
        finally:
            client.close()

    async def find(
        self,
        sms: OutboundSms,  # noqa: ARG002 - as the protocol says
        since: datetime,  # noqa: ARG002 - as the protocol says
    ) -> Accepted | None:
        """Raise LookupFailedError: no server can be asked for what it took. A person can: by the Message-ID."""
        raise LookupFailedError

    async def status(self, sms: OutboundSms, provider_id: str) -> Receipt | None:  # noqa: ARG002 - as the protocol says
        """Return None: nothing is ever reported of a mail."""
        return None

    async def close(self) -> None:
        """Nothing is kept open."""


def message_id(sms: OutboundSms, sender: str) -> str:
    """Return the Message-ID: the attempt's id, so that a mail whose answer was lost can be found by people."""
    return f"<{sms.attempt_id}@{sender.rpartition('@')[2]}>"


def _client(account: MailAccount) -> aiosmtplib.SMTP:
    server = account.server
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=account.tls,
        timeout=account.call_timeout,
        # Its own answer would be a look-up of this host's name, which may hang.
        local_hostname=account.sender.rpartition("@")[2],
    )


async def _address(client: aiosmtplib.SMTP, account: MailAccount, to: str) -> Refused | None:
    """Go as far as the recipient; whatever goes wrong up to there, nothing has been sent."""
    try:
        async with asyncio.timeout(account.call_timeout):
            await client.connect()
            await client.mail(account.sender)
            await client.rcpt(to)
    except aiosmtplib.SMTPRecipientRefused as trouble:
        number = trouble.code in _RECIPIENT_REFUSED
        return _refused(trouble, FailureClass.NUMBER if number else FailureClass.UNLISTED)
    except aiosmtplib.SMTPResponseException as trouble:
        ours = trouble.code in _ACCOUNT_REFUSED or isinstance(trouble, aiosmtplib.SMTPSenderRefused)
        return _refused(trouble, FailureClass.CONFIGURATION if ours else FailureClass.UNLISTED)
    except (aiosmtplib.SMTPException, OSError) as trouble:
        return _no_way_there(trouble)
    return None


def _no_way_there(trouble: Exception) -> Refused:
    """Tell what waiting may mend, a server that is away, from what somebody must mend."""
    if isinstance(trouble, ssl.SSLError) or isinstance(trouble.__cause__, ssl.SSLError):
        return Refused(FailureClass.CONFIGURATION, 0, "tls")
    if isinstance(trouble, OSError):
        return Refused(FailureClass.TRANSIENT, 0, "connection")
    # No STARTTLS, or no way to sign in, where the settings ask for it.
    return Refused(FailureClass.CONFIGURATION, 0, "unsupported")


async def _hand_over(client: aiosmtplib.SMTP, account: MailAccount, sms: OutboundSms) -> SendOutcome:
    """Send the mail itself. From here on a lost answer is unknown, and no refusal."""
    try:
        async with asyncio.timeout(account.call_timeout):
            await client.data(_letter(account, sms))
    except aiosmtplib.SMTPDataError as trouble:
        return _refused(trouble, FailureClass.CONTENT)
    except (aiosmtplib.SMTPException, OSError) as trouble:
        return Unknown(type(trouble).__name__)
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=GOODBYE_SECONDS)
    return Accepted(message_id(sms, account.sender))


def _refused(trouble: aiosmtplib.SMTPResponseException, failure: FailureClass) -> Refused:
    said = _ENHANCED.match(trouble.message)
    kind = FailureClass.TRANSIENT if trouble.code in _TRANSIENT else failure
    return Refused(kind, trouble.code, said[0] if said else "")


def _letter(account: MailAccount, sms: OutboundSms) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = account.sender
    letter["To"] = sms.to
    letter["Subject"] = sms.subject
    letter["Date"] = localtime()
    letter["Message-ID"] = message_id(sms, account.sender)
    # RFC 3834: no holiday note of a reader answers it.
    letter["Auto-Submitted"] = "auto-generated"
    # Not every server takes more than seven bits.
    letter.set_content(sms.body, cte="base64")
    return letter.as_bytes()
