"""Accounts of staff from the command line, for whoever works at several sites."""

import pytest

from api import account_commands, commands
from api.wiring import prepare_database
from domain.errors import NotFound
from tests.support.operator import as_superuser, chosen, environment

FRANK = {
    "name": "Frank",
    "site": "Zhongnan",
    "email": "frank@example.org",
    "phone": "+8613912345678",
    "language": "en",
    "role": "investigator",
}


@pytest.fixture
async def production(database_url: str) -> dict[str, str]:
    await prepare_database(database_url, "production")
    values = environment(database_url)
    await commands.add_site(values, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await commands.add_staff(values, chosen(**FRANK))
    return values


async def test_the_operator_lets_somebody_in_anew_and_a_second_code_kills_the_first(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    codes = []
    for _ in range(2):
        capsys.readouterr()
        assert await account_commands.invite(production, chosen(email=FRANK["email"])) == 0
        codes.append(capsys.readouterr().out.split()[1])
    assert len({len(each) for each in codes}) == 1
    assert codes[0] != codes[1]
    good = "select count(*) from staff_invitations where revoked_at is null and issued_by is null"
    assert await as_superuser(production, good) == 1
    assert await as_superuser(production, "select count(*) from staff_invitations") == 2


async def test_the_operator_closes_an_account_and_says_why(production: dict[str, str]) -> None:
    await account_commands.close(production, chosen(email=FRANK["email"], reason="left the hospital"))
    assert await as_superuser(production, "select disabled_at is not null from staff") is True
    said = "select convert_from(body, 'UTF8') from audit_entries where action = 'staff.close'"
    assert "left the hospital" in str(await as_superuser(production, said))


async def test_a_person_whom_nobody_knows_is_neither_let_in_nor_closed(production: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        await account_commands.invite(production, chosen(email="nobody@example.org"))
    with pytest.raises(NotFound):
        await account_commands.close(production, chosen(email="nobody@example.org", reason="left"))
