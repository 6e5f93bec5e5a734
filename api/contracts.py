"""The committed documents: the contract, and the sandbox's own."""

from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "openapi"


def contracts() -> Iterator[tuple[Path, bytes]]:
    """Return each document with where it is committed."""
    yield from ()
