"""Putting an alert away is a signature: whose, under what, and what happens when the proof or the version is wrong."""

import asyncio

import pytest

from domain.signature import STATEMENTS, Meaning
from tests.support.answering import wait_out
from tests.support.clinic import Clinic, Person
from tests.support.life import act, done, put_away, reached, read, ringing, signed
from tests.support.problems import pointers, refused, without_id
from tests.support.proof import another
from tests.support.watch import EMERGENCY

AWAY = {"disposition": "advised"}


async def contacted(clinic: Clinic) -> tuple[Person, Person, str]:
    """Bob has reached Lin: her caregiver, Bob, and the id of the alert."""
    caregiver, alert_id = await ringing(clinic)
    bob = await clinic.staff("Bob")
    await reached(bob, alert_id)
    return caregiver, bob, alert_id


async def test_name_role_time_and_meaning_come_back_and_stay_in_the_timeline(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    version = (await read(bob, alert_id))["version"]

    away = await done(bob, alert_id, "resolution", {**AWAY, "note": "Calls tomorrow."})
    signature = away["signature"]

    assert (signature["name"], signature["role"], signature["meaning"]) == (
        "Bob",
        "investigator",
        "resolution",
    )
    assert signature["statement"] == STATEMENTS[Meaning.RESOLUTION]
    assert signature["signedAt"] == away["resolvedAt"]
    assert signature["version"] == version
    shown = await read(await clinic.staff("Frank"), alert_id)
    assert shown["signature"] == signature
    assert shown["version"] == signature["sha256"] != version


async def test_whoever_holds_it_signs_in_her_own_role(clinic: Clinic) -> None:
    """Alice is a coordinator; she holds it because everybody was rung."""
    _, alert_id = await ringing(clinic)
    await clinic.advance(hours=1)
    alice = await clinic.staff("Alice")
    signature = (await put_away(alice, alert_id))["signature"]
    assert (signature["name"], signature["role"]) == ("Alice", "coordinator")


async def test_an_alert_that_nobody_has_put_away_has_a_version_and_no_signature(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    shown = await read(bob, alert_id)
    assert len(shown["version"]) == 64
    assert "signature" not in shown


async def test_whatever_of_the_proof_is_wrong_is_one_answer_and_the_alert_stays(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    good = await signed(bob, alert_id)
    proof = good["proof"]
    before, rows = await read(bob, alert_id), await clinic.everything()
    problems = []
    for wrong in (
        {**proof, "password": "guess"},
        {**proof, "totp": another(proof["totp"])},
        {"password": "guess", "totp": another(proof["totp"])},
    ):
        answer = await act(bob, alert_id, "resolution", {**AWAY, "proof": wrong})
        problems.append(without_id(refused(answer, 403, "proof.refused")))
    assert problems == [problems[0]] * 3
    assert await read(bob, alert_id) == before
    # What fails is counted (domain/slowing.py), and that is all.
    after = await clinic.everything()
    assert {name for name in rows if after[name] != rows[name]} == {"slow_downs"}
    await done(bob, alert_id, "resolution", AWAY)


async def test_whoever_guesses_is_slowed_as_at_a_sign_in_and_then_signs(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    guess = {"password": "guess", "totp": "000000"}
    for _ in range(4):
        refused(await act(bob, alert_id, "resolution", {**AWAY, "proof": guess}), 403, "proof.refused")
    # A second is soon over on a slow machine.
    await wait_out(clinic, seconds=-60)
    refused(await act(bob, alert_id, "resolution", AWAY), 429, "sign-in.slowed")
    assert (await read(bob, alert_id))["state"] == "contacted"
    await wait_out(clinic, seconds=120)
    await done(bob, alert_id, "resolution", AWAY)


async def test_nobody_signs_with_the_password_of_another(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    dana = await clinic.staff("Dana")
    hers = (await signed(dana, alert_id))["proof"]
    refused(await act(bob, alert_id, "resolution", {**AWAY, "proof": hers}), 403, "proof.refused")


async def test_digits_that_have_signed_one_alert_sign_no_other(clinic: Clinic) -> None:
    _, bob, first = await contacted(clinic)
    _, second = await ringing(clinic)
    await reached(bob, second)
    version = (await read(bob, second))["version"]
    used = (await signed(bob, first))["proof"]
    await bob.post(
        f"/v1/alerts/{first}/resolution",
        {**AWAY, "proof": used, "version": (await read(bob, first))["version"]},
    )
    again = await bob.post(f"/v1/alerts/{second}/resolution", {**AWAY, "proof": used, "version": version})
    refused(again, 403, "proof.refused")
    assert (await read(bob, second))["state"] == "contacted"


async def test_what_has_changed_since_it_was_read_is_not_signed(clinic: Clinic) -> None:
    """A new report rings a new round, and Bob reaches her again: what he read before it is another alert."""
    caregiver, bob, alert_id = await contacted(clinic)
    read_before = (await read(bob, alert_id))["version"]
    await clinic.advance(hours=1)
    assert (await caregiver.report(EMERGENCY)).status_code == 201
    await reached(bob, alert_id)
    rows = await clinic.everything()
    refused(
        await act(bob, alert_id, "resolution", {**AWAY, "version": read_before}), 412, "precondition.failed"
    )
    assert await clinic.everything() == rows
    assert (await read(bob, alert_id))["state"] == "contacted"
    await done(bob, alert_id, "resolution", AWAY)


async def test_a_refusal_spends_no_digits(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    good = await signed(bob, alert_id)
    path = f"/v1/alerts/{alert_id}/resolution"
    refused(await bob.post(path, {**AWAY, **good, "version": "0" * 64}), 412, "precondition.failed")
    assert (await bob.post(path, {**AWAY, **good})).status_code == 201


async def test_a_lost_answer_is_given_again_though_its_digits_are_spent(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    body = {**AWAY, **await signed(bob, alert_id)}
    path = f"/v1/alerts/{alert_id}/resolution"
    first = await bob.post(path, body)
    rows = await clinic.everything()
    again = await bob.post(path, body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert await clinic.everything() == rows


@pytest.mark.parametrize("left_out", ["version", "proof", "disposition"])
async def test_nothing_is_put_away_unsigned(clinic: Clinic, left_out: str) -> None:
    _, bob, alert_id = await contacted(clinic)
    body = {**AWAY, **await signed(bob, alert_id)}
    body.pop(left_out)
    problem = refused(await bob.post(f"/v1/alerts/{alert_id}/resolution", body), 422, "body.invalid")
    assert pointers(problem) == [f"/{left_out}"]
    assert (await read(bob, alert_id))["state"] == "contacted"


async def test_of_two_who_sign_at_once_one_has_signed(clinic: Clinic) -> None:
    _, bob, alert_id = await contacted(clinic)
    frank = await clinic.staff("Frank")
    bodies = [{**AWAY, **await signed(each, alert_id)} for each in (bob, frank)]
    path = f"/v1/alerts/{alert_id}/resolution"
    answers = await asyncio.gather(bob.post(path, bodies[0]), frank.post(path, bodies[1]))
    assert sorted(each.status_code for each in answers) == [201, 409]
    assert await clinic.rows("signatures") == 1


async def test_while_nobody_has_signed_a_new_report_still_rings(clinic: Clinic) -> None:
    """A contact silences the bell, a signature does not: whoever forgets it leaves no patient unheard."""
    caregiver, bob, alert_id = await contacted(clinic)
    await act(bob, alert_id, "resolution", {**AWAY, "proof": {"password": "guess", "totp": "000000"}})
    rung = clinic.rung().get("Bob", 0)
    await clinic.advance(hours=1)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung()["Bob"] > rung
