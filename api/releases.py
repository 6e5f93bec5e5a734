"""What was released stays as it is, and what comes next has the number that it deserves (docs/contract.md).

The decisions are pure: bytes and words in, refusals out. `api/contract_commands.py` reads and writes the files.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from api.compatibility import differences
from api.compatibility_rules import Difference, Verdict
from api.openapi_files import Version, version_of
from api.openapi_schemas import Schema


class Shelf(Struct, frozen=True):
    """What was released, and what must have been."""

    released: Mapping[str, bytes]
    """Version → its document, the oldest first."""
    manifest: Mapping[str, str]
    """Version → the SHA-256 of its document."""

    @property
    def last(self) -> str | None:
        """The newest version; None when nothing was released."""
        return next(reversed([*self.released]), None)


def read_manifest(text: str) -> Mapping[str, str]:
    """Read what `sha256sum` wrote: version → SHA-256."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return {name.removeprefix("*").removesuffix(".json"): digest for digest, name in lines}


def manifest_line(version: str, document: bytes) -> str:
    """Write one line of the manifest, which `sha256sum --check` reads."""
    return f"{hashlib.sha256(document).hexdigest()}  {version}.json\n"


def since_last(shelf: Shelf, document: bytes) -> tuple[Difference, ...]:
    """Return how a document differs from the last release; nothing where there is none."""
    return () if shelf.last is None else differences(_read(shelf.released[shelf.last]), _read(document))


def faults_of_shelf(shelf: Shelf) -> Iterator[str]:
    """Say what of the released contracts is not what was released."""
    for version in sorted(shelf.released.keys() | shelf.manifest.keys()):
        if version not in shelf.released:
            yield f"released/{version}.json is missing: a released contract stays"
        elif version not in shelf.manifest:
            yield f"released/{version}.json is not in SHA256SUMS: only `nightbell openapi release` adds one"
        elif hashlib.sha256(shelf.released[version]).hexdigest() != shelf.manifest[version]:
            yield f"released/{version}.json was changed: a released contract stays as it is"


def faults_of_version(shelf: Shelf, document: bytes) -> Iterator[str]:
    """Say why a document may not follow the last release under the version that it has.

    Words alone demand a higher patch, something more a higher minor, something broken a higher major number.
    """
    version = _read(document)["info"]["version"]
    last = shelf.last
    if last is None or shelf.released[last] == document:
        return
    if shelf.released.get(version, document) != document:
        yield f"{version} was released as another document: raise VERSION in api/openapi.py"
    worst = max((each.verdict for each in since_last(shelf, document)), default=Verdict.WORDS)
    least = _least(version_of(last), worst)
    if version_of(version) < least:
        yield f"{_WHY[worst]} since {last}: the version must be {_text(least)} or higher, and is {version}"


def faults_of_release(shelf: Shelf, document: bytes, changelog: str) -> Iterator[str]:
    """Say why a document may not be released: none when it may, or was already, byte for byte."""
    version = _read(document)["info"]["version"]
    yield from faults_of_shelf(shelf)
    yield from faults_of_version(shelf, document)
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        yield f"openapi/CHANGELOG.md has no entry `## [{version}] - <the day, as 2026-12-01>`"


_WHY: Mapping[Verdict, str] = {
    Verdict.BREAKING: "a promise is broken",
    Verdict.ADDITION: "something was added",
    Verdict.WORDS: "words were changed",
}


def _least(last: Version, worst: Verdict) -> Version:
    major, minor, patch = last
    return {
        Verdict.BREAKING: (major + 1, 0, 0),
        Verdict.ADDITION: (major, minor + 1, 0),
        Verdict.WORDS: (major, minor, patch + 1),
    }[worst]


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)


def _read(document: bytes) -> Schema:
    read: Schema = msgspec.json.decode(document)
    return read
