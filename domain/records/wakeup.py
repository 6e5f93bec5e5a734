"""LISTEN and NOTIFY: how a commit wakes the workers. Polling stands behind it, so a lost wake-up costs a second."""

from collections.abc import Callable

import asyncpg

from domain.records.rows import Connection

_CHANNEL = "nightbell"


async def notify(connection: Connection, payload: str = "") -> None:
    """Wake every listener when this transaction commits."""
    await connection.execute("select pg_notify($1, $2)", _CHANNEL, payload)


async def listen(connection: "asyncpg.Connection[asyncpg.Record]", heard: Callable[[str], None]) -> None:
    """Call `heard` with the payload of every notification, for as long as the connection lives."""

    def on_notification(*event: object) -> None:
        heard(str(event[-1]))

    await connection.add_listener(_CHANNEL, on_notification)
