"""Reports of any kind from any phone, and what has become of them: tasks, the doctor's view, trends, check-ins."""

from datetime import timedelta
from uuid import UUID, uuid4

from domain.records import history, sessions
from domain.records.rows import transaction
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.desk import path_of
from tests.support.phone import Phone
from tests.support.watch import alert_of


async def tasks_of(clinic: Clinic, lin: Person) -> list[str]:
    """The kinds of all tasks about a participant."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select kind from tasks where participant_id = $1 order by kind", UUID(lin.participant_id)
        )
    return [row["kind"] for row in found]


async def hand_in(person: Person, body: Json, *, token: str = "accessToken") -> Json:
    """Hand in a new report; it must be taken."""
    answer = await person.call("PUT", f"/v1/me/reports/{uuid4()}", body, token=token)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def seen_by_bob(clinic: Clinic, report: Json) -> Json:
    """A report as the doctor who was rung reads it."""
    shown = (await alert_of(await clinic.staff("Bob")))["reports"]
    return next(each for each in shown if each["reportId"] == report["reportId"])


async def judged_by(clinic: Clinic, report: Json) -> tuple[str, int]:
    """The form and version by which a stored report was scored."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetchval(
            "select triage from reports where id = $1::text::uuid", report["reportId"]
        )
    return found["form_id"], found["form_version"]


async def trends(clinic: Clinic, lin: Person) -> int:
    """How many earlier reports the next one is judged against."""
    async with transaction(clinic.trial.pool) as connection:
        account = await connection.fetchval(
            "select id from accounts where participant_id = $1 and role = 'participant'",
            UUID(lin.participant_id),
        )
        since = clinic.trial.now() - history.LOOK_BACK
        return len(await history.earlier(connection, UUID(lin.participant_id), account, since))


async def done_by(clinic: Clinic, report: Json) -> int:
    """How many check-ins a report has done."""
    async with transaction(clinic.trial.pool) as connection:
        found = "select count(*) from occasions where report_id = $1::text::uuid"
        return int(await connection.fetchval(found, report["reportId"]))


async def replaced(clinic: Clinic, lin: Person) -> Person:
    """The site gives lin a code for another phone, since the one she had is lost; return that one in her hand."""
    alice = await clinic.staff("Alice")
    body = {"role": "participant", "endsPhones": True}
    answer = await alice.post(f"{path_of(lin)}/activation-codes", body)
    return await clinic.activate(answer.json()["code"])


async def later(clinic: Clinic, *, hours: int) -> None:
    """Let machine time pass for what has arrived: nobody can move it, so its rows are moved back."""
    connection = await owner(clinic.settings.database_url)
    await connection.execute(
        "update reports set arrived_at = arrived_at - $1::interval", timedelta(hours=hours)
    )
    await connection.close()


async def expire(clinic: Clinic, phone: Phone, *, knows: bool) -> None:
    """Let 16 minutes pass for the access token; a phone whose clock is wrong does not know."""
    mint = clinic.demo.edge.mint
    async with transaction(clinic.trial.pool) as connection:
        session = await sessions.find(connection, mint.read(phone.tokens["accessToken"]).session_id)
    assert session is not None
    ago = machine_now() - timedelta(minutes=16)
    phone.tokens["accessToken"] = mint.access(session, phone.tokens["role"], ago)
    if knows:
        phone.tokens["accessExpiresAt"] = (ago + timedelta(minutes=15)).isoformat()
