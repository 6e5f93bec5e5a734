"""No sequence of requests by one participant reads a byte of another's; and no site reads another site's.

Everybody's texts, numbers and names are marked. Everybody knows everybody's ids, cursors, tags and secrets, and
sends them wherever the contract takes one. What anybody is answered has no mark of another in it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.clinic import open_clinic
from tests.support.database import fresh_database
from tests.support.desk import second_phone
from tests.support.marks import UUIDS, Actor, Luck, Town
from tests.support.soak import rounds

ENDLESS = "streamAlert"
"""Answers for as long as anybody listens; tests/api/test_wall.py looks at what it says to whom."""

MOST_TURNS = 60
"""After 30 turns the numbers come again, for they are taken by 2, 3 and 5: what is not done by then is closed."""

ANYBODY = st.integers(0, 10**6)
STEPS = st.lists(st.tuples(ANYBODY, ANYBODY, st.lists(ANYBODY, max_size=12)), min_size=10, max_size=40)


@pytest.fixture(scope="module")
async def town(cluster_url: str, seeded_template: str) -> AsyncIterator[Town]:
    async with (
        fresh_database(cluster_url, template=seeded_template) as url,
        open_clinic(url) as clinic,
    ):
        town = Town(clinic)
        await town.open()
        yield town


class Walk:
    """What was asked and answered, and who was told of whom."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.done: Counter[str] = Counter()

    async def step(self, actor: Actor, place: int, luck: Luck) -> None:
        known = list(self.town.operations(actor, ENDLESS))
        method, path, described = known[place % len(known)]
        request = self.town.request(actor, method, path, described, luck)
        answer = await self.town.clinic.http.send(request)
        assert answer.status_code not in {500, 502}, answer.text
        assert not self.leaks(actor, request, answer), (actor.name, method, str(request.url), answer.text)
        self.town.learn(request, answer)
        if answer.is_success:
            self.done[described["operationId"]] += 1
        if answer.status_code == 401 and actor.family:
            await self.sign_in_again(actor)

    def leaks(self, actor: Actor, request: httpx.Request, answer: httpx.Response) -> list[str]:
        """Return whose marks an answer has in it; what she has sent herself tells her nothing."""
        sent = f"{request.url}{request.content.decode()}"
        seen = f"{answer.text}{dict(answer.headers)}"
        ids = set(UUIDS.findall(seen))
        return [
            f"{mark} of {whose}"
            for whose, marks in self.town.hidden_from(actor).items()
            for mark in (
                *(marks & ids),
                *(each for each in marks if not UUIDS.fullmatch(each) and each in seen),
            )
            if mark not in sent
        ]

    async def sign_in_again(self, actor: Actor) -> None:
        """She has just ended her own session; go on with a new one."""
        desk = next(each for each in self.town.actors if not each.family and each.site == actor.site)
        role = actor.name.partition(" ")[0]
        actor.person = await second_phone(desk.person, actor.person, role)


def possible(town: Town) -> set[str]:
    """Whatever somebody may call."""
    return {
        described["operationId"]
        for actor in town.actors
        for _, _, described in town.operations(actor, ENDLESS)
    }


async def test_with_everybodys_ids_and_secrets_nobody_reads_what_is_anothers(town: Town) -> None:
    walk, turn = Walk(town), 0
    # What is drawn depends on how much has been shown by then: turns go on until everything was done by somebody.
    while turn < len(town.actors) or (turn < MOST_TURNS and possible(town) - set(walk.done)):
        for actor in town.actors:
            places = range(len(list(town.operations(actor, ENDLESS))))
            # Backwards every other time: what is made after it was read can be read by the next.
            for place in places if turn % 2 else reversed(places):
                await walk.step(actor, place, Luck(*[turn * 7 + place + extra for extra in range(12)]))
        turn += 1
    assert possible(town) - set(walk.done) == set(), "never done by anybody: the walk proves nothing of it"


async def test_no_sequence_of_requests_reads_a_byte_of_anothers(town: Town) -> None:
    loop, walk = asyncio.get_running_loop(), Walk(town)

    # What was done before stays done, so a shorter sequence would be another story: nothing is shrunk.
    @settings(
        max_examples=rounds(40),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS)
    def walked(steps: list[tuple[int, int, list[int]]]) -> None:
        for who, place, numbers in steps:
            actor = town.actors[who % len(town.actors)]
            asyncio.run_coroutine_threadsafe(walk.step(actor, place, Luck(*numbers)), loop).result()

    await asyncio.to_thread(walked)


async def test_a_mark_that_is_anothers_is_seen(town: Town) -> None:
    """What the two above look for is there to be found: each actor is shown her own."""
    walk = Walk(town)
    for actor in (each for each in town.actors if each.family):
        answer = await actor.person.get("/v1/me")
        others = [each for each in town.actors if each.family and each.family != actor.family]
        assert all(walk.leaks(other, answer.request, answer) for other in others)
        assert walk.leaks(actor, answer.request, answer) == []
