"""A calendar's file over HTTP: taken as a whole or not at all, and twice as once."""

from datetime import timedelta

import pytest

from domain.people import Role, Site
from tests.support.clinic import Clinic, Person
from tests.support.on_call import HOUR, hired, imported, path_of
from tests.support.problems import pointers, refused
from tests.support.sites import hire, open_site


@pytest.fixture
async def site(dawn: Clinic, request: pytest.FixtureRequest) -> Site:
    """A site of this test's own."""
    return await open_site(dawn, f"Site of {request.node.name}")


@pytest.fixture
async def nurse(dawn: Clinic, site: Site) -> Person:
    return (await hire(dawn, f"N{site.id.hex[:12]}", Role.COORDINATOR, site)).person


def calendar(dawn: Clinic, site: Site, *names: str, rule: str = "RRULE:FREQ=DAILY;COUNT=3") -> bytes:
    """Nights of people one after the other."""
    begins = dawn.trial.now().replace(minute=0, second=0, microsecond=0)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:Nights"]
    for place, name in enumerate(names):
        starts = begins + timedelta(hours=8 * place)
        lines += [
            "BEGIN:VEVENT",
            f"UID:night-{place}",
            f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
            "DURATION:PT8H",
            rule,
            f"ATTENDEE:mailto:{name}{site.id.hex[:12]}@example.org",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


async def test_a_rota_imported_twice_is_the_same_rota(dawn: Clinic, nurse: Person, site: Site) -> None:
    for name in ("Una", "Vera"):
        await hired(dawn, nurse, site, name)
    content = calendar(dawn, site, "una", "vera")
    answer = await imported(nurse, site, content)
    assert (answer.status_code, answer.json()) == (200, {"added": 6, "removed": 0, "kept": 0})
    before = await dawn.everything()
    assert (await imported(nurse, site, content)).json() == {"added": 0, "removed": 0, "kept": 6}
    await dawn.demo.sandbox.clock.move_to(dawn.trial.now() + HOUR)
    assert (await imported(nurse, site, content)).json() == {"added": 0, "removed": 0, "kept": 6}
    assert await dawn.everything() == before
    assert (await imported(nurse, site, calendar(dawn, site, "una"))).json()["removed"] > 0
    assert {each["source"] for each in (await nurse.get(path_of(site))).json()["shifts"]} == {"calendar"}


async def test_a_calendar_that_names_a_stranger_is_not_imported_at_all(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    await hired(dawn, nurse, site, "Una")
    before = await dawn.everything()
    answer = await imported(nurse, site, calendar(dawn, site, "una", "nobody", rule="CLASS:PRIVATE"))
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == ["/night-1/staffId"]
    assert "nobody" not in answer.text.replace("is nobody of this site", "")
    assert await dawn.everything() == before


async def test_only_a_calendar_of_at_most_64_kib_is_read(nurse: Person, site: Site) -> None:
    refused(await imported(nurse, site, b"{}", "application/json"), 415, "body.media-type")
    refused(await imported(nurse, site, b"no calendar"), 400, "body.malformed")
    refused(await imported(nurse, site, b"x" * (64 * 1024 + 1)), 413, "body.too-large")
