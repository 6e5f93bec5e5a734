"""Drills at the site of the cast, call by call, and what is seen of them afterwards."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from domain import staffing
from domain.decision import SYSTEM
from domain.records.rows import transaction
from domain.records.write import write
from tests.support.clinic import Clinic, Person
from tests.support.sites import home

Json = Any

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def start(clinic: Clinic, person: Person) -> Json:
    """Start a drill, and let its pages go out."""
    answer = await person.post(f"/v1/sites/{(await home(clinic)).id}/drills")
    assert answer.status_code == 201, answer.text
    await clinic.settle()
    return answer.json()


async def read(person: Person, drill: Json) -> Json:
    """A drill as it stands."""
    answer = await person.get(f"/v1/sites/{drill['siteId']}/drills/{drill['drillId']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def known(clinic: Clinic, person: Person) -> list[Json]:
    """Every drill of the site, newest first."""
    page: Json = (await person.get(f"/v1/sites/{(await home(clinic)).id}/drills")).json()
    return list(page["drills"])


async def take_drill(person: Person, drill: Json) -> None:
    """Acknowledge the alert of a drill, and let the worker see it."""
    answer = await person.post(f"/v1/alerts/{drill['alertId']}/acknowledgements")
    assert answer.status_code == 201, answer.text
    await person.clinic.settle()


async def weekly_at_ten(clinic: Clinic, person: Person) -> Json:
    """Let a drill run every week at ten."""
    answer = await plan(clinic, person, {"every": "P7D", "at": "10:00"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def plan(clinic: Clinic, person: Person, body: Json, etag: str = "") -> httpx.Response:
    """Replace the schedule of drills that she has just read, or the one of another tag."""
    path = f"/v1/sites/{(await home(clinic)).id}/drill-schedule"
    held = etag or (await person.get(path)).headers["etag"]
    return await person.call("PUT", path, body, headers={"If-Match": held})


async def site_of(person: Person) -> Json:
    """The site of the cast as its staff see it."""
    return (await person.get("/v1/sites")).json()["sites"][0]


async def health(clinic: Clinic) -> tuple[int, int]:
    """The status of the safety answer, and how many sites it counts as not safe."""
    answer = await clinic.http.get("/health/safety")
    return answer.status_code, answer.json()["sitesNotSafe"]


async def move_to(clinic: Clinic, hour: int, minute: int = 0) -> None:
    """Let time pass until the site's clock next shows this time."""
    here = clinic.trial.now().astimezone(SHANGHAI)
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    ahead = then - here if then > here else then + timedelta(days=1) - here
    await clinic.advance(seconds=ahead.total_seconds())


async def relieve_bob(clinic: Clinic, name: str, hours: float) -> None:
    """Put somebody on call in the first tier so many hours after this one began."""
    site, ahead = await home(clinic), timedelta(hours=hours)
    begins = clinic.trial.now().replace(minute=0, second=0, microsecond=0) + ahead
    async with transaction(clinic.trial.pool) as connection:
        staff_id = await connection.fetchval("select id from staff where name = $1", name)
        period = (begins, begins + timedelta(hours=12))
        await write(connection, staffing.put_on_call(site, staff_id, 1, period, clinic.trial.context(SYSTEM)))
