"""No change without its line, and no line that anybody changes (cases.md 27)."""

import ast
import re
from pathlib import Path

import asyncpg
import pytest

from domain.records.rows import APP_ROLE, WORKER_ROLE, connect
from tests.support.clinic import Clinic, owner

ROOMS = Path(__file__).parents[2]
CHANGES = re.compile(
    r"(\binsert into\s|(?<!for )(?<!do )\bupdate\s+(?!skip)[a-z_]+\s+(as \w+ )?set\b|\bdelete from\s)"
)


WITHOUT_A_LINE = {
    # The trail itself, and that somebody read.
    *("audit.store", "checkpoints._insert", "checkpoints.sign_what_moved", "reads.note"),
    # When something is looked at next, and who holds it: it decides nothing.
    *("plans.look_again", "plans.look_at_site_now", "plans.look_now", "sites.digest_again"),
    *("rota.look_again", "rota.look_at_sites_of", "rota.look_now"),
    *("messages.extend", "messages.lease_pages", "messages.lease_reminders", "messages.release"),
    # Machine time: how fast somebody may try again.
    *("slowing.hold", "slowing.keep", "quotas.take"),
    # Machine time: which digits of an authenticator are good no more.
    "staff.spend_step",
    # It says what it said, under another key; the run has a line.
    *("sealed_rows.reseal_contact", "sealed_rows.reseal_secret"),
    # What the database is, and the sandbox's clock.
    *("deployment.set_clock", "deployment.stamp", "migrations._insert"),
}
"""Whoever adds to it says why."""


def functions(path: Path) -> list[ast.AsyncFunctionDef | ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)]


def changes(function: ast.AsyncFunctionDef | ast.FunctionDef) -> bool:
    said = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    docstring = ast.get_docstring(function, clean=False)
    return any(isinstance(each, str) and each != docstring and CHANGES.search(each) for each in said)


def holds_the_right(function: ast.AsyncFunctionDef | ast.FunctionDef) -> bool:
    return any(
        isinstance(each.annotation, ast.Name) and each.annotation.id == "Writing"
        for each in function.args.args
    )


def test_case_27_a_write_without_its_audit_line_cannot_be_expressed() -> None:
    """Every statement that changes a row needs the right to write, and one function hands it out: after the line."""
    records = sorted((ROOMS / "domain" / "records").glob("*.py"))
    without = {
        f"{path.stem}.{function.name}"
        for path in records
        for function in functions(path)
        if changes(function) and not holds_the_right(function)
    }
    assert without == WITHOUT_A_LINE
    made = [
        path.relative_to(ROOMS).as_posix()
        for room in ("api", "domain", "notifications")
        for path in sorted((ROOMS / room).rglob("*.py"))
        if re.search(r"\bWriting\(", path.read_text(encoding="utf-8").replace("class Writing(", ""))
    ]
    assert made == ["domain/records/write.py"]


async def test_case_27_what_has_no_line_is_not_written(clinic: Clinic, clinic_url: str) -> None:
    alice = await clinic.staff("Alice")
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    connection = await owner(clinic_url)
    await connection.execute("alter table audit_entries add constraint no_more check (false) not valid")
    body = {"siteId": site, "subjectNumber": "S-27", "phase": "phase-1"}
    before = await clinic.rows("participants")
    assert (await alice.post("/v1/participants", body)).status_code == 500
    assert await clinic.rows("participants") == before
    await connection.execute("alter table audit_entries drop constraint no_more")
    await connection.close()
    assert (await alice.post("/v1/participants", body)).status_code == 201


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
@pytest.mark.parametrize(
    "statement",
    [
        *("update audit_entries set action = 'x'", "delete from audit_entries", "truncate audit_entries"),
        *(
            "update audit_checkpoints set number = 9",
            "delete from audit_checkpoints",
            "truncate audit_checkpoints",
        ),
        *(
            "delete from audit_heads",
            "truncate audit_heads",
            "update audit_heads set position = position - 1",
        ),
        *(
            "update audit_heads set moved_at = 'infinity'",
            "update audit_heads set moved_at = now() - interval '1 year'",
            "update audit_heads set moved_at = now() + interval '1 second'",
        ),
        *("update audit_heads set hash = ''", "update audit_heads set position = position + 2"),
    ],
)
async def test_no_role_of_the_program_may_change_the_trail(
    clinic_url: str, role: str, statement: str
) -> None:
    connection = await connect(clinic_url, role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_no_one_chooses_since_when_a_chain_waits_for_its_signature(clinic_url: str, role: str) -> None:
    connection = await connect(clinic_url, role)
    entered = (
        "insert into audit_heads (chain, position, hash, moved_at) values ('site/new', 1, '', 'infinity')"
    )
    moved = "update audit_heads set position = position + 1, moved_at = 'infinity'"
    for statement in (entered, moved):
        async with connection.transaction():
            await connection.execute(statement)
            assert await connection.fetchval("select max(moved_at) <= now() from audit_heads")
    await connection.close()


async def test_only_a_worker_signs(clinic_url: str) -> None:
    connection = await connect(clinic_url, APP_ROLE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("insert into audit_checkpoints values (9, '', '', '', now())")
    await connection.close()


async def test_not_even_the_owner_changes_the_trail_by_mistake(clinic_url: str) -> None:
    connection = await connect(clinic_url)
    for table in ("audit_entries", "audit_checkpoints", "audit_heads"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(f"delete from {table}")  # noqa: S608 - a test's own words
    for statement in ("update audit_entries set action = 'x'", "update audit_checkpoints set number = 9"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only moves on"):
        await connection.execute("update audit_heads set hash = ''")
    await connection.close()
