"""Whoever replaces something replaces what she has read: of many at once one wins, and the others read again."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from msgspec import Struct

from api.app import ROUTES
from domain.people import Role, Site
from tests.support.clinic import Clinic, Json, Person
from tests.support.on_call import hired, row
from tests.support.problems import refused
from tests.support.sites import hire, home, open_site

AT_ONCE = 20


class Thing(Struct, frozen=True):
    """Something that is read and replaced: by whom, where, and with what: no two bodies say the same."""

    person: Person
    method: str
    path: str
    bodies: list[Json]

    async def write(self, body: Json, **headers: str) -> httpx.Response:
        return await self.person.call(self.method, self.path, body, headers=headers)

    async def tag(self) -> str:
        return (await self.person.get(self.path)).headers["etag"]


Make = Callable[[Clinic, str], Awaitable[Thing]]


async def _boss(dawn: Clinic, name: str, role: Role) -> tuple[Person, Site]:
    site = await open_site(dawn, f"Site of {name}")
    return (await hire(dawn, f"B{site.id.hex[:12]}", role, site)).person, site


async def _chosen(dawn: Clinic, _: str) -> Thing:
    lin, _caregiver = await dawn.lin()
    zones = [f"Etc/GMT{hours:+}" for hours in range(-12, 13) if hours][:AT_ONCE]
    return Thing(lin, "PATCH", "/v1/me", [{"timeZone": zone} for zone in zones])


async def _rota(dawn: Clinic, name: str) -> Thing:
    nurse, site = await _boss(dawn, name, Role.COORDINATOR)
    erin = await hired(dawn, nurse, site, "Erin")
    rows = [row(dawn, erin, begins=5, ends=10 + more) for more in range(AT_ONCE)]
    return Thing(nurse, "PUT", f"/v1/sites/{site.id}/on-call", [{"shifts": [each]} for each in rows])


async def _policy(dawn: Clinic, name: str) -> Thing:
    frank, site = await _boss(dawn, name, Role.INVESTIGATOR)

    def policy(minutes: int) -> Json:
        step = {"target": "principal-investigator", "wait": f"PT{minutes}M", "channels": ["sms"]}
        courses = {"day": [step], "night": [step]}
        return {"emergency": courses, "urgent": courses}

    bodies = [policy(minutes) for minutes in range(2, 2 + AT_ONCE)]
    return Thing(frank, "PUT", f"/v1/sites/{site.id}/escalation-policy", bodies)


async def _drills(dawn: Clinic, name: str) -> Thing:
    nurse, site = await _boss(dawn, name, Role.COORDINATOR)
    bodies = [{"every": "P7D", "at": f"10:{minute:02}"} for minute in range(AT_ONCE)]
    return Thing(nurse, "PUT", f"/v1/sites/{site.id}/drill-schedule", bodies)


async def _holidays(dawn: Clinic, name: str) -> Thing:
    nurse, site = await _boss(dawn, name, Role.COORDINATOR)
    bodies = [{"days": [f"2027-03-{day:02}"]} for day in range(1, 1 + AT_ONCE)]
    return Thing(nurse, "PUT", f"/v1/sites/{site.id}/holidays", bodies)


MAKE: dict[str, Make] = {
    "account.update": _chosen,
    "rota.replace": _rota,
    "escalation-policy.replace": _policy,
    "drill-schedule.replace": _drills,
    "holiday.replace": _holidays,
}


@pytest.fixture(params=sorted(MAKE))
async def thing(dawn: Clinic, request: pytest.FixtureRequest) -> Thing:
    return await MAKE[request.param](dawn, request.node.name)


def test_every_operation_that_needs_if_match_is_tried_here() -> None:
    operations = [route.opt["operation"] for route in ROUTES if "operation" in route.opt]
    assert {each.name for each in operations if each.if_match} == set(MAKE)
    # What is read as a whole and put back as a whole is never put back blindly.
    assert {each.name for each in operations if each.name.endswith(".replace")} <= set(MAKE)


async def test_who_has_read_nothing_replaces_nothing(thing: Thing) -> None:
    held = await thing.tag()
    refused(await thing.write(thing.bodies[0]), 428, "precondition.missing")
    assert await thing.tag() == held


async def test_who_has_read_something_older_replaces_nothing_and_is_told_to_read_again(thing: Thing) -> None:
    old = await thing.tag()
    first, other, *_ = thing.bodies
    won = await thing.write(first, **{"If-Match": old})
    assert won.status_code == 200, won.text
    now = await thing.tag()
    assert won.headers["etag"] == now != old
    stale = (old, '"other"', f"W/{now}", now.strip('"'), f'{old}, W/{now}, "other"', "", '"*"')
    for held in stale:
        refused(await thing.write(other, **{"If-Match": held}), 412, "precondition.failed")
    assert await thing.tag() == now


async def test_the_tag_may_stand_among_others_and_a_star_replaces_whatever_is_there(thing: Thing) -> None:
    first, second, third, *_ = thing.bodies
    assert (
        await thing.write(first, **{"If-Match": f'"other", W/"x", {await thing.tag()}'})
    ).status_code == 200
    again = await thing.write(second, **{"If-Match": "*"})
    assert again.status_code == 200
    # The answer's tag is that of the next write: nobody has to read in between.
    assert (await thing.write(third, **{"If-Match": again.headers["etag"]})).status_code == 200


async def test_of_twenty_at_once_exactly_one_wins(thing: Thing) -> None:
    held = await thing.tag()
    answers = await asyncio.gather(*(thing.write(body, **{"If-Match": held}) for body in thing.bodies))
    assert len(answers) == AT_ONCE
    (won,) = (each for each in answers if each.status_code == 200)
    for each in answers:
        if each is not won:
            refused(each, 412, "precondition.failed")
    assert await thing.tag() == won.headers["etag"]
    assert (await thing.person.get(thing.path)).json() == won.json()


async def test_who_may_not_replace_it_learns_nothing_of_tags(dawn: Clinic) -> None:
    site = await home(dawn)
    lin, _ = await dawn.lin()
    for what in ("on-call", "escalation-policy", "drill-schedule", "holidays"):
        answer = await lin.call("PUT", f"/v1/sites/{site.id}/{what}", {}, headers={"If-Match": '"other"'})
        refused(answer, 401, "token.refused")
