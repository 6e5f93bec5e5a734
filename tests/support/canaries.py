"""Canaries: values that nobody could write by chance, and everything that was written while they were in use."""

import json
import re
from collections.abc import Iterator

import asyncpg
import httpx
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from api.metrics import exposition
from tests.support.clinic import Clinic, owner

Place = str
"""Where something was found: `table.column`, `log`, `metrics`, `answer 422 PUT /v1/…`, `text`, `mail`, …"""

_SHORT = 8
"""A canary of so few characters could be part of a hash or of a microsecond: it is looked for as a word."""


class Canaries:
    """What was planted, by name; and where each may be, with `*` for the end of a place's name."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def plant(self, name: str, value: str) -> str:
        """Remember a canary; return it."""
        assert value, name
        self.planted[name] = value
        return value

    def seen_in(self, text: str) -> list[str]:
        """Which of them a text repeats, however JSON or a URL writes them."""
        return [
            name for name, value in self.planted.items() if any(map(text.__contains__, _forms(value)))
        ] + [name for name, value in self.planted.items() if len(value) < _SHORT and _as_word(value, text)]


def _forms(value: str) -> set[str]:
    """The ways in which a value of some length may be written."""
    if len(value) < _SHORT:
        return set()
    bare = value.removeprefix("+")
    return {
        bare,
        json.dumps(bare).strip('"'),
        str(httpx.URL("http://x", params={"q": bare}).query, "ascii")[2:],
    }


def _as_word(value: str, text: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z.]){re.escape(value)}(?![0-9A-Za-z])", text) is not None


async def stored(clinic: Clinic) -> Iterator[tuple[Place, str]]:
    """Every value of every column of every table, as a superuser reads it; bytes as the text they may be."""
    connection = await owner(clinic.settings.database_url)
    columns = await connection.fetch(
        """
        select table_name as table, column_name as column, data_type as type
        from information_schema.columns where table_schema = 'public' order by 1, ordinal_position
        """
    )
    found = [(f"{each['table']}.{each['column']}", await _column(connection, each)) for each in columns]
    await connection.close()
    return iter(found)


async def _column(connection: "asyncpg.Connection[asyncpg.Record]", each: asyncpg.Record) -> str:
    shown = each["column"] if each["type"] == "bytea" else f"{each['column']}::text"
    rows = await connection.fetch(
        f"select {shown} as value from {each['table']} where {each['column']} is not null"  # noqa: S608 - names from the catalogue
    )
    values = (row["value"] for row in rows)
    return "\n".join(each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in values)


def sent(clinic: Clinic) -> Iterator[tuple[Place, str]]:
    """Every word that went to a phone or a mailbox; to whom it went is how it got there."""
    for text in clinic.emulator.messages:
        yield "text", f"{text.body} {text.callback_url}"
    for call in clinic.emulator.switchboard.calls:
        yield "call", f"{call.twiml} {call.callback_url} {' '.join(call.heard)}"
    for mail in clinic.emulator.mail_server.mails:
        yield "mail", f"{mail.subject}\n{mail.body}\n{mail.message_id}"


async def counted(clinic: Clinic) -> Iterator[tuple[Place, str]]:
    """The metrics of the API and of the worker."""
    both = (clinic.trial, clinic.demo.sandbox.worker)
    return iter([("metrics", (await exposition(trial)).decode()) for trial in both])


class Ears:
    """Hears every answer that a client got, and every address that a provider was asked at."""

    def __init__(self) -> None:
        self.heard: list[tuple[Place, str]] = []

    async def answer(self, response: httpx.Response) -> None:
        """Keep the headers of an answer, and its body if it is a refusal; a hook of httpx."""
        await response.aread()
        first = "/".join(response.request.url.path.split("/")[:2])
        place = f"{response.status_code} {response.request.method} {first}"
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.heard.append((f"headers {place}", headers))
        if response.is_error:
            self.heard.append((f"answer {place}", response.text))

    def around(self, app: ASGIApp) -> ASGIApp:
        """Hear the addresses that are asked for at an application."""

        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP:
                query = scope["query_string"].decode()
                self.heard.append(("address", f"{scope['path']}?{query}"))
            await app(scope, receive, send)

        return asked
