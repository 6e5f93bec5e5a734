"""A member of staff about herself, and her PIN."""

from uuid import UUID

import pytest

from api import pin_command
from api.pins import hash_pin
from api.seed import member
from domain import pins
from domain.people import Role
from domain.records.rows import transaction
from domain.records.sealing import Vault
from tests.support.answering import code_in, entry, links_of, move_abroad, read, ring, standing
from tests.support.clinic import SECRETS, Clinic, owner
from tests.support.operator import chosen
from tests.support.problems import refused
from tests.support.proof import keys_of, proof
from tests.support.sites import hire, home


async def pins_set(clinic: Clinic) -> int:
    async with transaction(clinic.trial.pool) as connection:
        return int(await connection.fetchval("select count(*) from audit_entries where action = 'pin.set'"))


async def test_who_has_no_pin_sets_one_and_a_lost_answer_may_be_repeated(ward: Clinic) -> None:
    hired = await hire(ward, "Nora", Role.INVESTIGATOR, site := await home(ward))
    before = await hired.person.get("/v1/staff/me")
    assert before.json() == {
        "staffId": before.json()["staffId"],
        "name": "Nora",
        "language": "zh-CN",
        "roles": [{"siteId": str(site.id), "role": "investigator"}],
        "hasPin": False,
        "hasPhone": True,
        "recoveryCodesLeft": 0,
    }
    answers = [
        await hired.person.put(
            "/v1/staff/me/pin", {"pin": "902714", "proof": await proof(ward, hired.sign_in)}
        )
        for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {204}
    assert (await hired.person.get("/v1/staff/me")).json()["hasPin"] is True
    assert await pins_set(ward) == 1
    same = {"If-None-Match": (await hired.person.get("/v1/staff/me")).headers["etag"]}
    assert (await hired.person.get("/v1/staff/me", **same)).status_code == 304


@pytest.mark.parametrize("pin", ["111111", "123456", "987654"])
async def test_a_pin_that_everybody_tries_is_refused(ward: Clinic, pin: str) -> None:
    bob = await ward.staff("Bob")
    proven = await proof(ward, keys_of("Bob"))
    refused(await bob.put("/v1/staff/me/pin", {"pin": pin, "proof": proven}), 422, "pin.trivial")
    refused(await bob.put("/v1/staff/me/pin", {"pin": pin[:5], "proof": proven}), 422, "body.invalid")
    refused(await bob.put("/v1/staff/me/pin", {"pin": "902714"}), 422, "body.invalid")


async def test_of_a_pin_only_a_hash_is_kept_that_needs_the_servers_secret(ward: Clinic) -> None:
    async with transaction(ward.trial.pool) as connection:
        rows = await connection.fetch("select pin_hash from credentials where pin_hash is not null")
        trail = await connection.fetch("select body from audit_entries")
    hashes = [row["pin_hash"].decode() for row in rows]
    assert len(hashes) == len(set(hashes)) >= 5
    assert all(each.startswith("$argon2id$") for each in hashes)
    said = b"".join(row["body"] for row in trail)
    assert [each for each in hashes if each.encode() in said] == []


async def test_the_operator_draws_another_pin_and_the_one_before_is_good_no_more(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    await ring(clinic)
    code = code_in(clinic.texts("Bob")[0])
    drawn = await draw(clinic, capsys)
    body = entry("Bob", email=member("Bob").email, code=code)

    assert (await clinic.http.post("/a", data=body)).status_code == 422
    assert (await clinic.http.post("/a", data={**body, "pin": drawn})).status_code == 200


async def test_a_pin_is_hashed_while_whoever_it_is_for_can_sign_in(
    clinic: Clinic, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hashed(vault: Vault, staff_id: UUID, pin: str) -> bytes:
        connection = await owner(clinic.settings.database_url)
        await connection.execute("select 1 from credentials for update nowait")
        await connection.close()
        return await hash_pin(vault, staff_id, pin)

    monkeypatch.setattr(pin_command, "hash_pin", hashed)
    assert len(await draw(clinic, capsys)) == pins.LENGTH


async def draw(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> str:
    values = {
        **SECRETS,
        "NIGHTBELL_MODE": "sandbox",
        "DATABASE_URL": clinic.settings.database_url,
        "NIGHTBELL_PUBLIC_URL": clinic.settings.public_url,
        "TWILIO_ACCOUNT_SID": clinic.settings.twilio_account_sid,
        "TWILIO_SENDER": clinic.settings.twilio_sender,
        "TWILIO_API_BASE_URL": str(clinic.settings.twilio_api_base_url),
    }
    assert await pin_command.set_pin(values, chosen(email=member("Bob").email)) == 0
    return capsys.readouterr().out.split()[1]


async def test_whoever_has_no_pin_is_told_on_the_page_and_nobody_answers_for_her(clinic: Clinic) -> None:
    await move_abroad(clinic, "Bob")
    connection = await owner(clinic.settings.database_url)
    await connection.execute("update credentials set pin_hash = null")
    await connection.close()
    await ring(clinic)
    (link,) = links_of(clinic, "Bob")
    looked, tried = await clinic.http.get(link), await clinic.http.post(link, data=entry("Bob"))
    assert "您尚未设置PIN" in read(looked)
    assert read(looked) == read(tried)
    assert await standing(clinic) == [("open", 1, None)]
