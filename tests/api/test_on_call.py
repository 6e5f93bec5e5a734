"""The rota over HTTP: who reads it, who changes it, and what of it is refused."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from domain.people import Role, Site
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.on_call import HOUR, colleagues, duty, hired, imported, path_of, put, row
from tests.support.problems import pointers, refused
from tests.support.sites import hire, open_site

NO_VALUE: tuple[Json, ...] = (None, -1, [], "zhangsan\x00", {})


@pytest.fixture
async def site(dawn: Clinic, request: pytest.FixtureRequest) -> Site:
    """A site of this test's own."""
    return await open_site(dawn, f"Site of {request.node.name}")


@pytest.fixture
async def nurse(dawn: Clinic, site: Site) -> Person:
    return (await hire(dawn, f"N{site.id.hex[:12]}", Role.COORDINATOR, site)).person


async def test_a_coordinator_puts_a_rota_and_reads_it_back(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    vera = await hired(dawn, nurse, site, "Vera")
    answer = await put(nurse, site, row(dawn, una, 0, 8), row(dawn, vera, 8, 16), row(dawn, vera, 0, 8, 2))
    expected = [(1, [una], 0, 8), (1, [vera], 8, 16), (2, [vera], 0, 8)]
    assert duty(answer, dawn) == expected
    read = await nurse.get(path_of(site))
    assert duty(read, dawn) == expected
    assert read.headers["etag"] == answer.headers["etag"]
    assert {each["source"] for each in read.json()["shifts"]} == {"manual"}
    assert (await nurse.get(path_of(site), **{"If-None-Match": read.headers["etag"]})).status_code == 304


async def test_what_was_read_can_be_put_back_and_leaves_no_trace(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    await put(nurse, site, row(dawn, una, -3, 8))
    read = (await nurse.get(path_of(site))).json()["shifts"]
    before = await dawn.everything()
    fields = ("staffId", "tier", "startsAt", "endsAt", "kind")
    answer = await put(nurse, site, *({name: each[name] for name in fields} for each in read))
    assert (answer.status_code, await dawn.everything()) == (200, before)


async def test_a_shift_that_runs_and_is_left_out_ends_now_and_stays_readable(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    # The second one never begins: it is no history.
    await put(nurse, site, row(dawn, una, 0, 8), row(dawn, una, 10, 12))
    await dawn.demo.sandbox.clock.move_to(dawn.trial.now() + HOUR)
    answer = await put(nurse, site)
    assert duty(answer, dawn) == [(1, [una], -1, 0)]
    assert answer.json()["shifts"] == []
    assert [each["staffId"] for each in answer.json()["removed"]] == [una]


async def test_nobody_overwrites_a_rota_that_has_changed_meanwhile(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    held = (await nurse.get(path_of(site))).headers["etag"]
    assert (await put(nurse, site, row(dawn, una, 0, 8), etag=held)).status_code == 200
    refused(await put(nurse, site, etag=held), 412, "precondition.failed")
    refused(await nurse.put(path_of(site), {"shifts": []}), 428, "precondition.missing")
    assert len((await nurse.get(path_of(site))).json()["shifts"]) == 1


async def test_a_write_says_what_there_is_now_whatever_is_held(nurse: Person, site: Site) -> None:
    tag = (await nurse.get(path_of(site))).headers["etag"]
    headers = {"If-Match": tag, "If-None-Match": tag}
    answer = await nurse.call("PUT", path_of(site), {"shifts": []}, headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (200, tag)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == (await nurse.get(path_of(site))).json()


async def test_every_fault_of_a_rota_is_named(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    mona = await hired(dawn, nurse, site, "Mona", Role.MONITOR)
    before = await dawn.everything()
    answer = await put(
        nurse,
        site,
        row(dawn, str(site.id), 0, 8),
        row(dawn, mona, 0, 8),
        row(dawn, una, 8, 8),
        row(dawn, una, 0, 401 * 24),
        row(dawn, una, 9, 12),
    )
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == [
        "/shifts/0/staffId",
        "/shifts/1/staffId",
        "/shifts/2/endsAt",
        "/shifts/3/endsAt",
        "/shifts/2/startsAt",
        "/shifts/4/startsAt",
    ]
    assert await dawn.everything() == before


async def test_an_override_and_a_swap_of_two_shifts(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    vera = await hired(dawn, nurse, site, "Vera")
    await put(nurse, site, row(dawn, una, 0, 8), row(dawn, vera, 8, 16))
    ids = [each["shiftId"] for each in (await nurse.get(path_of(site))).json()["shifts"]]
    body = {"shiftId": ids[0], "otherShiftId": ids[1], "reason": "both asked"}
    swapped = await nurse.post(path_of(site, "on-call/swaps"), body)
    assert swapped.status_code == 201
    assert duty(swapped, dawn) == [(1, [vera], 0, 8), (1, [una], 8, 16)]
    refused(await nurse.post(path_of(site, "on-call/swaps"), body), 409, "state.conflict")
    draft = row(dawn, una, 2, 4, 2, reason="at a congress")
    taken = await nurse.post(path_of(site, "on-call/overrides"), draft)
    assert duty(taken, dawn)[-1] == (2, [una], 2, 4)
    again = refused(await nurse.post(path_of(site, "on-call/overrides"), draft), 422, "body.invalid")
    assert pointers(again) == ["/startsAt"]
    other = {**body, "otherShiftId": str(site.id)}
    assert pointers(
        refused(await nurse.post(path_of(site, "on-call/swaps"), other), 422, "body.invalid")
    ) == ["/otherShiftId"]


async def test_a_monitor_reads_the_rota_and_changes_nothing(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    await put(nurse, site, row(dawn, una, 0, 8))
    mona = (await hire(dawn, f"Mona{site.id.hex[:8]}", Role.MONITOR, site)).person
    for more in ("on-call", "coverage", "staff"):
        assert (await mona.get(path_of(site, more))).status_code == 200
    refused(await put(mona, site), 403, "access.denied")
    for more, body in changes(dawn, una).items():
        refused(await mona.post(path_of(site, more), body), 403, "access.denied")
    refused(await imported(mona, site, b""), 403, "access.denied")


async def test_an_administrator_keeps_the_rota_though_she_records_nothing_else(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    ada = (await hire(dawn, f"Ada{site.id.hex[:8]}", Role.ADMINISTRATOR, site)).person
    assert duty(await put(ada, site, row(dawn, una, 0, 8)), dawn) == [(1, [una], 0, 8)]


async def test_of_another_site_nothing_is_known(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    elsewhere = await open_site(dawn, f"Beside {site.id}")
    xenia = (await hire(dawn, f"X{site.id.hex[:12]}", Role.COORDINATOR, elsewhere)).person
    for more in ("on-call", "coverage", "staff"):
        refused(await xenia.get(path_of(site, more)), 404, "not-found")
    refused(await put(xenia, site, etag='"x"'), 404, "not-found")
    for more, body in changes(dawn, una).items():
        refused(await xenia.post(path_of(site, more), body), 404, "not-found")
    refused(await imported(xenia, site, b""), 404, "not-found")
    # Nor can somebody of another site be put on call.
    answer = await put(xenia, elsewhere, row(dawn, una, 0, 8))
    assert pointers(refused(answer, 422, "body.invalid")) == ["/shifts/0/staffId"]


def changes(dawn: Clinic, staff_id: str) -> Mapping[str, Json]:
    return {
        "on-call/overrides": row(dawn, staff_id, 0, 8, reason="x"),
        "on-call/swaps": {"shiftId": staff_id, "otherShiftId": staff_id, "reason": "x"},
    }


async def test_what_is_no_override_and_no_swap_is_refused_where_it_stands(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    before = await dawn.everything()
    for more, body in changes(dawn, una).items():
        for field in body:
            for value in NO_VALUE:
                answer = await nurse.post(path_of(site, more), {**body, field: value})
                assert pointers(refused(answer, 422, "body.invalid")) == [f"/{field}"]
                assert "zhangsan" not in answer.text
            left_out = {name: each for name, each in body.items() if name != field}
            refused(await nurse.post(path_of(site, more), left_out), 422, "body.invalid")
        refused(await nurse.post(path_of(site, more), {**body, "note": 1}), 422, "body.invalid")
    assert await dawn.everything() == before


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "from"),
        ("from=2026-12-01T08:00:00", "from"),
        ("from=0001-01-01T00:00:00%2B08:00", "from"),
        ("to=2020-01-01T00:00:00Z", "to"),
        ("from=2026-12-01T00:00:00Z&to=2028-12-01T00:00:00Z", "to"),
        ("from=9999-12-31T23:59:59Z&to=9999-12-31T00:00:00Z", "to"),
        ("tier=1", ""),
    ],
)
async def test_hours_that_are_none_are_refused(nurse: Person, site: Site, query: str, pointer: str) -> None:
    problem = refused(await nurse.get(f"{path_of(site)}?{query}"), 400, "query.invalid")
    assert pointers(problem) == [pointer]


async def test_any_hours_of_the_past_can_be_read(dawn: Clinic, nurse: Person, site: Site) -> None:
    una = await hired(dawn, nurse, site, "Una")
    await put(nurse, site, row(dawn, una, 0, 8))
    begins = (dawn.trial.now() + 6 * HOUR).isoformat().replace("+", "%2B")
    assert duty(await nurse.get(f"{path_of(site)}?from={begins}"), dawn) == [(1, [una], 6, 8)]
    answer = await nurse.get(f"{path_of(site)}?from=9999-12-31T23:59:58Z")
    assert duty(answer, dawn) == []


async def test_coverage_names_holes_and_whoever_cannot_be_rung(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    una = await hired(dawn, nurse, site, "Una")
    await put(
        nurse, site, row(dawn, una, 0, 48), row(dawn, una, 0, 20 * 24, 2), row(dawn, una, 0, 20 * 24, 3)
    )
    async with transaction(dawn.trial.pool) as connection:
        await connection.execute(
            "update contacts set unusable_since = $2 where kind = 'phone' and staff_id = $1::uuid",
            una,
            dawn.trial.now(),
        )
    answer = (await nurse.get(path_of(site, "coverage?days=3"))).json()
    assert not answer["isCovered"]
    assert sorted((each["kind"], each.get("tier")) for each in answer["findings"]) == [
        ("dead-number", 1),
        ("dead-number", 2),
        ("dead-number", 3),
        ("gap", 1),
    ]
    assert not (await colleagues(nurse, site))[f"Una{site.id.hex[:12]}"]["reachable"]
    await dawn.demo.sandbox.clock.move_to(dawn.trial.now().replace(second=1) + timedelta(minutes=1))
    first = await nurse.get(path_of(site, "coverage"))
    again = await nurse.get(path_of(site, "coverage"), **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, first.json()["startsAt"][-4:]) == (304, ":00Z")
    for days in ("0", "61", "x", "1.5"):
        refused(await nurse.get(path_of(site, f"coverage?days={days}")), 400, "query.invalid")
