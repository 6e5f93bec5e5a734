"""The emulator against the provider's public OpenAPI document, which lies outside the repository."""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from notifications.emulator import Fault, FaultKind
from tests.notifications.provider import (
    ACCOUNT_SID,
    BOB,
    NOW,
    SENDER,
    SERVICE_SID,
    TOKEN,
    Call,
    Desk,
    gateway_to,
    provider,
    stubborn,
    text,
)
from tests.support.http import serve

DOCUMENT = Path(__file__).parents[3] / "shared" / "twilio_api_v2010.json"
PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"


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
    form = document["paths"][PATH]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    query = {parameter["name"] for parameter in document["paths"][PATH]["get"]["parameters"]}
    assert [call.method for call in seen] == ["POST", "POST", "GET"]
    assert all(call.fields.keys() <= form["schema"]["properties"].keys() for call in seen[:2])
    assert set(form["schema"]["required"]) <= seen[0].fields.keys()
    assert {"To"} <= seen[2].fields.keys() <= query
