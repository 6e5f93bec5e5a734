"""The rules of the house that no other tool checks (docs/contributing.md); import-linter and ruff check the rest."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import get_args

import asyncpg
import pytest

from api import diagrams
from api.errors import STATUS
from domain import blinding, errors, refusals
from domain.decision import Row
from domain.errors import NightbellError

ROOT = Path(__file__).parents[1]
ROOMS = ("api", "domain", "notifications", "openapi/clients/python")
RECORDS = ROOT / "domain" / "records"
DOCUMENTS = [*ROOT.glob("openapi/[!p]*.json"), *ROOT.glob("openapi/released/*.json")]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

START_UP_REFUSALS: set[type[NightbellError]] = {
    refusals.SettingsRefused,
    refusals.DatabaseRefused,
    refusals.ProtocolRefused,
    refusals.MigrationRefused,
    refusals.PostgresFailed,
}
"""They end a command before anything is served, so no request ever meets them."""


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def committed() -> list[Path]:
    """Every file git keeps, or would keep."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()  # noqa: S603 - fixed words
    return [path for each in listed.split("\0") if each and (path := ROOT / each).is_file()]


def lengths() -> dict[str, int]:
    """Lines of every function, its docstring left out: a long explanation is no long function."""
    return {
        f"{name(path)}:{node.name}:{node.lineno}": _length(node)
        for path in sources(*ROOMS)
        for node in ast.walk(parsed(path))
        if isinstance(node, FUNCTIONS)
    }


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    docstring = 0
    if ast.get_docstring(node) is not None:
        docstring = (first.end_lineno or 0) - first.lineno + 1
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def catalogue() -> set[type[NightbellError]]:
    return {
        each
        for module in (errors, refusals)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, NightbellError) and each is not NightbellError
    }


def names_of(value: object) -> Iterator[str]:
    """The keys of a document at any depth, and its values that are names themselves."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from names_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from names_of(each)
    elif isinstance(value, str) and re.fullmatch(r"[\w.-]+", value):
        yield value


def texts_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    else:
        yield str(value)


def test_a_file_fits_one_sitting() -> None:
    lines = {name(path): len(path.read_text().splitlines()) for path in sources(*ROOMS, "tests")}
    assert {path: count for path, count in lines.items() if count > 300} == {}


def test_functions_are_short() -> None:
    counts = sorted(lengths().values())
    assert median(counts) <= 8
    assert counts[len(counts) * 9 // 10] <= 30


@pytest.mark.parametrize(
    ("library", "file"),
    [
        ("twilio", "notifications/twilio.py"),
        ("alibabacloud_dysmsapi20170525", "notifications/dysms.py"),
        ("alibabacloud_tea_openapi", "notifications/dysms.py"),
    ],
)
def test_a_provider_is_imported_in_one_file(library: str, file: str) -> None:
    assert [name(path) for path in sources(*ROOMS) if _imports_from(library, path)] == [file]


def _imports_from(package: str, path: Path) -> bool:
    return any(each == package or each.startswith(package + ".") for each in imports(path))


def test_only_records_speak_sql() -> None:
    begins = re.compile(
        r"\s*(select|insert\s+into|delete\s+from|update\s+\w+\s+set|(create|alter|drop|grant)\s+\w+)\s"
    )
    spoken = [
        f"{name(path)}:{node.lineno}"
        for path in sources(*ROOMS)
        if not path.is_relative_to(RECORDS)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, str) and begins.match(node.value))
        or (isinstance(node, ast.Attribute) and node.attr in {"fetch", "fetchrow", "fetchval", "executemany"})
    ]
    assert spoken == []


def test_the_pure_domain_neither_waits_nor_looks_at_clock_or_environment() -> None:
    pure = [path for path in sources("domain") if not path.is_relative_to(RECORDS)]
    waiting = [
        name(path)
        for path in pure
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"} and _is_clock(node))
    ]
    looking = [name(path) for path in pure if imports(path) & {"os", "time", "random", "secrets", "uuid4"}]
    assert waiting == looking == []


def _is_clock(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}


def test_every_error_has_a_status_or_is_a_refusal_to_start() -> None:
    assert catalogue() - set(STATUS) == START_UP_REFUSALS


def test_every_error_has_a_code_of_its_own_and_a_meaning() -> None:
    assert len({each.code for each in catalogue()}) == len(catalogue()) > 20
    assert [each.__name__ for each in catalogue() if not each.__doc__] == []


def test_every_kind_of_row_has_a_writer() -> None:
    matched = {
        node.cls.id
        for node in ast.walk(parsed(RECORDS / "write.py"))
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name)
    }
    assert matched == {kind.__name__ for kind in get_args(Row)}


def test_no_file_names_a_machine_or_a_package_registry() -> None:
    # Put together here, or this file would name them.
    folders = "work|root|home"
    hosts = "|".join((r"pypi\." + "org", "python" + "hosted", r"registry\." + "npmjs", "arti" + "factory"))
    forbidden = re.compile(rf"(?<![\w.])/({folders})/|{hosts}")
    named = [
        f"{name(path)}: {found[0]}"
        for path in committed()
        if (found := forbidden.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert named == []


def test_every_lint_rule_that_is_ignored_says_why() -> None:
    lint = (ROOT / "pyproject.toml").read_text().partition("[tool.ruff.lint]")[2]
    entries = re.findall(
        r'^    "[A-Z]+\d*",?.*$', lint.partition("[tool.ruff.lint.pycodestyle]")[0], re.MULTILINE
    )
    assert len(entries) > 20
    assert [entry for entry in entries if not re.search(r"# \w+", entry)] == []


def test_every_exception_to_a_lint_rule_says_why() -> None:
    silent = [
        f"{name(path)}:{number}"
        for path in sources(*ROOMS, "tests")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"# noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* - \w)", line) and path != Path(__file__)
    ]
    assert silent == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda path: path.name)
def test_the_contract_says_nothing_that_could_unblind(file: Path) -> None:
    document = json.loads(file.read_bytes())
    assert {text for text in texts_of(document) if blinding.in_text(text)} == set()
    assert {each for each in names_of(document) if blinding.in_name(each)} == set()


def test_the_protocol_says_nothing_that_could_unblind() -> None:
    files = [*(ROOT / "domain" / "protocol").glob("*.toml")]
    assert len(files) >= 7
    read = [tomllib.loads(path.read_text()) for path in files]
    assert {text for each in read for text in texts_of(each) if blinding.in_text(text)} == set()
    assert {name for each in read for name in names_of(each) if blinding.in_name(name)} == set()


async def test_the_schema_has_no_name_that_could_unblind(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch(
        """
        select attname from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = 'public'::regnamespace
        union select relname from pg_class where relnamespace = 'public'::regnamespace
        union select conname from pg_constraint where connamespace = 'public'::regnamespace
        """
    )
    await connection.close()
    names = {row["attname"] for row in found}
    assert {"alerts", "subject_number"} <= names
    assert {each for each in names if blinding.in_name(each)} == set()


def test_the_state_diagrams_are_those_of_the_tables() -> None:
    stale = "docs/states.md is not what the tables say: run `python -m api.diagrams` and read the difference"
    assert diagrams.PAGE.read_text(encoding="utf-8") == diagrams.page(), stale


def test_the_runbook_explains_every_log_event() -> None:
    events = {
        str(node.args[0].value)
        for path in sources(*ROOMS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        and isinstance(node.args[0], ast.Constant)
    }
    runbook = (ROOT / "docs" / "running.md").read_text()
    assert len(events) > 8
    assert {event for event in events if blinding.in_name(event)} == set()
    assert {event for event in events if f"`{event}`" not in runbook} == set()


def test_every_address_in_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    broken = [
        f"{name(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https://)([^)]+)\)", page.read_text())
        if not _leads_somewhere(page, target)
    ]
    assert broken == []


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE) if file.is_file() else []
    return file.exists() and (not anchor or anchor in {_anchor(each) for each in headings})


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
