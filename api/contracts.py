"""The committed documents: the contract, and the sandbox's own."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from api.openapi import VERSION, document, render, render_contract
from api.openapi_files import committed_contract, committed_sandbox_contract
from api.routes import sandbox

_DESCRIPTION = """\
What only a sandbox has, beside the contract itself: trial time that can be moved, the phones, the provider's faults.

Production does not have these routes. `POST /sandbox/clock` stops at each due instant until the workers have done
what is due there, so that a year passes as it would, in a minute.
"""

_TAGS: Mapping[str, str] = {
    "Sandbox": "Time, phones, faults and people to try an app with.",
    "Sandboxes": "One for each developer, under a key of its own, so that two do not meet.",
}


def contracts() -> Iterator[tuple[Path, bytes]]:
    """Return each document with where it is committed."""
    yield committed_contract(), render_contract()
    yield committed_sandbox_contract(), render(sandbox_document())


def sandbox_document() -> dict[str, object]:
    """Return the document of the sandbox's routes."""
    routes = sandbox.OPERATIONS
    return document(routes, title="Nightbell sandbox", version=VERSION, description=_DESCRIPTION, tags=_TAGS)
