"""Keeping a rota over HTTP, in hours from now."""

from datetime import datetime, timedelta

import httpx

from domain.people import Role, Site
from tests.support.clinic import Clinic, Json, Person
from tests.support.sites import hire

HOUR = timedelta(hours=1)


def path_of(site: Site, more: str = "on-call") -> str:
    return f"/v1/sites/{site.id}/{more}"


async def colleagues(person: Person, site: Site) -> dict[str, Json]:
    answer = await person.get(path_of(site, "staff"))
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["staff"]}


async def hired(dawn: Clinic, nurse: Person, site: Site, name: str, role: Role = Role.INVESTIGATOR) -> str:
    """Somebody else of the site; return her id."""
    full = f"{name}{site.id.hex[:12]}"
    await hire(dawn, full, role, site)
    return str((await colleagues(nurse, site))[full]["staffId"])


def row(dawn: Clinic, staff_id: str, begins: float, ends: float, tier: int = 1, **more: str) -> Json:
    now = dawn.trial.now()
    hours = {"startsAt": (now + begins * HOUR).isoformat(), "endsAt": (now + ends * HOUR).isoformat()}
    return {"staffId": staff_id, "tier": tier, **hours, **more}


async def put(person: Person, site: Site, *rows: Json, etag: str | None = None) -> httpx.Response:
    held = etag or (await person.get(path_of(site))).headers["etag"]
    return await person.call("PUT", path_of(site), {"shifts": rows}, headers={"If-Match": held})


def duty(answer: httpx.Response, dawn: Clinic) -> list[tuple[int, list[str], float, float]]:
    """Who is on call, in hours from now. The clock runs: what took a moment is left out."""
    assert answer.status_code in {200, 201}, answer.text
    now = dawn.trial.now()

    def hours(text: str) -> float:
        return round((datetime.fromisoformat(text) - now) / HOUR, 1)

    spans = [
        (each["tier"], each["staffIds"], hours(each["startsAt"]), hours(each["endsAt"]))
        for each in answer.json()["duty"]
    ]
    return [span for span in spans if span[2] < span[3]]


async def imported(
    person: Person, site: Site, content: bytes, media_type: str = "text/calendar"
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.tokens['accessToken']}", "Content-Type": media_type}
    return await person.clinic.http.post(path_of(site, "on-call/imports"), content=content, headers=headers)
