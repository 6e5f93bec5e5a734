"""The contract as a document and as a page, served from our own host: it works without the internet."""

from collections.abc import Sequence
from typing import Any

HANDLERS: Sequence[Any] = ()
