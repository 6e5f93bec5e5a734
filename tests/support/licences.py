"""Whether everything the program is delivered with is pinned by its hash, under a licence that lets it be.

`make check` runs it. A licence is read from what each package says of itself once installed; one that is not in the
list refuses, by the name of the package, until somebody has looked.
"""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]

PERMISSIVE = re.compile(
    r"mit(-0)?|bsd(-[23]-clause)?|apache([- ](license )?2\.0)?|apache software|psf-2\.0|isc"
    r"|python software foundation",
    re.IGNORECASE,
)

LOOKED_AT: Mapping[str, str] = {
    "certifi": "MPL-2.0, file by file: the list of authorities is used as it is, and changed by nobody here",
    "pathspec": "MPL-2.0, file by file: of the build tool only, and not changed",
}

NOT_HERE: Mapping[str, str] = {
    "colorama": "BSD-3-Clause, for Windows only: the lock is of all systems",
}


def pinned(lock: str) -> dict[str, bool]:
    """Return every package of a lock, and whether it is pinned by a hash."""
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in lock.splitlines() if not line.startswith("#")))
    found = (re.match(r"([A-Za-z0-9._-]+)\s*==", entry) for entry in entries)
    return {
        name[1]: "--hash=sha256:" in entry
        for name, entry in zip(found, entries, strict=True)
        if name is not None
    }


def licences(name: str) -> list[str]:
    """Return what an installed package says of its licence; its expression alone, where it has one."""
    said = metadata(name)
    if expressions := said.get_all("License-Expression"):
        return re.split(r" (?:AND|OR) ", expressions[0])
    classified = [each for each in said.get_all("Classifier") or [] if each.count("::") == 2]
    names = [each.rpartition(":: ")[2] for each in classified if each.startswith("License :: ")]
    written = (said.get_all("License") or [""])[0].partition("\n")[0]
    return names or re.split(r" (?:AND|OR) ", written)


def is_permissive(licence: str) -> bool:
    """Say whether everybody may use, change and pass on what is under it."""
    plain = re.sub(r"\s*\([^)]*\)|\s+licen[sc]e$", "", licence.strip(), flags=re.IGNORECASE)
    return PERMISSIVE.fullmatch(plain) is not None


def faults(lock: str) -> list[str]:
    """Return what is wrong with a lock, each beginning with the name of a package."""
    packages = pinned(lock)
    found = [f"{name}: not pinned by a hash" for name, is_pinned in packages.items() if not is_pinned]
    for name in packages:
        if name in LOOKED_AT:
            continue
        try:
            unknown = [each for each in licences(name) if not is_permissive(each)]
        except PackageNotFoundError:
            found += [] if name in NOT_HERE else [f"{name}: not installed, so nobody knows its licence"]
            continue
        found += [f"{name}: licence {each or 'unknown'!r}" for each in unknown]
    return found


if __name__ == "__main__":
    wrong = faults((ROOT / "requirements.lock").read_text())
    sys.exit("\n".join(wrong) if wrong else 0)
