"""Handing mail to a server that is well, and to one that refuses, hangs, or goes away in the middle."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec import Struct
from msgspec.structs import replace

from api.serving import bind
from domain.protocol.routes import Channel
from notifications.emulator.mail import MailFault, MailServerEmulator
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Refused,
    SendOutcome,
    Unknown,
)
from notifications.mail import MailAccount, MailGateway, MailServer, read_address, read_smtp_url

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALICE = "alice@example.org"
SECRET = "hunter-2"
ATTEMPT = UUID("6d1f0c1e-7a52-4c6b-9a51-0d7f4f6f1a01")


class Post(Struct, frozen=True):
    server: MailServerEmulator
    account: MailAccount

    async def send(self, to: str = ALICE, body: str = "One thing is open.") -> SendOutcome:
        return await MailGateway(self.account).send(a_mail(to, body))


def a_mail(to: str = ALICE, body: str = "One thing is open.") -> OutboundSms:
    return OutboundSms(
        attempt_id=ATTEMPT,
        to=to,
        subject="待办清单1项",
        body=body,
        valid_for=timedelta(hours=1),
        channel=Channel.EMAIL,
    )


def account_at(port: int, *, seconds: float = 5.0) -> MailAccount:
    server = MailServer(host="127.0.0.1", port=port, security="none")
    return MailAccount(server=server, sender="nightbell@example.org", call_timeout=seconds)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    bound = bind("127.0.0.1", 0)
    server = MailServerEmulator(lambda: NOON)
    async with server.listening(bound):
        yield Post(server, account_at(bound.getsockname()[1]))


@contextlib.asynccontextmanager
async def a_server_that(*says: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says these lines, one after each line it hears, and then goes away; with what it has heard."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in says:
            writer.write(line + b"\r\n")
            heard.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


async def test_a_mail_arrives_as_it_was_written_under_the_id_of_its_attempt(post: Post) -> None:
    body = "待办清单\n.\n..two dots\nand a line"
    outcome = await post.send(body=body)
    [mail] = post.server.mails
    assert outcome == Accepted(f"<{ATTEMPT}@example.org>")
    assert (mail.to, mail.subject, mail.body) == (ALICE, "待办清单1项", body)
    assert mail.message_id == f"<{ATTEMPT}@example.org>"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (MailFault.REFUSE, Refused(FailureClass.NUMBER, 550, "5.1.1")),
        (MailFault.GREYLIST, Refused(FailureClass.TRANSIENT, 451, "4.7.1")),
        (MailFault.SPAM, Refused(FailureClass.CONTENT, 554, "5.7.1")),
    ],
)
async def test_a_refusal_says_why_and_names_nobody(
    post: Post, fault: MailFault, outcome: SendOutcome
) -> None:
    post.server.fault = fault
    assert await post.send() == outcome
    assert post.server.mails == []
    assert "alice" not in str(outcome)


async def test_a_server_that_hangs_up_after_the_data_leaves_it_open(post: Post) -> None:
    post.server.fault = MailFault.DROP
    outcome = await post.send()
    assert isinstance(outcome, Unknown)
    assert (len(post.server.mails), post.server.asked) == (1, 1)


async def test_a_server_that_says_nothing_to_the_data_leaves_it_open() -> None:
    greeting = (b"220 hello", b"250 hello", b"250 OK", b"250 OK", b"354 go on")
    async with a_server_that(*greeting) as (port, heard):
        assert isinstance(await MailGateway(account_at(port)).send(a_mail()), Unknown)
    assert heard[3] == b"DATA\r\n"


async def test_a_server_that_hangs_before_the_data_has_taken_nothing_and_holds_nobody_up(post: Post) -> None:
    post.server.fault = MailFault.HANG
    quick = replace(post.account, call_timeout=0.2)
    outcome = await MailGateway(quick).send(a_mail())
    assert isinstance(outcome, Refused)
    assert outcome.failure is FailureClass.TRANSIENT


async def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    outcome = await MailGateway(account_at(port)).send(a_mail())
    assert outcome == Refused(FailureClass.TRANSIENT, 0, "connection")


async def test_a_password_is_not_said_to_a_server_without_tls_that_should_have_it() -> None:
    says = (b"220 hello", b"250-hello\r\n250 AUTH PLAIN", b"235 welcome", b"250 OK", b"250 OK")
    async with a_server_that(*says) as (port, heard):
        account = account_at(port)
        server = replace(account.server, security="starttls", username="bell", password=SECRET)
        outcome = await MailGateway(replace(account, server=server)).send(a_mail())
    assert outcome == Refused(FailureClass.CONFIGURATION, 0, "unsupported")
    assert not any(b"AUTH" in line or b"MAIL" in line for line in heard)


async def test_a_wrong_password_is_a_fault_of_the_settings() -> None:
    says = (b"220 hello", b"250-hello\r\n250 AUTH PLAIN", b"535 5.7.8 Wrong")
    async with a_server_that(*says) as (port, _):
        account = account_at(port)
        server = replace(account.server, username="bell", password=SECRET)
        outcome = await MailGateway(replace(account, server=server)).send(a_mail())
    assert outcome == Refused(FailureClass.CONFIGURATION, 535, "5.7.8")


@pytest.mark.parametrize(
    "to", ["nobody", "two@example.org\r\nRCPT TO:<mallory@example.org>", "名@example.org"]
)
async def test_what_is_no_address_is_refused_and_goes_nowhere(post: Post, to: str) -> None:
    outcome = await post.send(to)
    assert isinstance(outcome, Refused)
    assert outcome.failure is not FailureClass.TRANSIENT
    assert post.server.mails == []


async def test_no_server_can_be_asked_for_what_it_took(post: Post) -> None:
    gateway = MailGateway(post.account)
    with pytest.raises(LookupFailedError):
        await gateway.find(a_mail(), NOON)
    assert await gateway.status(a_mail(), str(uuid4())) is None


def test_an_address_of_a_server_is_read_with_its_protection() -> None:
    assert read_smtp_url("smtp://bell:p%40ss@mail.example.org?starttls") == MailServer(
        host="mail.example.org", port=587, security="starttls", username="bell", password="p@ss"
    )
    assert read_smtp_url("smtps://mail.example.org").security == "tls"
    assert read_smtp_url("smtp://mail.example.org:2525").port == 2525
    assert SECRET not in repr(read_smtp_url(f"smtps://bell:{SECRET}@mail.example.org"))


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org?tls",
        "smtps://mail.example.org?starttls",
        "smtp://mail.example.org/inbox",
        "smtp://mail.example.org:port",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_smtp_url(text)


@pytest.mark.parametrize(
    "text", ["nightbell", "Bell <bell@example.org>", "bell@example.org\nBcc: x@y", "a b@c"]
)
def test_mail_is_from_a_bare_address(text: str) -> None:
    with pytest.raises(ValueError, match="bare"):
        read_address(text)
