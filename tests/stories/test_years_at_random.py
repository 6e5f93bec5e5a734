"""Weeks of a year in which anything happens at any time: what must hold of reminders holds after every step."""

import asyncio

import pytest

from tests.support.clinic import Clinic
from tests.support.random_year import RandomYear
from tests.support.soak import a_seed, rounds

PATIENCE_SECONDS = 120
"""Machine time for one story; one takes about a second."""


@pytest.mark.soak
@pytest.mark.parametrize("number", range(rounds()))
async def test_whatever_happens_in_a_year_its_reminders_keep_to_the_rules(
    clinic: Clinic, number: int
) -> None:
    seed = a_seed()
    story = RandomYear(clinic, seed)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await story.live()
    finally:
        print(f"year {number}, seed {seed}:", *story.said, sep="\n  ")  # noqa: T201 - what to repeat a failure with
