"""The emulator against the provider's public OpenAPI document, which lies outside the repository."""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from notifications.emulator import Fault, FaultKind
from notifications.gateway import receipt_event
from tests.notifications.provider import (
    ACCOUNT_SID,
    BOB,
    DANA,
    NOW,
    SENDER,
    SERVICE_SID,
    TOKEN,
    Call,
    Desk,
    call,
    gateway_to,
    provider,
    stubborn,
    text,
)
from tests.support.http import serve

DOCUMENT = Path(__file__).parents[3] / "shared" / "twilio_api_v2010.json"
PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"

CALLS = "/2010-04-01/Accounts/{AccountSid}/Calls.json"
ONE_CALL = "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    if not DOCUMENT.exists():
        pytest.skip("the provider's public OpenAPI document is not beside the repository")
    read: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return read


def strict(schema: Any) -> Any:
    """Turn OpenAPI 3.0 into JSON Schema: null where nullable, and every named property present and no other."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    new = {name: strict(part) for name, part in schema.items() if name != "nullable"}
    if isinstance(schema.get("properties"), dict):
        new |= {"additionalProperties": False, "required": list(schema["properties"])}
    return {"anyOf": [new, {"type": "null"}]} if schema.get("nullable") is True else new


def check(document: dict[str, Any], path: str, method: str, answer: httpx.Response) -> None:
    """Raise unless the document knows the status for this call and the body fits its schema."""
    described = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = strict(described["content"]["application/json"]["schema"])
    components = {"components": {"schemas": strict(document["components"]["schemas"])}}
    jsonschema.validate(answer.json(), components | schema, cls=jsonschema.Draft202012Validator)


def client(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=desk.base_url, auth=(ACCOUNT_SID, TOKEN))


@pytest.mark.parametrize("sender", [{"From": SENDER}, {"MessagingServiceSid": SERVICE_SID}])
@pytest.mark.parametrize("faults", [(), (Fault(kind=FaultKind.UNDELIVERED, code=30003),)])
async def test_create_fetch_and_list_answer_as_documented(
    document: dict[str, Any], sender: dict[str, str], faults: tuple[Fault, ...]
) -> None:
    place = PATH.replace("{AccountSid}", ACCOUNT_SID)
    async with provider() as desk, client(desk) as http:
        desk.emulator.script(*faults)
        created = await http.post(place, data={"To": BOB, "Body": "hello"} | sender)
        await desk.emulator.idle()
        fetched = await http.get(created.json()["uri"])
        await http.post(place, data={"To": BOB, "Body": "hello again"} | sender)
        listed = await http.get(place, params={"PageSize": 1})
    check(document, PATH, "post", created)
    check(document, ONE, "get", fetched)
    check(document, PATH, "get", listed)
    assert listed.json()["next_page_uri"] is not None


async def test_a_call_is_created_fetched_and_listed_as_documented(document: dict[str, Any]) -> None:
    place = CALLS.replace("{AccountSid}", ACCOUNT_SID)
    form = {"To": DANA, "From": SENDER, "Twiml": "<Response/>", "Timeout": "30"}
    async with provider() as desk, client(desk) as http:
        created = await http.post(place, data=form)
        await desk.emulator.idle()
        ringing = await http.get(created.json()["uri"])
        await desk.emulator.switchboard.pick_up(DANA)
        ended = await http.get(created.json()["uri"])
        await http.post(place, data=form)
        listed = await http.get(place, params={"PageSize": 1, "To": DANA})
        unknown = await http.get(place.replace(".json", "/CA0.json"))
    check(document, CALLS, "post", created)
    check(document, ONE_CALL, "get", ringing)
    check(document, ONE_CALL, "get", ended)
    check(document, CALLS, "get", listed)
    assert [each.json()["status"] for each in (ringing, ended)] == ["ringing", "completed"]
    assert (listed.json()["next_page_uri"] is not None, unknown.status_code) == (True, 404)


def test_every_status_of_a_call_has_a_meaning_for_us(document: dict[str, Any]) -> None:
    for status in document["components"]["schemas"]["call_enum_status"]["enum"]:
        assert receipt_event(status) is not None


async def test_an_answer_the_document_does_not_describe_would_be_noticed(document: dict[str, Any]) -> None:
    async with provider() as desk, client(desk) as http:
        good = await http.post(
            PATH.replace("{AccountSid}", ACCOUNT_SID), data={"To": BOB, "Body": "x", "From": SENDER}
        )
    for wrong in ({"status": "lost"}, {"sid": "SM1"}, {"num_segments": 1}, {"surprise": None}):
        with pytest.raises(jsonschema.ValidationError):
            check(document, PATH, "post", httpx.Response(201, json=good.json() | wrong))


async def test_every_field_we_send_is_one_the_document_names(document: dict[str, Any]) -> None:
    seen: list[Call] = []
    async with serve(stubborn(201, b'{"sid": "SM1"}', seen)) as url:
        for sender in (SENDER, SERVICE_SID):
            async with gateway_to(url, sender=sender) as gateway:
                await gateway.send(text())
    async with serve(stubborn(200, b'{"messages": []}', seen)) as url, gateway_to(url) as gateway:
        await gateway.find(text(), NOW)
    async with serve(stubborn(201, b'{"sid": "CA1"}', seen)) as url, gateway_to(url) as gateway:
        await gateway.send(call())
    async with serve(stubborn(200, b'{"calls": []}', seen)) as url, gateway_to(url) as gateway:
        await gateway.find(call(), NOW)
    form = document["paths"][PATH]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    query = {parameter["name"] for parameter in document["paths"][PATH]["get"]["parameters"]}
    assert [each.method for each in seen] == ["POST", "POST", "GET", "POST", "GET"]
    assert all(each.fields.keys() <= form["schema"]["properties"].keys() for each in seen[:2])
    assert set(form["schema"]["required"]) <= seen[0].fields.keys()
    assert {"To"} <= seen[2].fields.keys() <= query
    form = document["paths"][CALLS]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    query = {parameter["name"] for parameter in document["paths"][CALLS]["get"]["parameters"]}
    assert seen[3].fields.keys() <= form["schema"]["properties"].keys()
    assert set(form["schema"]["required"]) <= seen[3].fields.keys()
    assert {"To", "From"} <= seen[4].fields.keys() <= query
