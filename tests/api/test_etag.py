"""Personal data is not sent again to whoever holds it already (RFC 9110 §13.1.2)."""

import pytest

from tests.support.clinic import Clinic, Person

PATHS = (
    "/v1/me",
    "/v1/me/schedule",
    "/v1/me/reminders",
    "/v1/me/forms",
    "/v1/forms/on-demand/versions/1",
    "/v1/me/reports",
)


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    await lin.report({"fainted": "yes"}, report_id="0b5f6f0e-6b1e-4d6e-9f51-3c3f7a2b9d10")
    return lin


@pytest.mark.parametrize("path", [*PATHS, "/v1/me/reports/0b5f6f0e-6b1e-4d6e-9f51-3c3f7a2b9d10"])
async def test_what_has_not_changed_is_answered_with_304(lin: Person, path: str) -> None:
    first = await lin.get(path)
    etag = first.headers["etag"]
    assert etag.startswith('"')
    assert "private" in first.headers["cache-control"]

    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await lin.get(path, **{"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    for held in ('"other"', etag.strip('"'), ""):
        assert (await lin.get(path, **{"If-None-Match": held})).status_code == 200


async def test_staff_are_spared_what_they_hold_too(alice: Person, lin: Person) -> None:
    assert lin.tokens["role"] == "participant"
    alert = (await alice.get("/v1/alerts")).json()["alerts"][0]
    participant = f"/v1/participants/{alert['participantId']}"
    site = f"/v1/sites/{alert['siteId']}"
    paths = (
        "/v1/alerts",
        f"/v1/alerts/{alert['alertId']}",
        "/v1/participants",
        participant,
        f"{participant}/schedule",
        f"{participant}/reports",
        f"{site}/schedule",
        f"{site}/holidays",
    )
    for path in paths:
        etag = (await alice.get(path)).headers["etag"]
        assert (await alice.get(path, **{"If-None-Match": etag})).status_code == 304


async def test_a_page_that_moved_on_is_not_the_one_held(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    report = (await lin.report({"fainted": "yes"})).json()["reportId"]
    held = (await lin.get(f"/v1/me/reports/{report}")).headers["etag"]
    await clinic.settle()
    answer = await lin.get(f"/v1/me/reports/{report}", **{"If-None-Match": held})
    assert answer.status_code == 200
    assert answer.headers["etag"] != held


async def test_two_people_never_share_a_tag(ward: Clinic, lin: Person) -> None:
    other, _ = await ward.lin()
    assert (await other.get("/v1/me")).headers["etag"] != (await lin.get("/v1/me")).headers["etag"]
