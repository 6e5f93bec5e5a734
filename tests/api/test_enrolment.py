"""One-time codes: a lost answer burns none, and a wrong one tells nothing."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx

from api.codes import square
from api.routes.sandbox import new_participant
from api.shapes.sandbox import SeededParticipant, SeedRequest
from domain import activation_code
from domain.entropy import Entropy
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.desk import all_text
from tests.support.problems import refused
from tests.support.sites import home


async def invited(clinic: Clinic) -> SeededParticipant:
    return await new_participant(clinic.demo.sandbox, clinic.demo.edge.mint, SeedRequest())


async def redeem(clinic: Clinic, code: str, device_id: str | None = None) -> httpx.Response:
    body = {"code": code, "deviceId": device_id or str(uuid4())}
    return await clinic.http.post("/v1/activations", json=body)


async def renew(alice: Person, seeded: SeededParticipant, **more: str) -> str:
    body = {"role": "participant", **more}
    answer = await alice.post(f"/v1/participants/{seeded.participant_id}/activation-codes", body)
    return str(answer.json()["code"])


async def sessions_of(clinic: Clinic, seeded: SeededParticipant) -> int:
    async with transaction(clinic.trial.pool) as connection:
        return int(
            await connection.fetchval(
                "select count(*) from sessions where participant_id = $1", seeded.participant_id
            )
        )


async def age_codes(clinic: Clinic, seeded: SeededParticipant, by: timedelta) -> None:
    """Let machine time pass for a participant's codes, without waiting for it."""
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute(
            """
            update activation_codes set issued_at = issued_at - $1::interval,
                expires_at = expires_at - $1::interval, redeemed_at = redeemed_at - $1::interval
            where participant_id = $2
            """,
            by,
            seeded.participant_id,
        )


async def test_a_device_that_lost_the_answer_gets_it_again_to_the_byte(ward: Clinic) -> None:
    seeded, device_id = await invited(ward), str(uuid4())
    first = await redeem(ward, seeded.participant_code, device_id)
    await age_codes(ward, seeded, timedelta(minutes=9, seconds=50))

    again = await redeem(ward, seeded.participant_code, device_id)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert await sessions_of(ward, seeded) == 1


async def test_after_ten_minutes_a_redeemed_code_is_used_up_for_its_own_device_too(ward: Clinic) -> None:
    seeded, device_id = await invited(ward), str(uuid4())
    await redeem(ward, seeded.participant_code, device_id)
    await age_codes(ward, seeded, timedelta(minutes=10))
    refused(await redeem(ward, seeded.participant_code, device_id), 403, "activation.refused")


async def test_mistyped_wrong_used_expired_and_revoked_codes_are_one_and_the_same_answer_to_the_byte(
    ward: Clinic, alice: Person
) -> None:
    """Case 26: an enrolment code was reused, or never expired."""
    used, expired, revoked = [await invited(ward) for _ in range(3)]
    await redeem(ward, used.participant_code)
    await age_codes(ward, expired, timedelta(hours=72))
    await renew(alice, revoked)
    wrong = activation_code.draw(Entropy(bytes(32)))
    codes = (
        used.participant_code,
        expired.participant_code,
        revoked.participant_code,
        wrong,
        "AAAA-BBBB-CCCC",
        "-",
    )

    answers = [whole(await redeem(ward, code)) for code in codes]

    assert answers[0][0] == 403
    assert set(answers) == {answers[0]}
    assert [await sessions_of(ward, each) for each in (used, expired, revoked)] == [1, 0, 0]


def whole(answer: httpx.Response) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """All of an answer but what names the request and its second."""
    refused(answer, 403, "activation.refused")
    request_id = answer.headers["x-request-id"]
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return (
        answer.status_code,
        answer.content.replace(request_id.encode(), b""),
        tuple(sorted(headers.items())),
    )


async def test_a_second_code_opens_no_second_account_for_the_same_person(ward: Clinic, alice: Person) -> None:
    """Case 26: a second row was made for the same person."""
    seeded = await invited(ward)
    assert (await redeem(ward, seeded.participant_code)).status_code == 201
    for _ in range(2):
        assert (await redeem(ward, await renew(alice, seeded))).status_code == 201
    async with transaction(ward.trial.pool) as connection:
        accounts = await connection.fetch(
            "select role from accounts where participant_id = $1 order by role", seeded.participant_id
        )
    assert [row["role"] for row in accounts] == ["caregiver", "participant"]


async def test_the_coordinator_gets_a_square_that_holds_this_server_and_the_code(
    ward: Clinic, alice: Person
) -> None:
    seeded = await invited(ward)
    answer = await alice.post(
        f"/v1/participants/{seeded.participant_id}/activation-codes", {"role": "participant"}
    )
    issued = answer.json()
    assert issued["link"] == f"{ward.settings.public_url}/activate#code={issued['code']}"
    image = ET.fromstring(issued["qrSvg"])  # noqa: S314 - our own
    assert image.tag == "{http://www.w3.org/2000/svg}svg"
    assert {each.tag.rpartition("}")[2] for each in image} == {"path"}
    assert issued["qrSvg"] == square(issued["link"])
    assert answer.headers["cache-control"] == "no-store"
    (typed,) = parse_qs(urlsplit(issued["link"]).fragment)["code"]
    assert (await redeem(ward, typed)).status_code == 201


async def test_a_code_lives_for_72_hours(ward: Clinic) -> None:
    seeded = await invited(ward)
    await age_codes(ward, seeded, timedelta(hours=71, minutes=59))
    assert (await redeem(ward, seeded.participant_code)).status_code == 201


async def test_a_new_code_kills_the_old_and_leaves_the_caregivers_alone(ward: Clinic, alice: Person) -> None:
    seeded = await invited(ward)
    new = await renew(alice, seeded)
    refused(await redeem(ward, seeded.participant_code), 403, "activation.refused")
    assert (await redeem(ward, new)).json()["role"] == "participant"
    assert (await redeem(ward, seeded.caregiver_code)).json()["role"] == "caregiver"


async def test_a_code_may_be_typed_in_small_letters_with_blanks_or_without_dashes(ward: Clinic) -> None:
    for spell in (str.lower, lambda code: code.replace("-", " "), lambda code: f" {code.replace('-', '')}\n"):
        code = (await invited(ward)).participant_code
        assert (await redeem(ward, spell(code))).status_code == 201


async def test_twenty_taps_on_one_device_open_one_session_and_get_one_answer(ward: Clinic) -> None:
    seeded, device_id = await invited(ward), str(uuid4())
    answers = await asyncio.gather(*(redeem(ward, seeded.participant_code, device_id) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await sessions_of(ward, seeded) == 1


async def test_of_twenty_devices_with_one_code_exactly_one_is_signed_in(ward: Clinic) -> None:
    seeded = await invited(ward)
    answers = await asyncio.gather(*(redeem(ward, seeded.participant_code) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 19
    assert await sessions_of(ward, seeded) == 1


async def test_a_device_that_signed_out_cannot_come_back_with_the_code(ward: Clinic) -> None:
    code, device_id = (await invited(ward)).participant_code, str(uuid4())
    tokens = (await redeem(ward, code, device_id)).json()
    out = await ward.http.delete(
        "/v1/tokens/current", headers={"Authorization": f"Bearer {tokens['accessToken']}"}
    )
    assert out.status_code == 204
    refused(await redeem(ward, code, device_id), 403, "activation.refused")


async def test_an_account_keeps_its_language_when_a_second_code_says_another(
    ward: Clinic, alice: Person
) -> None:
    seeded = await invited(ward)
    lin = await ward.activate(await renew(alice, seeded, language="en", timeZone="Europe/Berlin"))
    me = (await lin.get("/v1/me")).json()
    assert (me["language"], me["timeZone"]) == ("zh-CN", "Asia/Shanghai")


async def test_a_new_account_starts_in_the_language_and_zone_of_its_code(ward: Clinic, alice: Person) -> None:
    site = await home(ward)
    body = {"siteId": str(site.id), "subjectNumber": "ZN-0007", "phase": "phase-1"}
    participant = (await alice.post("/v1/participants", body)).json()["participantId"]
    signed = {"consentedOn": "2026-03-02", "version": "v1"}
    await alice.put(f"/v1/participants/{participant}/consents/caregiver-access", signed)
    code = await alice.post(
        f"/v1/participants/{participant}/activation-codes",
        {"role": "caregiver", "language": "en", "timeZone": "Europe/Berlin"},
    )
    me = (await (await ward.activate(code.json()["code"])).get("/v1/me")).json()
    assert (me["subjectNumber"], me["role"]) == ("ZN-0007", "caregiver")
    assert (me["language"], me["timeZone"]) == ("en", "Europe/Berlin")
    assert me["emergencyNumber"] == "120"
    assert "120" in me["emergencyText"]


async def test_the_audit_trail_holds_no_code_and_no_token(ward: Clinic) -> None:
    seeded = await invited(ward)
    tokens = (await redeem(ward, seeded.participant_code)).json()
    async with transaction(ward.trial.pool) as connection:
        bodies = b"".join(row["body"] for row in await connection.fetch("select body from audit_entries"))
    for secret in (
        seeded.participant_code,
        *(str(tokens[name]) for name in tokens if name.endswith("Token")),
    ):
        assert secret.encode() not in bodies
        assert secret.replace("-", "").encode() not in bodies
    assert b"device.activate" in bodies


async def test_no_row_of_any_table_holds_a_code_redeemed_or_not(ward: Clinic) -> None:
    seeded = await invited(ward)
    await redeem(ward, seeded.participant_code)
    rows = await all_text(ward)
    for code in (seeded.participant_code, seeded.caregiver_code):
        for spelling in (code, code.replace("-", "")):
            assert spelling not in rows
            assert spelling.encode().hex() not in rows
