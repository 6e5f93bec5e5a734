"""Tokens are renewed over a road that tears: an answer that was lost signs nobody out, and is no theft."""

import random
from collections import Counter
from urllib.parse import urlsplit

from tests.support.bad_road import bad_road
from tests.support.clinic import Clinic, Person
from tests.support.desk import trail
from tests.support.handing_in import tasks_of
from tests.support.phone import Phone
from tests.support.soak import a_seed, rounds

RENEWALS, MOST_TEARS, MOST_TRIES = 5, 25, 120


async def renew(phone: Phone) -> None:
    """Renew the tokens as a phone does: again and again, until it has heard."""
    before = phone.tokens["refreshToken"]
    while not await phone.rotate():
        assert phone.tries < MOST_TRIES, "it never heard"
    assert phone.tokens.get("refreshToken", before) != before, "it was signed out"


async def story(clinic: Clinic, seed: int) -> int:
    """Lin's phone renews its tokens over such a road; return how many answers were lost."""
    luck = random.Random(seed)  # noqa: S311 - a test's luck
    lin, _ = await clinic.lin()
    async with bad_road(urlsplit(clinic.demo.api_url).port or 0, luck, MOST_TEARS) as (road, url):
        phone = Phone(url, lin.device_id, lin.tokens)
        for _ in range(RENEWALS):
            await renew(phone)
    assert (await Person(clinic, lin.device_id, phone.tokens).get("/v1/me")).status_code == 200
    told = Counter(line["action"] for line in await trail(clinic, lin))
    assert (told["token.rotate"], told["token.reuse"]) == (RENEWALS, 0)
    assert await tasks_of(clinic, lin) == []
    return sum(each.tear == "down" for each in road.journeys)


async def test_renewals_whose_answers_are_lost_sign_nobody_out(clinic: Clinic) -> None:
    first, count = a_seed(), rounds(6)
    print(f"SOAK_SEED={first}")  # noqa: T201 - how to see it again
    lost = [await story(clinic, first + number) for number in range(count)]
    assert sum(lost) > 0, "no answer was lost: this has tested nothing"
