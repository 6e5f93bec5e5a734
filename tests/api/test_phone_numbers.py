"""Numbers to call: kept with or without a consent to texts, shown to whoever holds an alert, and to nobody else."""

from io import StringIO

import httpx
import pytest

from domain.people import Role
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.desk import all_text, invite, monitor, path_of, reach_of, stranger, trail
from tests.support.life import act, acts_of, done, put_away, reached, read, ringing
from tests.support.logs import line_of
from tests.support.problems import pointers, refused
from tests.support.sites import hire, home, register
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, consent


async def keep(
    staff: Person, lin: Person, role: str = "participant", phone: str = LINS_PHONE
) -> httpx.Response:
    return await staff.put(f"{path_of(lin)}/phone-numbers/{role}", {"phone": phone})


async def forget(staff: Person, lin: Person, role: str = "participant") -> httpx.Response:
    return await staff.call("DELETE", f"{path_of(lin)}/phone-numbers/{role}")


async def on_file(staff: Person, lin: Person) -> list[str]:
    one = (await staff.get(path_of(lin))).json()["numbersOnFile"]
    listed = (await staff.get("/v1/participants?limit=100")).json()["participants"]
    (found,) = (each["numbersOnFile"] for each in listed if each["participantId"] == lin.participant_id)
    assert found == one
    return list(one)


async def texts(staff: Person, lin: Person, role: str = "participant") -> bool:
    return bool((await reach_of(staff, lin, role))["sms"])


async def test_a_number_needs_no_consent_and_is_none(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    assert await on_file(alice, lin) == []
    answer = await keep(alice, lin)
    assert (answer.status_code, answer.json()) == (200, {"role": "participant", "smsConsent": False})
    await keep(alice, lin, "caregiver", CAREGIVERS_PHONE)
    assert await on_file(alice, lin) == ["participant", "caregiver"]
    assert not await texts(alice, lin)


async def test_a_consent_is_not_carried_over_to_another_number(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    same = await keep(alice, lin)
    assert (same.json()["smsConsent"], await texts(alice, lin)) == (True, True)
    other = await keep(alice, lin, phone="+8619900000188")
    assert (other.json()["smsConsent"], await texts(alice, lin)) == (False, False)
    await consent(alice, lin, phone="+8619900000188")
    assert await texts(alice, lin)


async def test_the_same_number_again_changes_nothing(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await keep(alice, lin)
    rows = await ward.everything()
    assert (await keep(alice, lin)).status_code == 200
    assert await ward.everything() == rows


async def test_a_number_is_forgotten_with_its_consent_and_can_be_kept_again(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    sealed = await _sealed(ward, lin)
    assert (await forget(alice, lin)).status_code == 204
    assert (await on_file(alice, lin), await texts(alice, lin)) == ([], False)
    assert sealed not in await all_text(ward)
    rows = await ward.everything()
    assert (await forget(alice, lin)).status_code == 204
    assert await ward.everything() == rows
    await consent(alice, lin)
    assert (await on_file(alice, lin), await texts(alice, lin)) == (["participant"], True)


async def _sealed(ward: Clinic, lin: Person) -> str:
    async with transaction(ward.trial.pool) as connection:
        found = await connection.fetchval(
            "select encode(sealed, 'hex') from contacts where participant_id = $1::uuid", lin.participant_id
        )
    assert found
    return str(found)


async def test_a_number_opens_the_account_that_is_not_there_yet(ward: Clinic, alice: Person) -> None:
    made = (await register(alice, (await home(ward)).id, "ZN-CALL")).json()
    assert made["numbersOnFile"] == []
    lin = Person(ward, "", {})
    lin.participant_id = made["participantId"]
    assert (await forget(alice, lin)).status_code == 204
    assert (await keep(alice, lin, "caregiver", CAREGIVERS_PHONE)).status_code == 200
    assert await on_file(alice, lin) == ["caregiver"]
    phone = await ward.activate(await invite(alice, lin, "caregiver"))
    assert (await phone.get("/v1/me")).json()["language"] == "zh-CN"
    assert await on_file(alice, lin) == ["caregiver"]


@pytest.mark.parametrize("phone", ["13912345678", "+86 139 1234 5678", "+8613912345678\n", ""])
async def test_what_is_no_number_is_refused_and_not_repeated(ward: Clinic, alice: Person, phone: str) -> None:
    lin, _ = await ward.lin()
    answer = await keep(alice, lin, phone=phone)
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == ["/phone"]
    assert not phone or phone.strip() not in answer.text


async def test_only_those_who_work_at_her_site_keep_or_forget_one(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    mona, xenia = await monitor(ward), await stranger(ward)
    for person, status, code in (
        (mona, 403, "access.denied"),
        (xenia, 404, "not-found"),
        (lin, 401, "token.refused"),
    ):
        refused(await keep(person, lin), status, code)
        refused(await forget(person, lin), status, code)
    assert await on_file(alice, lin) == []


async def numbered(clinic: Clinic) -> tuple[Person, str]:
    """An alert about somebody whose own number and whose caregiver's are on file."""
    caregiver, alert_id = await ringing(clinic)
    alice = await clinic.staff("Alice")
    await keep(alice, caregiver)
    await keep(alice, caregiver, "caregiver", CAREGIVERS_PHONE)
    return caregiver, alert_id


def shown(answer: Json) -> list[tuple[str, str]]:
    return [(each["role"], each["phone"]) for each in answer["numbers"]]


BOTH = [("participant", LINS_PHONE), ("caregiver", CAREGIVERS_PHONE)]


async def test_whoever_holds_the_alert_is_shown_the_numbers_and_it_is_written_down_each_time(
    clinic: Clinic,
) -> None:
    lin, alert_id = await numbered(clinic)
    bob = await clinic.staff("Bob")
    assert (await read(bob, alert_id))["numbersOnFile"] == ["participant", "caregiver"]
    await done(bob, alert_id, "acknowledgements")
    answer = await act(bob, alert_id, "contact-reveals")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert shown(answer.json()) == BOTH
    assert {each["language"] for each in answer.json()["numbers"]} <= {"en", "zh-CN"}
    await done(bob, alert_id, "contacts", {"outcome": "in-care"})
    assert shown(await done(bob, alert_id, "contact-reveals")) == BOTH
    alert = await read(bob, alert_id)
    assert acts_of(alert) == [
        ("Bob", "acknowledge"),
        ("Bob", "reveal"),
        ("Bob", "contact"),
        ("Bob", "reveal"),
    ]
    actions = [each["action"] for each in await trail(clinic, lin)]
    assert actions.count("alert.reveal") == 2


async def test_nobody_is_shown_a_number_that_was_not_written_down_first(
    clinic: Clinic, clinic_url: str
) -> None:
    _, alert_id = await numbered(clinic)
    bob = await clinic.staff("Bob")
    await done(bob, alert_id, "acknowledgements")
    connection = await owner(clinic_url)
    # The commit itself fails: whatever was said before it would be unknown afterwards.
    await connection.execute(
        """
        create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end';
        create constraint trigger refuse after insert on alert_acts deferrable initially deferred
            for each row execute function refuse()
        """
    )
    await connection.close()
    answer = await act(bob, alert_id, "contact-reveals")
    assert answer.status_code == 500
    assert LINS_PHONE[3:] not in answer.text
    assert acts_of(await read(bob, alert_id)) == [("Bob", "acknowledge")]


async def test_nobody_who_does_not_hold_the_alert_is_shown_a_number(clinic: Clinic) -> None:
    _, alert_id = await numbered(clinic)
    bob, dana = await clinic.staff("Bob"), await clinic.staff("Dana")
    refused(await act(bob, alert_id, "contact-reveals"), 409, "state.conflict")
    await done(bob, alert_id, "acknowledgements")
    problem = refused(await act(dana, alert_id, "contact-reveals"), 409, "alert.taken")
    assert problem["takenBy"] == "Bob"
    await clinic.advance(minutes=10)
    # It has lapsed: Bob holds it no more.
    refused(await act(bob, alert_id, "contact-reveals"), 409, "state.conflict")
    await put_away(bob, alert_id)
    refused(await act(bob, alert_id, "contact-reveals"), 409, "state.conflict")
    assert "reveal" not in [kind for _, kind in acts_of(await read(bob, alert_id))]


async def test_where_no_number_was_ever_given_none_is_shown_and_the_list_says_so(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    assert (await read(bob, alert_id))["numbersOnFile"] == []
    await reached(bob, alert_id)
    assert shown(await done(bob, alert_id, "contact-reveals")) == []


async def test_no_number_and_no_note_of_staff_is_in_the_log(clinic: Clinic, log: StringIO) -> None:
    lin, alert_id = await numbered(clinic)
    bob = await clinic.staff("Bob")
    await reached(bob, alert_id)
    answers = [await act(bob, alert_id, "contact-reveals")]
    note = "her-son-is-with-her"
    answers.append(await act(bob, alert_id, "resolution", {"disposition": "died", "note": note}))
    for answer in answers:
        assert answer.status_code == 201
        await line_of(log, answer)
    for secret in (LINS_PHONE[3:], CAREGIVERS_PHONE[3:], note):
        assert secret not in log.getvalue()
    for path in (path_of(lin), "/v1/participants", "/v1/alerts", "/v1/event-candidates", "/v1/tasks"):
        answer = await bob.get(path)
        assert answer.status_code == 200
        assert LINS_PHONE[3:] not in answer.text
        assert note not in answer.text
    assert note not in "".join(clinic.texts("Bob"))
    (last,) = (each for each in (await read(bob, alert_id))["acts"] if each["act"] == "resolve")
    assert (last["disposition"], last["note"], last["via"], last["round"]) == ("died", note, "work-list", 1)


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b", 7, None])
async def test_a_note_that_is_none_is_refused(ward: Clinic, alice: Person, note: Json) -> None:
    _, alert_id = await ringing(ward)
    frank = (await hire(ward, f"F-{len(str(note))}", Role.INVESTIGATOR, await home(ward))).person
    await reached(frank, alert_id)
    problem = refused(
        await act(frank, alert_id, "resolution", {"disposition": "advised", "note": note}),
        422,
        "body.invalid",
    )
    assert pointers(problem) == ["/note"]
    assert (await alice.get(f"/v1/alerts/{alert_id}")).json()["state"] == "contacted"


async def test_the_timeline_says_by_which_way_and_by_whom_a_page_went(clinic: Clinic) -> None:
    _, alert_id = await ringing(clinic)
    alert = await read(await clinic.staff("Bob"), alert_id)
    (page,) = alert["messages"]
    (attempt,) = page["attempts"]
    assert (page["channel"], attempt["provider"], attempt["outcome"]) == ("sms", "twilio", "accepted")
    assert "reason" not in attempt
