"""What staff see of a report: every answer, in their own language, and only of their own sites."""

from domain.people import Role
from tests.support.clinic import Clinic
from tests.support.sites import hire, open_site


async def test_an_alert_shows_what_was_answered_in_words(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"vomited-blood": "yes", "temperature": 38.4, "free-text": "since noon"})
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]

    shown = (await bob.get(f"/v1/alerts/{alert['alertId']}")).json()["reports"][0]["answers"]

    said = {each["itemId"]: each["answer"] for each in shown}
    assert said == {"vomited-blood": "是", "temperature": "38.4 °C", "free-text": "since noon"}
    assert all(each["question"] != each["itemId"] for each in shown)


async def test_a_routine_report_that_rings_nobody_can_be_read_by_whoever_has_its_task(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin()
    await lin.report({"free-text": "a little tired"})
    await caregiver.report({"vomited-blood": "no"})
    alice = await clinic.staff("Alice")
    task = (await alice.get("/v1/tasks")).json()["tasks"][0]

    page = (await alice.get(f"/v1/participants/{task['participantId']}/reports?limit=1")).json()
    rest = (
        await alice.get(f"/v1/participants/{task['participantId']}/reports?cursor={page['nextCursor']}")
    ).json()

    assert page["reports"][0]["reporter"] == "caregiver"
    assert rest["reports"][0]["reportId"] == task["aboutId"]
    assert rest["reports"][0]["answers"][0]["answer"] == "a little tired"
    assert "nextCursor" not in rest


async def test_nobody_of_another_site_reads_them(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"free-text": "a little tired"})
    alice = await clinic.staff("Alice")
    task = (await alice.get("/v1/tasks")).json()["tasks"][0]
    zoe = await hire(clinic, "Zoe", Role.INVESTIGATOR, await open_site(clinic, "Elsewhere"))

    answer = await zoe.person.get(f"/v1/participants/{task['participantId']}/reports")

    assert answer.status_code == 404


async def test_a_contact_told_twice_is_recorded_once(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"vomited-blood": "yes"})
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert}/acknowledgements")
    outcome = {"outcome": "spoke-with-participant"}

    first = await bob.post(f"/v1/alerts/{alert}/contacts", outcome)
    audited = await clinic.rows("audit_entries")
    second = await bob.post(f"/v1/alerts/{alert}/contacts", outcome)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert await clinic.rows("audit_entries") == audited
