"""`nightbell demo`: everything in one process, on an embedded database, with a seeded trial."""

import base64
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec import Struct

from api.app import Edge
from api.by_key import api_by_key, phones_by_key
from api.postgres import at_database, embedded
from api.sandbox import Sandbox
from api.sandboxes import Hosting, Sandboxes
from api.serving import bind, serving
from api.settings import Settings, read_settings
from api.wiring import ensure_database, prepare_database

API_PORT = 8000
INBOX_PORT = 8001
DATA = Path(".data")

_ACCOUNT_SID = "AC" + "5a" * 16
_SENDER = "+15005550006"
_MAIL_FROM = "nightbell@sandbox.invalid"
_DATABASE = "nightbell"
_SECRETS = (
    "NIGHTBELL_SECRET",
    "NIGHTBELL_TOKEN_KEYS",
    "NIGHTBELL_CONTACT_KEYS",
    "NIGHTBELL_AUDIT_KEYS",
    "TWILIO_AUTH_TOKEN",
)


class Demo(Struct, frozen=True, kw_only=True):
    """A running demo."""

    api_url: str
    inbox_url: str
    sandboxes: Sandboxes

    @property
    def sandbox(self) -> Sandbox:
        """The demo's own sandbox, the one without a key."""
        return self.sandboxes.own.sandbox

    @property
    def edge(self) -> Edge:
        """What the routes of the demo's own are given beside the trial."""
        return self.sandboxes.own.edge


@contextlib.asynccontextmanager
async def running_demo(directory: Path, api_port: int, inbox_port: int) -> AsyncIterator[Demo]:
    """Run API, worker and provider on a database kept in `directory`; DATABASE_URL wins over the embedded one."""
    async with contextlib.AsyncExitStack() as stack:
        database_url = await _database(stack, directory)
        api_socket, inbox_socket = _listen(api_port), _listen(inbox_port)
        mail_socket = bind("127.0.0.1", 0)
        secrets_kept = _kept_secrets(directory / "secrets.json")
        settings = sandbox_settings(
            secrets_kept, database_url, url_of(api_socket), url_of(inbox_socket), url_of(mail_socket, "smtp")
        )
        await prepare_database(settings.database_url, settings.mode)
        yield await stack.enter_async_context(
            running_sandbox(settings, api_socket, inbox_socket, mail_socket, works=True)
        )


@contextlib.asynccontextmanager
async def running_sandbox(
    settings: Settings,
    api_socket: socket.socket,
    inbox_socket: socket.socket,
    mail_socket: socket.socket,
    *,
    works: bool = False,
) -> AsyncIterator[Demo]:
    """Serve a seeded sandbox, its provider and its mail server, and those with a key.

    Without `works` there is no worker: moving the clock does the work. The sockets are closed at the end.
    """
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(api_socket)
        stack.enter_context(inbox_socket)
        inbox_url = url_of(inbox_socket)
        sandboxes = Sandboxes(Hosting(settings=settings, inbox_url=inbox_url, works=works))
        await stack.enter_async_context(sandboxes.running(mail_socket))
        served = (phones_by_key(sandboxes), inbox_socket), (api_by_key(sandboxes), api_socket)
        await stack.enter_async_context(serving(*served))
        # Before the server waits for its requests to end: a stream never would.
        stack.push_async_callback(sandboxes.quiet)
        yield Demo(api_url=url_of(api_socket), inbox_url=inbox_url, sandboxes=sandboxes)


async def _database(stack: contextlib.AsyncExitStack, directory: Path) -> str:
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    server = await stack.enter_async_context(embedded(directory))
    url = at_database(server, _DATABASE)
    await ensure_database(server, _DATABASE)
    return url


def _listen(port: int) -> socket.socket:
    """Take the wanted port, or any free one when somebody has it."""
    try:
        return _held(port)
    except OSError:
        return _held(0)


def _held(port: int) -> socket.socket:
    """Take a port for good: two demos that start at once may both bind one, but only one of them listens."""
    bound = bind("127.0.0.1", port)
    try:
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket, scheme: str = "http") -> str:
    """Return the address of a bound socket."""
    return f"{scheme}://127.0.0.1:{bound.getsockname()[1]}"


def sandbox_settings(
    secret_values: Mapping[str, str],
    database_url: str,
    api_url: str,
    inbox_url: str,
    mail_url: str | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Settings:
    """Return the settings of a sandbox whose provider is the emulator at `inbox_url`; `more` are settings beside.

    Without `mail_url` it has no mail.
    """
    return read_settings(
        {
            **secret_values,
            "NIGHTBELL_MODE": "sandbox",
            "DATABASE_URL": database_url,
            "NIGHTBELL_PUBLIC_URL": api_url,
            "TWILIO_ACCOUNT_SID": _ACCOUNT_SID,
            "TWILIO_SENDER": _SENDER,
            "TWILIO_API_BASE_URL": inbox_url,
            **({"NIGHTBELL_SMTP_URL": mail_url, "NIGHTBELL_MAIL_FROM": _MAIL_FROM} if mail_url else {}),
            **more,
        }
    )


def _kept_secrets(path: Path) -> Mapping[str, str]:
    """Return this demo's own secrets, drawn at its first start and kept beside its data; new ones are added."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}
    kept = draw_secrets() | known
    if kept != known:
        # Whole or not at all: a demo that is killed meanwhile would not find its phones again.
        written = path.with_suffix(".new")
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
        written.replace(path)
    return kept


def draw_secrets() -> dict[str, str]:
    """Draw every secret a sandbox needs."""
    return {name: _draw(name) for name in _SECRETS}


def _draw(name: str) -> str:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return f"demo:{key}" if name.endswith("_KEYS") else key
