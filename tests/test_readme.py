"""The README's promises to an operator: its SQL, its table of settings."""

import contextlib
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from api import commands, dysms_settings, oidc_settings
from api.postgres import at_database
from api.settings import read_settings
from api.wiring import open_trial
from domain.records.migrations import drop_database
from domain.records.rows import APP_ROLE, OWNER_ROLE, WORKER_ROLE, connect
from notifications.worker import drain
from tests.support.operator import chosen, environment, verify_audit

ROOT = Path(__file__).parents[1]


async def test_the_logins_of_the_readme_can_each_do_their_own_work_and_no_other(
    empty_database_url: str,
) -> None:
    own = f"nb_{secrets.token_hex(4)}"
    logins = await as_the_readme_says(empty_database_url, own)
    try:
        migrating, serving, working = (environment(logins[each]) for each in ("migrate", "serve", "work"))
        assert await commands.migrate({"DATABASE_URL": migrating["DATABASE_URL"]}) == 0
        assert await commands.add_site(serving, chosen(name="Zhongnan", time_zone="Asia/Shanghai")) == 0
        assert await verify_audit(serving) == 0
        async with open_trial(read_settings(working), WORKER_ROLE) as trial:
            await drain(trial)
        for values, role in ((serving, OWNER_ROLE), (serving, WORKER_ROLE), (working, APP_ROLE)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connect(values["DATABASE_URL"], role)
    finally:
        superuser = await asyncpg.connect(empty_database_url)
        await drop_database(superuser, own)
        for login in logins:
            await superuser.execute(f"drop role {own}_{login}")
        await superuser.close()


async def as_the_readme_says(url: str, own: str) -> dict[str, str]:
    """Run the README's SQL with logins and a database of this test's own; return the address of each login."""
    block = re.search(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    words = re.sub(r"nightbell_(migrate|serve|work)\b", rf"{own}_\1", block[1])
    words = words.replace("create database nightbell ", f"create database {own} ")
    connection = await asyncpg.connect(url)
    for statement in words.split(";")[:-1]:
        # The three roles are the cluster's: other tests have made them.
        with contextlib.suppress(asyncpg.DuplicateObjectError):
            await connection.execute(statement)
    await connection.close()
    parts = urlsplit(at_database(url, own))
    return {
        login: parts._replace(netloc=f"{own}_{login}:{password}@{parts.hostname}:{parts.port}").geturl()
        for login, password in re.findall(rf"{own}_(\w+) login password '([^']+)'", words)
    }


def test_the_readme_lists_every_setting_and_no_other() -> None:
    source = (ROOT / "api" / "settings.py").read_text()
    read = {f"NIGHTBELL_{name}" for name in re.findall(r'PREFIX \+ "([A-Z_]+)"', source)}
    read |= set(re.findall(r'"((?:TWILIO|DATABASE)_[A-Z_]+)"', source))
    read |= set(dysms_settings.NAMES) | set(oidc_settings.NAMES)
    readme = (ROOT / "README.md").read_text()
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([A-Z]+_[A-Z_]+)`", row)}
    assert listed == read
