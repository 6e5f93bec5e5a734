"""`nightbell openapi`: write the contract, see that it keeps what was promised, release it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from api.commands import say
from api.compatibility import told
from api.compatibility_rules import Verdict
from api.contracts import contracts
from api.openapi import render_contract
from api.openapi_files import contract_folder, manifest_file, released_contracts, released_file
from api.releases import (
    Shelf,
    faults_of_release,
    faults_of_shelf,
    faults_of_version,
    manifest_line,
    read_manifest,
    since_last,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may follow `nightbell openapi`."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("changes", "release"),
        help="`changes` tells every difference to the last release, `release` keeps the contract under its version",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing: compare openapi/ with the code, and with the last release",
    )


def run(chosen: argparse.Namespace) -> int:
    """Do what was asked for: 0 when it is done, or all is well."""
    match chosen.what:
        case "changes":
            return changes(contract_folder(), render_contract())
        case "release":
            # Only what is committed is released: whoever reviews the release has seen it.
            return _stale() or release(contract_folder(), render_contract(), rehearsed=chosen.check)
        case _:
            return check() if chosen.check else write()


def write() -> int:
    """Write both documents into openapi/."""
    for path, document in contracts():
        path.write_bytes(document)
    return 0


def check() -> int:
    """Say whether the committed documents are those of the code, and whether the contract keeps its promises."""
    return _stale() | kept(contract_folder(), render_contract())


def _stale() -> int:
    stale = [path for path, document in contracts() if not path.exists() or path.read_bytes() != document]
    for path in stale:
        say(f"{path.name} is not what the code says: run `nightbell openapi` and read the difference")
    return int(bool(stale))


def kept(folder: Path, document: bytes) -> int:
    """Say what a document breaks, and which number it must have; 1 when it may not follow the last release."""
    shelf = read_shelf(folder)
    changed, misnumbered = list(faults_of_shelf(shelf)), list(faults_of_version(shelf, document))
    _say_all(*changed, *(_worst(shelf, document) if misnumbered else ()), *misnumbered)
    return int(bool(changed or misnumbered))


def _worst(shelf: Shelf, document: bytes) -> Iterator[str]:
    found = since_last(shelf, document)
    worst = max((each.verdict for each in found), default=Verdict.WORDS)
    return told([each for each in found if each.verdict is worst])


def changes(folder: Path, document: bytes) -> int:
    """Tell every difference to the last release, the worst first."""
    shelf = read_shelf(folder)
    if shelf.last is None:
        say("nothing has been released yet")
    else:
        _say_all(*told(since_last(shelf, document)))
    return 0


def release(folder: Path, document: bytes, *, rehearsed: bool = False) -> int:
    """Keep a document in released/ under its version, for ever; 1 when it may not be. Rehearsed, nothing is written."""
    shelf = read_shelf(folder)
    changelog = folder / "CHANGELOG.md"
    faults = list(faults_of_release(shelf, document, changelog.read_text() if changelog.exists() else ""))
    if faults:
        _say_all(*faults)
        return 1
    version = msgspec.json.decode(document)["info"]["version"]
    if version in shelf.released:
        say(f"{version} has been released already, as it is")
        return 0
    if rehearsed:
        say(f"{version} can be released")
        return 0
    _keep(folder, version, document)
    return 0


def _keep(folder: Path, version: str, document: bytes) -> None:
    path = released_file(folder, version)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(document)
    with manifest_file(folder).open("a", encoding="utf-8") as manifest:
        manifest.write(manifest_line(version, document))
    say(f"{version} is released: commit {path.name} and {manifest_file(folder).name}")


def read_shelf(folder: Path) -> Shelf:
    """Read what was released; a folder that is not there is an empty one."""
    manifest = manifest_file(folder)
    return Shelf(released_contracts(folder), read_manifest(manifest.read_text() if manifest.exists() else ""))


def _say_all(*lines: str) -> None:
    for line in lines:
        say(line)
