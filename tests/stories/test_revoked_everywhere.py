"""Whatever ends a session ends it with the very next request, on a node that has never heard of it too."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tests.support.clinic import Clinic, Person
from tests.support.desk import end, path_of
from tests.support.nodes import another_node
from tests.support.problems import refused
from tests.support.year import today

READS = ("/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/me/reports", "/v1/me/reminders")


async def signs_out(_: Clinic, lin: Person) -> None:
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204


async def is_robbed(clinic: Clinic, lin: Person) -> None:
    body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": str(uuid4())}
    refused(await clinic.http.post("/v1/tokens", json=body), 401, "token.refused")


async def withdraws(clinic: Clinic, lin: Person) -> None:
    assert (await end(await clinic.staff("Alice"), lin, today(clinic), "withdrawn")).status_code == 200


async def has_completed(clinic: Clinic, lin: Person) -> None:
    assert (await end(await clinic.staff("Alice"), lin, today(clinic), "completed")).status_code == 200


async def gets_another_phone(clinic: Clinic, lin: Person) -> None:
    alice = await clinic.staff("Alice")
    body = {"role": "participant", "endsPhones": True}
    assert (await alice.post(f"{path_of(lin)}/activation-codes", body)).status_code == 201


async def loses_her_phone(clinic: Clinic, lin: Person) -> None:
    alice = await clinic.staff("Alice")
    phones = (await alice.get(f"{path_of(lin)}/devices")).json()["devices"]
    (hers,) = (each["sessionId"] for each in phones if each["role"] == "participant")
    assert (await alice.call("DELETE", f"{path_of(lin)}/devices/{hers}")).status_code == 204


ENDS: tuple[Callable[[Clinic, Person], Awaitable[None]], ...] = (
    signs_out,
    is_robbed,
    withdraws,
    has_completed,
    gets_another_phone,
    loses_her_phone,
)


@pytest.mark.parametrize("happens", ENDS, ids=lambda each: each.__name__)
async def test_with_the_next_request_no_node_lets_her_in(
    clinic: Clinic, happens: Callable[[Clinic, Person], Awaitable[None]]
) -> None:
    lin, _ = await clinic.lin()
    async with another_node(clinic) as other:
        there = Person(other, lin.device_id, lin.tokens)
        # Both nodes have verified her token by now, and remember that.
        for phone in (lin, there):
            assert (await phone.get("/v1/me")).status_code == 200
        await happens(clinic, lin)
        for phone in (there, lin):
            for path in READS:
                refused(await phone.get(path), 401, "token.refused")
            refused(await phone.post("/v1/me/calendar-feed"), 401, "token.refused")
            body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
            refused(await phone.clinic.http.post("/v1/tokens", json=body), 401, "token.refused")
        # Nobody with a token we issued is refused a report (contract.md).
        report = clinic.submission("participant", {"fainted": "no"})
        kept = await there.call("PUT", f"/v1/me/reports/{uuid4()}", report, token="submissionToken")
        assert kept.status_code == 201
