"""Valid requests of site staff, with the state that each of them needs."""

from datetime import timedelta
from uuid import UUID, uuid4

from domain.people import Role
from tests.support.asks import Ask, Sent
from tests.support.clinic import Json
from tests.support.directory import brought
from tests.support.two_sites import done
from tests.support.year import today


async def complete_directory_sign_in(ask: Ask) -> Sent:
    return ask.sent(await brought(ask.ward.clinic, ask.ward.sign_in.email))


async def register_participant(ask: Ask) -> Sent:
    number = f"ZN-{uuid4().int % 10**8:08}"
    return ask.sent({"siteId": str(ask.ward.here.id), "subjectNumber": number, "phase": "phase-1"})


async def record_administration(ask: Ask) -> Sent:
    lin = ask.ward.lin.participant_id
    if ask.fresh:
        body = (await register_participant(ask)).body
        lin = done(await ask.desk.post("/v1/participants", body)).json()["participantId"]
    return ask.sent({"givenOn": today(ask.ward.clinic).isoformat()}, participantId=lin)


async def correct_administration(ask: Ask) -> Sent:
    day = today(ask.ward.clinic) - timedelta(days=2)
    return ask.sent({"givenOn": day.isoformat(), "reason": "typing error"}, participantId=await ask.lin())


async def revoke_device(ask: Ask) -> Sent:
    lin = await ask.lin()
    phones = done(await ask.desk.get(f"/v1/participants/{lin}/devices")).json()["devices"]
    return ask.sent(participantId=lin, sessionId=phones[0]["sessionId"])


async def record_consent(ask: Ask) -> Sent:
    body = {"version": "v2", "consentedOn": today(ask.ward.clinic).isoformat()}
    return ask.sent(body, participantId=await ask.lin())


async def withdraw_consent(ask: Ask) -> Sent:
    lin = await ask.lin()
    if ask.fresh:
        body = (await record_consent(ask)).body
        done(await ask.desk.put(f"/v1/participants/{lin}/consents/data", body))
    return ask.sent(participantId=lin)


async def record_sms_consent(ask: Ask) -> Sent:
    body = {"phone": "+8619900000100", "consentedOn": today(ask.ward.clinic).isoformat()}
    return ask.sent(body, participantId=await ask.lin())


async def withdraw_sms_consent(ask: Ask) -> Sent:
    lin = await ask.lin()
    if ask.fresh:
        body = (await record_sms_consent(ask)).body
        done(await ask.desk.put(f"/v1/participants/{lin}/sms-consents/participant", body))
    return ask.sent(participantId=lin)


async def record_complication(ask: Ask) -> Sent:
    body = {"complication": "hepatic-encephalopathy", "occurredOn": today(ask.ward.clinic).isoformat()}
    return ask.sent(body, participantId=await ask.lin())


async def end_participant(ask: Ask) -> Sent:
    body = {"reason": "withdrawn", "endedOn": today(ask.ward.clinic).isoformat()}
    return ask.sent(body, participantId=await ask.lin())


async def record_visit(ask: Ask) -> Sent:
    return ask.sent({"action": "miss", "reason": "snow"}, participantId=await ask.lin(days=8))


async def replace_escalation_policy(ask: Ask) -> Sent:
    return ask.sent({**ask.body, "providers": {}})


async def replace_rota(ask: Ask) -> Sent:
    rows = done(await ask.desk.get(f"/v1/sites/{ask.ward.here.id}/on-call")).json()["shifts"]
    wanted = ("staffId", "tier", "startsAt", "endsAt", "kind")
    return ask.sent({"shifts": [{name: row[name] for name in wanted} for row in rows]})


def _override(ask: Ask, role: Role, hours: float) -> Json:
    begins = ask.ward.clinic.trial.now() + timedelta(hours=hours)
    return {
        "staffId": str(ask.ward.ids[role, True]),
        "tier": 3,
        "startsAt": begins.isoformat(),
        "endsAt": (begins + timedelta(hours=2)).isoformat(),
        "reason": "at a congress",
    }


async def override_rota(ask: Ask) -> Sent:
    return ask.sent(_override(ask, Role.INVESTIGATOR, ask.ward.free_hours()))


async def swap_rota(ask: Ask) -> Sent:
    rows: list[Json] = []
    path, at = f"/v1/sites/{ask.ward.here.id}/on-call", ask.ward.free_hours()
    for role, hours in ((Role.INVESTIGATOR, at), (Role.COORDINATOR, at + 2)):
        row = _override(ask, role, hours)
        rows = done(await ask.desk.post(f"{path}/overrides", row)).json()["shifts"]
    # The two that begin last of all are these: what was swapped before has been taken out.
    last = [
        row["shiftId"] for row in rows if row["kind"] == "override" and row["startsAt"] >= _begin(ask, at)
    ]
    return ask.sent({"shiftId": last[0], "otherShiftId": last[1], "reason": "asked for by both"})


def _begin(ask: Ask, hours: float) -> str:
    begins: str = _override(ask, Role.INVESTIGATOR, hours - 0.1)["startsAt"]
    return begins


async def import_rota(ask: Ask) -> Sent:
    content = ask.body.encode() if isinstance(ask.body, str) else b""
    return Sent(path=ask.sent().path, content=content, headers={"Content-Type": "text/calendar"})


async def of_an_alert(ask: Ask) -> Sent:
    return ask.sent(alertId=(await ask.alert()).alert_id)


async def held(ask: Ask, *, reached: bool = False) -> str:
    """An alert that the caller holds, or an investigator where the caller has not to."""
    alert_id = (await ask.alert()).alert_id
    if ask.fresh:
        bob = ask.ward.on_call[Role.INVESTIGATOR]
        holder = ask.person if ask.meets and ask.person in ask.ward.on_call.values() else bob
        done(await (holder or bob).post(f"/v1/alerts/{alert_id}/acknowledgements"))
        if reached:
            outcome = {"outcome": "spoke-with-participant"}
            done(await (holder or bob).post(f"/v1/alerts/{alert_id}/contacts", outcome))
    return alert_id


async def of_a_held_alert(ask: Ask) -> Sent:
    body = ask.body if ask.operation.body is not None else None
    return ask.sent(body, alertId=await held(ask))


async def resolve_alert(ask: Ask) -> Sent:
    """A signature: of the alert as whoever asks reads it now."""
    alert_id = await held(ask, reached=True)
    body = {**ask.body, "proof": await ask.proof()}
    if ask.fresh and ask.person is not None:
        body["version"] = done(await ask.person.get(f"/v1/alerts/{alert_id}")).json()["version"]
    return ask.sent(body, alertId=alert_id)


async def acknowledge_code(ask: Ask) -> Sent:
    alert = await ask.alert()
    # Whoever asks types the code of her own text, and somebody else's where none went to her.
    staff_id = ask.ward.ids.get((ask.role or Role.INVESTIGATOR, True), ask.ward.ids[Role.INVESTIGATOR, True])
    code = await ask.ward.value(
        "select code from messages where alert_id = $1 and staff_id = $2", UUID(alert.alert_id), staff_id
    )
    return ask.sent({"code": code})


async def list_event_candidate(ask: Ask) -> Sent:
    return Sent(path=f"{ask.path}?siteId={ask.ward.here.id}")


async def start_drill(ask: Ask) -> Sent:
    if ask.fresh:
        await ask.ward.quiet()
    return ask.sent()


async def resolve_task(ask: Ask) -> Sent:
    lin = ask.ward.lin if not ask.fresh else (await ask.ward.clinic.lin())[0]
    if ask.fresh:
        await ask.ward.reported(lin, {"free-text": "please look"})
    task_id = await ask.ward.value(
        "select id from tasks where participant_id = $1 order by created_at limit 1", UUID(lin.participant_id)
    )
    return ask.sent(taskId=str(task_id))
