"""Tags of what is made from known values: the same values, the same program and the same protocol make the same bytes.

So a tag can be told before the body is made, and a phone that holds the body is answered 304 without it.
"""

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

import api
import domain
from domain.protocol.schema import Protocol


@functools.cache
def edition() -> str:
    """Return the SHA-256 in hex of all that makes a body from values: this program, its sentences, its encoder.

    Two nodes of different releases give different tags, and a phone reads once more: no node vouches for the bytes
    of another program.
    """
    hashed = hashlib.sha256(msgspec.__version__.encode())
    for file in _files():
        hashed.update(hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()


def _files() -> Iterator[Path]:
    for room in (api, domain):
        for folder in sorted(room.__path__):
            yield from sorted(each for each in Path(folder).rglob("*") if each.suffix in {".py", ".toml"})


def tag_of(protocol: Protocol, what: str, *values: object) -> str:
    """Return the strong ETag (RFC 9110 §8.8.3) of what the program makes from these values and this protocol.

    `values` name whoever reads it, and all that the body depends on beside her.
    """
    made_from = msgspec.json.encode((edition(), protocol.digest, what, *values))
    return f'"{hashlib.sha256(made_from).hexdigest()[:32]}"'
