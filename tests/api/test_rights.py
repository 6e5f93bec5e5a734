"""docs/rights.md is what the program does: every operation is asked as every caller, and as another site's."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec import Struct

from api.examples_of_the_bell import OF_THE_BELL
from api.openapi_files import committed_contract
from domain.people import Role
from tests.support.asks import Sent, send
from tests.support.clinic import Json, owner
from tests.support.columns import ask_of
from tests.support.database import fresh_database
from tests.support.problems import refused
from tests.support.requests_of import request_for
from tests.support.rights_table import COLUMNS, Cell, Row, read_table
from tests.support.sites import hire
from tests.support.two_sites import FREE_TEXT, ROLES, TwoSites, done, open_two_sites
from tests.support.wall import hasten

CONTRACT: dict[str, Any] = json.loads(committed_contract().read_bytes())
METHODS = {"get", "put", "post", "patch", "delete"}
DOCUMENTED = {
    f"{method.upper()} {path}": described["operationId"]
    for path, methods in CONTRACT["paths"].items()
    for method, described in methods.items()
    if method in METHODS
}
TABLE = read_table()
UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

ALSO_ALLOWED = {"safetyHealth": {503}}
"""Answers that are no refusal: anybody may read that all is not well."""


@pytest.fixture(scope="module")
async def ward(cluster_url: str, seeded_template: str) -> AsyncIterator[TwoSites]:
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_two_sites(url) as ward,
    ):
        hasten(ward.clinic, ping=0.2)
        yield ward


def test_every_operation_has_its_row_and_every_row_its_operation() -> None:
    missing = [f"{each} has no row in docs/rights.md" for each in DOCUMENTED if each not in TABLE]
    beside = [
        f"docs/rights.md has a row for {each}, which is no operation"
        for each in TABLE
        if each not in DOCUMENTED
    ]
    misnamed = [
        f"docs/rights.md calls {row.operation} {row.operation_id}, the contract {DOCUMENTED[row.operation]}"
        for row in TABLE.values()
        if DOCUMENTED.get(row.operation, row.operation_id) != row.operation_id
    ]
    assert [*missing, *beside, *misnamed] == []


def test_the_rows_stand_in_the_order_of_the_contract() -> None:
    assert list(TABLE) == [each for each in DOCUMENTED if each in TABLE]


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.operation_id)
async def test_each_caller_gets_what_the_table_says(ward: TwoSites, row: Row) -> None:
    if row.operation not in DOCUMENTED:
        pytest.skip("the test above names it")
    wrong = [fault for column in COLUMNS for fault in await faults_of(ward, row, column, row.cells[column])]
    assert wrong == []


async def faults_of(ward: TwoSites, row: Row, column: str, cell: Cell) -> list[str]:
    """Ask as a caller, and say what is not as the table says."""
    found = []
    if cell.allows:
        asking = ask_of(ward, row, column, meets=True)
        answer = await send(asking, await request_for(asking))
        if not (answer.is_success or answer.status_code in ALSO_ALLOWED.get(row.operation_id, ())):
            found.append(said(row, column, cell, answer, "allowed"))
        if cell.text == "own" and (told := marks_in(ward, column, answer)):
            found.append(f"{row.operation} tells the {column} of {', '.join(told)}")
    if cell.refusal is not None:
        asking = ask_of(ward, row, column, meets=False)
        sent = await request_for(asking)
        answer = await send(asking, sent)
        if answer.status_code != cell.refusal:
            found.append(said(row, column, cell, answer, f"refused with {cell.refusal}"))
        if cell.refusal == 404 and not cell.condition and tells(answer, await send(asking, unknown(sent))):
            found.append(f"{row.operation} tells the {column} what exists: {answer.text}")
    return found


def said(row: Row, column: str, cell: Cell, answer: httpx.Response, wanted: str) -> str:
    return (
        f"{row.operation} as {column}: docs/rights.md says {cell.text} ({wanted}), "
        f"the answer is {answer.status_code} {answer.text[:600]}"
    )


def marks_in(ward: TwoSites, column: str, answer: httpx.Response) -> list[str]:
    """Return what an answer says of those whom its reader must not know of."""
    marks = {
        "lin": ward.lin.participant_id,
        "lin's report": ward.reports["participant"],
        "her caregiver's report": ward.reports["caregiver"],
        "what lin wrote": FREE_TEXT,
    }
    if column == "other site":
        marks |= {"the site": str(ward.here.id), "its alert": ward.rung.alert_id, "its drill": ward.drill_id}
    return [name for name, mark in marks.items() if mark in answer.text]


def unknown(sent: Sent, keep: str = "") -> Sent:
    """The same request about what does not exist; only `keep` still does."""
    others = {keep: keep}

    def another(text: str) -> str:
        return UUIDS.sub(lambda found: others.setdefault(found[0], str(uuid4())), text)

    body = sent.body if sent.body is None else json.loads(another(json.dumps(sent.body)))
    if body is not None and "code" in body:
        body["code"] = "XXXX"
    return Sent(path=another(sent.path), body=body, content=sent.content, headers=sent.headers)


def tells(one: httpx.Response, other: httpx.Response) -> bool:
    """Say whether two refusals can be told apart by anything but the id and the time of the request."""
    return shown(one) != shown(other)


def shown(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    request_id = answer.headers["x-request-id"]
    headers = [each for each in answer.headers.items() if each[0] not in {"x-request-id", "date"}]
    return answer.status_code, headers, answer.text.replace(request_id, "")


NAMING = [row for row in TABLE.values() if "{" in row.operation or row.cells["other site"].refusal == 404]
"""Those whose request names what belongs to a site."""


@pytest.mark.parametrize("row", NAMING, ids=lambda row: row.operation_id)
async def test_no_role_of_another_site_can_tell_what_exists_from_what_does_not(
    ward: TwoSites, row: Row
) -> None:
    for role in ROLES:
        asking = ask_of(ward, row, "other site", meets=False)
        asking.person, asking.role, asking.fresh = ward.elsewhere[role], role, False
        sent = await request_for(asking)
        assert not tells(await send(asking, sent), await send(asking, unknown(sent))), role


class Mixed(Struct, frozen=True):
    """A request of somebody of the other site about her own site, with something of ours in it."""

    method: str
    path: str
    body: Json = None
    content: bytes | None = None


async def mixed_requests(ward: TwoSites) -> list[Mixed]:
    there, here = f"/v1/sites/{ward.there.id}", f"/v1/sites/{ward.here.id}"
    shifts = done(await ward.plain[Role.COORDINATOR].get(f"{here}/on-call")).json()["shifts"]
    begins = ward.clinic.trial.now() + timedelta(days=3)
    hours = {"startsAt": begins.isoformat(), "endsAt": (begins + timedelta(hours=8)).isoformat()}
    row = {"staffId": shifts[0]["staffId"], "tier": 1, **hours}
    swapped = {"shiftId": shifts[0]["shiftId"], "otherShiftId": shifts[1]["shiftId"], "reason": "both asked"}
    ours = (f"staff-{shifts[0]['staffId']}", "PT10M")
    step = {"target": ours[0], "wait": ours[1], "channels": ["sms"]}
    courses = {"day": [step], "night": [step]}
    return [
        Mixed("GET", f"{there}/drills/{ward.drill_id}"),
        Mixed("PUT", f"{there}/on-call", {"shifts": [row]}),
        Mixed("POST", f"{there}/on-call/overrides", {**row, "reason": "a congress"}),
        Mixed("POST", f"{there}/on-call/swaps", swapped),
        Mixed("PUT", f"{there}/escalation-policy", {"emergency": courses, "urgent": courses}),
    ]


async def test_at_her_own_site_nobody_learns_what_there_is_at_another(ward: TwoSites) -> None:
    bob = ward.elsewhere[Role.INVESTIGATOR]
    for mixed in await mixed_requests(ward):
        strange = unknown(Sent(path=mixed.path, body=mixed.body), keep=str(ward.there.id))
        answers = [
            await bob.call(mixed.method, each.path, each.body, headers={"If-Match": "*"})
            for each in (Sent(path=mixed.path, body=mixed.body), strange)
        ]
        assert answers[0].status_code in {404, 422}, answers[0].text
        assert not tells(*answers), (mixed.path, answers[0].text, answers[1].text)


async def test_a_calendar_does_not_say_whose_email_is_known_at_another_site(ward: TwoSites) -> None:
    bob, path = ward.elsewhere[Role.INVESTIGATOR], f"/v1/sites/{ward.there.id}/on-call/imports"
    headers = {"Authorization": f"Bearer {bob.tokens['accessToken']}", "Content-Type": "text/calendar"}
    content = OF_THE_BELL["rota.import"][0].value
    assert isinstance(content, str)
    answers = [
        await ward.clinic.http.post(path, content=content.replace("bob@", name).encode(), headers=headers)
        for name in ("bob@", "xxx@")
    ]
    assert answers[0].status_code == 422
    assert not tells(*answers)


async def test_who_has_two_sites_has_at_each_the_rights_of_her_role_there(ward: TwoSites) -> None:
    lara = (await hire(ward.clinic, "Lara", Role.MONITOR, ward.here)).person
    await ward.also(lara, ward.there, Role.COORDINATOR)
    body = {"siteId": str(ward.here.id), "subjectNumber": "ZN-55555555", "phase": "phase-1"}
    refused(await lara.post("/v1/participants", body), 403, "access.denied")
    assert (await lara.post("/v1/participants", {**body, "siteId": str(ward.there.id)})).status_code == 201
    candidates = "/v1/event-candidates?siteId="
    assert (await lara.get(f"{candidates}{ward.here.id}")).status_code == 200
    refused(await lara.get(f"{candidates}{ward.there.id}"), 403, "access.denied")
    path = f"/v1/participants/{ward.lin.participant_id}"
    refused(await lara.post(f"{path}/activation-codes", {"role": "participant"}), 403, "access.denied")


async def test_whoever_may_not_know_of_her_is_answered_while_she_is_held(ward: TwoSites) -> None:
    """Isolation in the query: what is another site's is neither loaded nor waited for."""
    eve, lin, rung = ward.elsewhere[Role.INVESTIGATOR], ward.lin.participant_id, ward.rung
    connection = await owner(ward.clinic.settings.database_url)
    async with connection.transaction():
        people = [UUID(lin), UUID(rung.participant_id)]
        await connection.execute("select from participants where id = any($1) for update", people)
        day = {"givenOn": "2026-03-02"}
        refused(await eve.post(f"/v1/participants/{lin}/administrations", day), 404, "not-found")
        refused(await eve.post(f"/v1/alerts/{rung.alert_id}/acknowledgements"), 404, "not-found")
    await connection.close()
