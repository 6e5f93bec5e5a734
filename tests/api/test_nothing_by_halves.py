"""Whatever breaks between reading a request and committing it, nothing of it is left, and it can be sent again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from api.routes.sandbox import new_participant
from api.shapes.sandbox import SeedRequest
from domain.records import (
    accounts,
    alerts,
    audit,
    history,
    messages,
    participants,
    reporters,
    reports,
    sessions,
    shifts,
    staff,
    tasks,
    wakeup,
)
from domain.records.rows import Connection, transaction
from tests.support.broken import INNER, Act, Send, Spot, breaks_whole, bug, spots
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused
from tests.support.sites import home, register

EMERGENCY: dict[str, str | float] = {"black-stool": "yes"}
ROUTINE: dict[str, str | float] = {"free-text": "dizzy"}


async def lost_connection(writing: Any) -> None:
    """The database ends the connection, as it does when it is told to stop."""
    connection: Connection = getattr(writing, "connection", writing)
    await connection.execute("set role none; select pg_terminate_backend(pg_backend_pid())")


SUBMITTING = spots(
    (reporters, "lock"),
    (reports, "under_id"),
    (history, "earlier"),
    (alerts, "live"),
    (shifts, "roster"),
    (audit, "append"),
    (alerts, "insert"),
    (messages, "insert"),
    (reports, "insert"),
    (wakeup, "notify"),
)
"""From decoding an emergency to the last statement before its commit."""


@pytest.mark.parametrize("trouble", [bug, lost_connection])
@pytest.mark.parametrize("spot", SUBMITTING.values(), ids=SUBMITTING)
async def test_an_emergency_is_stored_whole_or_not_at_all(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch, spot: Spot, trouble: Callable[[Any], Awaitable[None]]
) -> None:
    lin, _ = await ward.lin()
    before, report_id = await ward.everything(), str(uuid4())

    with monkeypatch.context() as broken:
        spot.breaks(broken, trouble)
        answer = await lin.report(EMERGENCY, report_id=report_id)

    if trouble is bug:
        # A report is safe to send again under its id.
        assert refused(answer, 500, "internal")["retrySafe"]
    else:
        assert refused(answer, 503, "database.unavailable")["retrySafe"]
        assert int(answer.headers["retry-after"]) > 0
    assert INNER not in answer.text
    assert "RuntimeError" not in answer.text
    assert await ward.everything() == before
    again = await lin.report(EMERGENCY, report_id=report_id)
    assert (again.status_code, again.json()["level"]) == (201, "emergency")
    assert await broken_chains(ward) == ()


async def test_an_emergency_whose_answer_breaks_after_the_commit_stands_and_is_answered_again(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, _ = await ward.lin()
    reports_before, report_id = await ward.rows("reports"), str(uuid4())
    with monkeypatch.context() as broken:
        Spot(messages, "of_alert").breaks(broken, bug)
        first = await lin.report(EMERGENCY, report_id=report_id)
    # It stands and rings: an error would tell her that nobody was told.
    assert (first.status_code, first.json()["page"]["status"]) == (201, "sending")
    again = await lin.report(EMERGENCY, report_id=report_id)
    assert (again.status_code, again.json()["level"]) == (200, "emergency")
    assert await ward.rows("reports") == reports_before + 1


async def test_a_routine_report_is_not_stored_without_its_task(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, _ = await ward.lin()
    before, report_id = await ward.everything(), str(uuid4())
    with monkeypatch.context() as broken:
        Spot(tasks, "insert").breaks(broken, bug)
        refused(await lin.report(ROUTINE, report_id=report_id), 500, "internal")
    assert await ward.everything() == before
    assert (await lin.report(ROUTINE, report_id=report_id)).status_code == 201


async def test_a_second_report_that_breaks_leaves_the_alert_in_its_round(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch, alice: Person
) -> None:
    lin, _ = await ward.lin()
    await lin.report(EMERGENCY)
    held = await newest_alert(alice)
    before = await ward.everything()
    with monkeypatch.context() as broken:
        Spot(alerts, "update").breaks(broken, bug)
        refused(await lin.report({"urine": "none-for-12-hours"}), 500, "internal")
    assert await ward.everything() == before
    assert await newest_alert(alice) == held


async def activating(ward: Clinic, _: Person) -> Send:
    seeded = await new_participant(ward.demo.sandbox, ward.demo.edge.mint, SeedRequest())
    body = {"code": seeded.participant_code, "deviceId": str(uuid4())}
    return lambda: ward.http.post("/v1/activations", json=body)


async def rotating(ward: Clinic, _: Person) -> Send:
    lin, _caregiver = await ward.lin()
    body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
    return lambda: ward.http.post("/v1/tokens", json=body)


async def registering(ward: Clinic, alice: Person) -> Send:
    site = await home(ward)
    return lambda: register(alice, site.id, f"ZN-{uuid4().hex[:8].upper()}")


async def administering(ward: Clinic, alice: Person) -> Send:
    path = f"/v1/participants/{await new_participant_id(ward)}/administrations"
    return lambda: alice.post(path, {"givenOn": "2026-01-05"})


async def inviting(ward: Clinic, alice: Person) -> Send:
    path = f"/v1/participants/{await new_participant_id(ward)}/activation-codes"
    return lambda: alice.post(path, {"role": "participant"})


async def taking(ward: Clinic, alice: Person) -> Send:
    lin, _ = await ward.lin()
    await lin.report(EMERGENCY)
    alert, bob = await newest_alert(alice), await ward.staff("Bob")
    return lambda: bob.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")


ACTS: dict[str, tuple[Act, Spot]] = {
    "a session without its redeemed code": (activating, Spot(sessions, "insert")),
    "a redeemed code without an answer": (activating, Spot(accounts, "update_code")),
    "a rotation that was not told": (rotating, Spot(sessions, "update")),
    "a participant without an audit line": (registering, Spot(audit, "append")),
    "a participant nobody was told of": (registering, Spot(participants, "insert")),
    "an administration": (administering, Spot(participants, "insert_administration")),
    "a killed code without a new one": (inviting, Spot(accounts, "update_code")),
    "a code that was not shown": (inviting, Spot(accounts, "insert_code")),
    "an acknowledgement that was not confirmed": (taking, Spot(alerts, "update")),
    "an acknowledgement whose answer broke": (taking, Spot(staff, "among")),
}


@pytest.mark.parametrize(("act", "spot"), ACTS.values(), ids=ACTS)
async def test_no_other_act_is_done_by_halves_either(
    ward: Clinic, alice: Person, monkeypatch: pytest.MonkeyPatch, act: Act, spot: Spot
) -> None:
    again = await act(ward, alice)
    await breaks_whole(ward, monkeypatch, again, spot)
    assert (await again()).status_code == 201


async def newest_alert(alice: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await alice.get("/v1/alerts")).json()["alerts"][0]
    return found


async def new_participant_id(ward: Clinic) -> str:
    seeded = await new_participant(ward.demo.sandbox, ward.demo.edge.mint, SeedRequest())
    return str(seeded.participant_id)


async def broken_chains(ward: Clinic) -> tuple[object, ...]:
    async with transaction(ward.trial.pool) as connection:
        _, faults = await audit.verify(connection)
    return faults
