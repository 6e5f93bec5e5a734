"""Every write of a participant's year, given what it cannot take: refused with a reason, and nothing left behind."""

import json
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import httpx
import pytest
from msgspec import Struct

from api.examples import EXAMPLES
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import path_of
from tests.support.problems import pointers, refused
from tests.support.sites import home
from tests.support.year import days, today

SECRET = "zhangsan-13800138000"
"""A value that no answer may repeat."""


class Call(Struct, frozen=True, kw_only=True):
    """An operation with a good body; `{lin}` is a participant, `{site}` her site."""

    method: str
    path: str
    body: Mapping[str, Json]
    by: str = "staff"
    optional: frozenset[str] = frozenset()
    is_a_pair: bool = False
    """Its fields are given both or none, so that neither is missing by itself."""


LEADER = {"target": "principal-investigator", "wait": "PT10M", "channels": ["sms"]}
COURSES = {"day": [LEADER], "night": [LEADER]}

CALLS: dict[str, Call] = {
    "account.update": Call(
        method="PATCH",
        path="/v1/me",
        body={"language": "en", "timeZone": "Europe/London", "reminderHour": 10},
        by="participant",
        optional=frozenset({"language", "timeZone", "reminderHour"}),
    ),
    "reminder-receipt.record": Call(
        method="POST",
        path="/v1/me/reminder-receipts",
        body={"planVersion": 1, "receipts": []},
        by="participant",
    ),
    "administration.correct": Call(
        method="PATCH",
        path="/v1/participants/{lin}/administrations/1",
        body={"givenOn": "2026-03-02", "reason": "typing error"},
    ),
    "sms-consent.record": Call(
        method="PUT",
        path="/v1/participants/{lin}/sms-consents/participant",
        body={"phone": "+8619900000100", "consentedOn": "2026-03-02"},
    ),
    "consent.record": Call(
        method="PUT",
        path="/v1/participants/{lin}/consents/data",
        body={"consentedOn": "2026-03-02", "version": "v2.1"},
    ),
    "phone-number.record": Call(
        method="PUT",
        path="/v1/participants/{lin}/phone-numbers/participant",
        body={"phone": "+8619900000100", "language": "en"},
        optional=frozenset({"language"}),
    ),
    "complication.record": Call(
        method="POST",
        path="/v1/participants/{lin}/complications",
        body={"complication": "sepsis", "occurredOn": "2026-03-02"},
    ),
    "visit.record: complete": Call(
        method="PUT",
        path="/v1/participants/{lin}/visits/1",
        body={"action": "complete", "completedOn": "2026-03-02", "reason": "came by bus"},
        optional=frozenset({"reason"}),
    ),
    "visit.record: reopen": Call(
        method="PUT",
        path="/v1/participants/{lin}/visits/1",
        body={"action": "reopen", "reason": "wrong chart"},
    ),
    "visit.record: miss": Call(
        method="PUT", path="/v1/participants/{lin}/visits/2", body={"action": "miss", "reason": "snow"}
    ),
    "visit.record: reschedule": Call(
        method="PUT",
        path="/v1/participants/{lin}/visits/4",
        body={"action": "reschedule", "targetDate": "{soon}", "reason": "snow"},
    ),
    "drill-schedule.replace": Call(
        method="PUT",
        path="/v1/sites/{site}/drill-schedule",
        body={"every": "P7D", "at": "10:00"},
        is_a_pair=True,
    ),
    "holiday.replace": Call(method="PUT", path="/v1/sites/{site}/holidays", body={"days": ["2026-10-01"]}),
    "escalation-policy.replace": Call(
        method="PUT",
        path="/v1/sites/{site}/escalation-policy",
        body={"emergency": COURSES, "urgent": COURSES, "providers": {"+86": ["twilio"]}},
        by="investigator",
        optional=frozenset({"providers"}),
    ),
    "rota.replace": Call(method="PUT", path="/v1/sites/{site}/on-call", body={"shifts": []}),
    # The last one: after it nothing else can be done.
    "participant.end": Call(
        method="POST",
        path="/v1/participants/{lin}/end",
        body={"reason": "withdrawn", "endedOn": "2026-03-02"},
    ),
}

EACH = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
FIELDS = [
    pytest.param(call, field, id=f"{name} {field}") for name, call in CALLS.items() for field in call.body
]
WANTED = [
    pytest.param(call, field, id=f"{name} {field}")
    for name, call in CALLS.items()
    for field in call.body
    if field not in call.optional
]
OF_STAFF = {name: call for name, call in CALLS.items() if call.by == "staff"}

NO_JSON = (b"", b" \n", b"{", b"{'a': 1}", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), SECRET.encode())
NO_OBJECT: tuple[Json, ...] = (None, [], "text", 1, True)
NO_VALUE: tuple[Json, ...] = (None, True, {"a": SECRET}, [SECRET], -1, 1.5, 10**30, f"{SECRET}\x00" * 90)


class Sender:
    """Sends to an operation as whoever may call it."""

    def __init__(self, lin: Person, alice: Person, bob: Person, site: str) -> None:
        self.lin, self.alice, self.bob, self.site = lin, alice, bob, site

    def path(self, call: Call) -> str:
        return call.path.format(lin=self.lin.participant_id, site=self.site)

    def good(self, call: Call) -> dict[str, Json]:
        soon = (today(self.lin.clinic) + days(20)).isoformat()
        return {name: soon if value == "{soon}" else value for name, value in call.body.items()}

    async def send(self, call: Call, content: bytes, **headers: str) -> httpx.Response:
        person = {"participant": self.lin, "investigator": self.bob}.get(call.by, self.alice)
        bearer = {"Authorization": f"Bearer {person.tokens['accessToken']}"}
        sent = {**bearer, "Content-Type": "application/json", "If-Match": "*", **headers}
        return await person.clinic.http.request(call.method, self.path(call), content=content, headers=sent)

    async def json(self, call: Call, body: Json) -> httpx.Response:
        return await self.send(call, json.dumps(body).encode())


@pytest.fixture(scope="module")
async def sender(ward: Clinic, alice: Person) -> Sender:
    # Of the fourteenth day both windows are open: of the visit of week 2 and of the check-in.
    lin, _ = await ward.lin(days=14)
    return Sender(lin, alice, await ward.staff("Bob"), str((await home(ward)).id))


@pytest.fixture
async def unchanged(ward: Clinic, sender: Sender) -> AsyncIterator[None]:
    """Nothing may be left behind by what a test here sends."""
    assert path_of(sender.lin)
    before = await ward.everything()
    yield
    assert await ward.everything() == before


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_what_is_no_json_is_refused(sender: Sender, call: Call) -> None:
    for content in NO_JSON:
        answer = await sender.send(call, content)
        refused(answer, 400, "body.malformed")
        assert SECRET not in answer.text


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_what_is_no_object_is_refused(sender: Sender, call: Call) -> None:
    for body in NO_OBJECT:
        assert pointers(refused(await sender.json(call, body), 422, "body.invalid")) == [""]


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_an_unknown_field_is_refused_and_not_repeated(sender: Sender, call: Call) -> None:
    answer = await sender.json(call, {**sender.good(call), "note": SECRET})
    assert pointers(refused(answer, 422, "body.invalid")) == [""]
    assert SECRET not in answer.text


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_a_name_given_twice_is_refused(sender: Sender, call: Call) -> None:
    body = json.dumps(sender.good(call))
    name, value = next(iter(sender.good(call).items()))
    twice = f"{{{json.dumps(name)}: {json.dumps(value)}, {body[1:]}"
    refused(await sender.send(call, twice.encode()), 400, "body.malformed")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("call", "field"), WANTED)
async def test_a_field_that_is_wanted_and_missing_is_refused(sender: Sender, call: Call, field: str) -> None:
    body = {name: value for name, value in sender.good(call).items() if name != field}
    assert pointers(refused(await sender.json(call, body), 422, "body.invalid")) == [
        "" if call.is_a_pair else f"/{field}"
    ]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("call", "field"), FIELDS)
async def test_a_value_of_the_wrong_kind_is_refused_where_it_stands(
    sender: Sender, call: Call, field: str
) -> None:
    for value in NO_VALUE:
        answer = await sender.json(call, {**sender.good(call), field: value})
        found = pointers(refused(answer, 422, "body.invalid"))
        assert found
        assert all(pointer == f"/{field}" or pointer.startswith(f"/{field}/") for pointer in found)
        assert SECRET not in answer.text


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_only_json_of_at_most_64_kib_is_read(sender: Sender, call: Call) -> None:
    body = json.dumps(sender.good(call)).encode()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        refused(await sender.send(call, body, **{"Content-Type": media_type}), 415, "body.media-type")
    refused(await sender.send(call, b" " * (64 * 1024 + 1)), 413, "body.too-large")


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_a_body_as_deep_as_it_is_long_is_refused(sender: Sender, call: Call) -> None:
    for part in (b"[", b'{"a":'):
        refused(await sender.send(call, part * (64 * 1024 // len(part))), 400, "body.malformed")
    whole = b"[" * 32768 + b"]" * 32768
    refused(await sender.send(call, whole), 400, "body.malformed")


@EACH
@pytest.mark.usefixtures("unchanged")
async def test_nobody_without_a_good_token_is_heard(sender: Sender, call: Call) -> None:
    body = json.dumps(sender.good(call)).encode()
    wrong = sender.alice if call.by == "participant" else sender.lin
    bearers = ("", "Bearer x", f"Bearer {sender.lin.tokens['submissionToken']}")
    for bearer in (*bearers, f"Bearer {wrong.tokens['accessToken']}"):
        refused(await sender.send(call, body, Authorization=bearer), 401, "token.refused")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", OF_STAFF.values(), ids=OF_STAFF)
async def test_an_id_of_nobody_names_nothing(sender: Sender, call: Call) -> None:
    for name in ("abc", "%00", "%2e%2e", "9" * 5000, str(uuid4())):
        path = call.path.format(lin=name, site=name)
        refused(await sender.alice.call(call.method, path, sender.good(call)), 404, "not-found")


async def test_each_good_body_is_taken_so_that_its_faults_are_what_was_refused(sender: Sender) -> None:
    for name, call in CALLS.items():
        answer = await sender.json(call, sender.good(call))
        assert answer.status_code in {200, 201, 204}, f"{name}: {answer.text}"


def test_every_operation_of_the_year_that_takes_a_body_is_here() -> None:
    tried = {name.partition(":")[0] for name in CALLS}
    elsewhere = {
        *("device.activate", "token.rotate", "staff-token.rotate", "staff.sign-in"),
        *("report.submit", "report-batch.submit", "report.correct"),
        *("participant.register", "administration.record", "activation-code.issue", "alert.contact"),
        *("call-status.take", "keypad.answer", "inbound.take", "phone.reply", "phone.press"),
        "alert.resolve",
        *(
            "receipt.push",
            "receipt.take",
            "clock.move",
            "provider.script",
            "participant.seed",
            "task.resolve",
        ),
        *("rota.override", "rota.swap", "rota.import"),
        *("pin.set", "code.acknowledge"),
        *("password.set", "recovery-code.draw", "staff.close", "staff.invite", "colleague.invite"),
        *("staff-invitation.read", "staff-invitation.accept"),
        *("directory-sign-in.begin", "directory-sign-in.complete"),
    }
    assert set(EXAMPLES) - elsewhere == tried
