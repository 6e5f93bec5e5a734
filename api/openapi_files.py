"""Where the contracts lie: those of the code, and those that were released."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

_FOLDER = Path(__file__).parents[1] / "openapi"

Version: TypeAlias = tuple[int, int, int]
"""Major, minor, patch (semver.org)."""


def committed_contract() -> Path:
    """Return the file of the contract, beside the packages."""
    return _FOLDER / "openapi.json"


def committed_sandbox_contract() -> Path:
    """Return the file of the sandbox's own contract."""
    return _FOLDER / "sandbox.json"


def contract_folder() -> Path:
    """Return where `released/` and the contract's own changelog are."""
    return _FOLDER


def released_file(folder: Path, version: str) -> Path:
    """Return where the contract of a version is, or would be."""
    return folder / "released" / f"{version}.json"


def manifest_file(folder: Path) -> Path:
    """Return the file that says what each released contract must be, as `sha256sum` writes it."""
    return folder / "released" / "SHA256SUMS"


def released_contracts(folder: Path) -> Mapping[str, bytes]:
    """Return every released contract by its version, the oldest first; none where nothing was released."""
    found = [path for path in (folder / "released").glob("*.json") if _VERSION.fullmatch(path.stem)]
    return {path.stem: path.read_bytes() for path in sorted(found, key=lambda path: version_of(path.stem))}


def version_of(text: str) -> Version:
    """Read `1.0.0`; raise ValueError for what is no such version."""
    if not _VERSION.fullmatch(text):
        raise ValueError(f"{text} is not of the form 1.0.0")
    major, minor, patch = (int(part) for part in text.split("."))
    return major, minor, patch


_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
