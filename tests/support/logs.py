"""Reading the log as the program writes it."""

import json
from io import StringIO
from typing import Any

import httpx

from tests.support.watch import until


async def line_of(log: StringIO, answer: httpx.Response) -> dict[str, Any]:
    """The line about a request; it is written once the answer has left."""
    request_id = answer.headers["x-request-id"]

    def lines() -> list[dict[str, Any]]:
        written = map(json.loads, log.getvalue().splitlines())
        return [
            each
            for each in written
            if (each["event"], each.get("request_id")) == ("request.done", request_id)
        ]

    await until(lambda: bool(lines()), "the line of a request")
    (line,) = lines()
    return dict(line)
