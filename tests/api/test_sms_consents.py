"""A consent to SMS: of somebody with an account, for one number that is never shown again; she can take it back."""

from datetime import date
from io import StringIO

import httpx
import pytest

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import all_text, invite, monitor, path_of, reach_of, stranger, trail
from tests.support.logs import line_of
from tests.support.problems import pointers, refused
from tests.support.sites import home, register
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, consent, days, today

ROLES = ["participant", "caregiver"]


async def agree(
    staff: Person, lin: Person, role: str = "participant", *, phone: str = LINS_PHONE, on: date | None = None
) -> httpx.Response:
    body = {"phone": phone, "consentedOn": (on or today(lin.clinic)).isoformat()}
    return await staff.put(f"{path_of(lin)}/sms-consents/{role}", body)


async def withdraw(staff: Person, lin: Person, role: str = "participant") -> httpx.Response:
    return await staff.call("DELETE", f"{path_of(lin)}/sms-consents/{role}")


async def has_sms(alice: Person, lin: Person) -> dict[str, bool]:
    return {role: (await reach_of(alice, lin, role))["sms"] for role in ROLES}


async def consents(ward: Clinic, lin: Person) -> list[bool]:
    """Every consent there ever was, oldest first: whether it is in force."""
    async with transaction(ward.trial.pool) as connection:
        found = await connection.fetch(
            """
            select withdrawn_at is null as holds from consents where participant_id = $1::uuid and kind = 'sms'
            order by recorded_at
            """,
            lin.participant_id,
        )
    return [row["holds"] for row in found]


async def actions(ward: Clinic, lin: Person) -> list[str]:
    return [each["action"] for each in await trail(ward, lin) if each["action"].startswith("sms-consent")]


@pytest.mark.parametrize("role", ROLES)
async def test_a_consent_is_of_one_of_the_two_and_not_of_the_other(
    ward: Clinic, alice: Person, role: str
) -> None:
    lin, _ = await ward.lin()
    yesterday = today(ward) - days(1)
    answer = await agree(alice, lin, role, on=yesterday)
    assert answer.status_code == 200
    shown = answer.json()
    assert set(shown) == {"role", "consentedOn", "recordedAt"}
    assert (shown["role"], shown["consentedOn"]) == (role, yesterday.isoformat())
    assert await has_sms(alice, lin) == {each: each == role for each in ROLES}


async def test_it_is_taken_back_and_given_again_and_every_one_of_them_is_kept(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    for _ in range(2):
        await consent(alice, lin)
        assert (await has_sms(alice, lin))["participant"]
        assert (await withdraw(alice, lin)).status_code == 204
        assert not (await has_sms(alice, lin))["participant"]
    await consent(alice, lin, phone="+8619900000177")
    assert await consents(ward, lin) == [False, False, True]
    record, back = "sms-consent.record", "sms-consent.withdraw"
    assert await actions(ward, lin) == [record, back, record, back, record]


async def test_to_take_back_what_was_never_given_is_fine_and_leaves_no_trace(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    before = await ward.everything()
    assert (await withdraw(alice, lin)).status_code == 204
    assert await ward.everything() == before


async def test_a_new_number_closes_the_consent_for_the_old_one(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    await consent(alice, lin, phone="+8619900000178")
    assert await consents(ward, lin) == [False, True]
    async with transaction(ward.trial.pool) as connection:
        numbers = await connection.fetchval(
            "select count(*) from contacts where participant_id = $1::uuid", lin.participant_id
        )
    assert numbers == 1


async def test_two_people_may_share_one_number(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin, phone=CAREGIVERS_PHONE)
    await consent(alice, lin, "caregiver", phone=CAREGIVERS_PHONE)
    assert await has_sms(alice, lin) == {"participant": True, "caregiver": True}


async def test_there_must_be_somebody_to_remind(ward: Clinic, alice: Person) -> None:
    made = (await register(alice, (await home(ward)).id, "ZN-NOCODE")).json()
    lin = Person(ward, "", {})
    lin.participant_id = made["participantId"]
    for role in ROLES:
        refused(await agree(alice, lin, role), 409, "account.missing")
        refused(await withdraw(alice, lin, role), 409, "account.missing")
    await invite(alice, lin, "caregiver")
    assert (await agree(alice, lin, "caregiver")).status_code == 200
    refused(await agree(alice, lin), 409, "account.missing")


@pytest.mark.parametrize(
    "phone",
    [
        "13912345678",
        "+0613912345678",
        "+86 139 1234 5678",
        "+8613912345678\n",
        "+86139",
        "+861391234567890123",
        "+86139a2345678",
        "+８６13912345678",  # noqa: RUF001 - digits of another width are none of E.164
        "",
        "tel:+8613912345678",
    ],
)
async def test_what_is_no_number_of_e164_is_refused_and_not_repeated(
    ward: Clinic, alice: Person, phone: str
) -> None:
    lin, _ = await ward.lin()
    answer = await agree(alice, lin, phone=phone)
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == ["/phone"]
    assert not phone or phone.strip() not in answer.text
    assert not (await has_sms(alice, lin))["participant"]


async def test_a_consent_that_lies_ahead_is_none(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    for on in (today(ward) + days(2), date(9999, 12, 31)):
        problem = refused(await agree(alice, lin, on=on), 422, "body.invalid")
        assert pointers(problem) == ["/consentedOn"]
    assert await consents(ward, lin) == []


async def test_the_number_is_never_shown_again(ward: Clinic, alice: Person, log: StringIO) -> None:
    lin, _ = await ward.lin()
    phone = "+8619912345001"
    answers = [await agree(alice, lin, phone=phone)]
    answers += [await alice.get(path) for path in await all_reads(ward, lin)]
    answers += [await lin.get(path) for path in ("/v1/me", "/v1/me/schedule", "/v1/me/reminders")]
    answers += [await withdraw(alice, lin), await agree(alice, lin, phone=f"{phone}0000000000")]
    assert [each.status_code for each in answers] == [*[200] * (len(answers) - 2), 204, 422]
    for answer in answers:
        await line_of(log, answer)
        assert phone[3:] not in answer.text
    assert phone[3:] not in log.getvalue()
    stored = await all_text(ward)
    for form in (phone[3:], phone[3:].encode().hex()):
        assert form not in stored
    assert lin.participant_id in stored


async def all_reads(ward: Clinic, lin: Person) -> list[str]:
    """Whatever a site may read of a participant."""
    site = f"/v1/sites/{(await home(ward)).id}"
    own = path_of(lin)
    return [own, f"{own}/schedule", f"{own}/reports", "/v1/participants", "/v1/tasks", f"{site}/schedule"]


async def test_the_audit_trail_says_that_there_is_a_number_and_not_which(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    line: Json = (await trail(ward, lin))[-1]
    assert [each["record"] for each in line["changes"]] == ["Consent", "Contact"]
    contact = line["changes"][1]["after"]
    assert contact["kind"] == "phone"
    assert not {"sealed", "blind_index", "phone", "number"} & set(contact)


@pytest.mark.parametrize("role", ["nurse", "Participant", "%00", "participant%20"])
async def test_nobody_else_can_consent(ward: Clinic, alice: Person, role: str) -> None:
    lin, _ = await ward.lin()
    for answer in (await agree(alice, lin, role), await withdraw(alice, lin, role)):
        refused(answer, 404, "not-found")


async def test_only_those_who_work_at_her_site_record_a_consent(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    mona, xenia = await monitor(ward), await stranger(ward)
    for person, status, code in ((mona, 403, "access.denied"), (xenia, 404, "not-found")):
        refused(await agree(person, lin), status, code)
        refused(await withdraw(person, lin), status, code)
    refused(await agree(lin, lin), 401, "token.refused")
    assert await has_sms(alice, lin) == {"participant": False, "caregiver": False}
