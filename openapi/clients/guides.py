"""The guides of docs/guide/ as programs: their fenced blocks, in order, and what each is to print."""

import re
import shutil
from pathlib import Path

from msgspec import Struct

FOLDER = Path(__file__).parents[2] / "docs" / "guide"

RUN = frozenset({"python", "ts"})
"""Languages that are run: `python` by `make test`, `ts` by `make clients`."""

SHOWN = frozenset({"text", "json"})
"""What the block right before it prints."""

_FENCE = re.compile(
    r"^(?P<ticks>`{3,}|~{3,})(?P<language>[^\n]*)\n(?P<body>.*?)^(?P=ticks)[ \t]*$", re.DOTALL | re.MULTILINE
)
_TICKS = re.compile(r"^\s*(?:`{3,}|~{3,})", re.MULTILINE)


class UnknownFenceError(Exception):
    """A guide has a fenced block that nobody would run."""


class Snippet(Struct, frozen=True):
    """One block that is run, and all that it prints; `…` in that stands for whatever is there."""

    guide: str
    line: int
    language: str
    code: str
    printed: str


def names() -> list[str]:
    """Return the names of all guides, without `.md`."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def of(name: str, language: str) -> list[Snippet]:
    """Return a guide's snippets of one language, from its top to its bottom."""
    return [each for each in read(name, (FOLDER / f"{name}.md").read_text()) if each.language == language]


def write_typescript(folder: Path, contract: Path) -> None:
    """Write what each guide has in TypeScript as one module, beside the types of the contract that they import."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(contract, folder / "contract.d.ts")
    for name in names():
        code = "\n".join(each.code for each in of(name, "ts"))
        if code:
            (folder / f"{name}.ts").write_text(code)


def read(name: str, text: str) -> list[Snippet]:
    """Return all snippets of a guide. Raise UnknownFenceError where one would never be run or compared."""
    found: list[Snippet] = []
    after = -1
    for fence in _FENCE.finditer(text):
        language, line = fence["language"].strip(), text.count("\n", 0, fence.start()) + 1
        is_next = text[after : fence.start()].isspace() if found else False
        if language in RUN:
            found.append(Snippet(name, line, language, fence["body"], ""))
        elif language in SHOWN and is_next and not found[-1].printed:
            found[-1] = Snippet(name, found[-1].line, found[-1].language, found[-1].code, fence["body"])
        else:
            raise UnknownFenceError(
                f"{name}.md:{line}: nothing runs or compares a block of {language or 'no language'}"
            )
        after = fence.end()
    if len(_TICKS.findall(text)) != 2 * len(_FENCE.findall(text)):
        raise UnknownFenceError(f"{name}.md: a fence is indented, or has no end")
    return found


def matches(printed: str, shown: str) -> bool:
    """Say whether a guide shows what was printed: `…` is anything within a line, a line of it alone any lines."""
    lines = [
        r"(?s:.*)" if line.strip() == "…" else re.escape(line).replace("…", "[^\n]*")
        for line in shown.strip().split("\n")
    ]
    return re.fullmatch("\n".join(lines), printed.strip()) is not None
