"""A report nested as deeply as it is long is no reason to be silent: it is kept, looked at, and rings."""

from uuid import uuid4

import pytest

from tests.support.clinic import Clinic
from tests.support.watch import tasks_about


@pytest.mark.parametrize(
    "around",
    ["[]", '{"a":}', "["],
    ids=["closed lists", "closed objects", "lists that are torn off"],
)
async def test_a_report_as_deep_as_it_is_long_is_kept_and_the_flag_in_it_rings(
    clinic: Clinic, around: str
) -> None:
    lin, _ = await clinic.lin()
    opened, closed = (around[:-1], around[-1]) if len(around) > 1 else (around, "")
    flag = '{"type":"choice","itemId":"black-stool","choice":"yes"}'
    depth = (64 * 1024 - len(flag)) // len(opened + closed)
    report_id = str(uuid4())
    body = opened * depth + flag + closed * depth
    answer = await clinic.http.put(
        f"/v1/me/reports/{report_id}",
        content=body.encode(),
        headers={
            "Authorization": f"Bearer {lin.tokens['accessToken']}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code in {201, 400}, answer.text
    told = answer.json() if answer.status_code == 201 else answer.json()["whatToDo"]
    assert told["level"] == "emergency"
    assert await clinic.rows("reports") == await clinic.rows("alerts") == 1
    assert await tasks_about(clinic, report_id) == ["quarantined-report"]
