"""A number's last text of a day, wanted by several pages at once (trial.md §4)."""

import asyncio

from notifications import worker
from tests.support.clinic import Clinic
from tests.support.watch import EMERGENCY, reporters


async def test_pages_that_want_a_numbers_last_text_at_once_get_one_and_the_others_ring_the_next_person(
    clinic: Clinic,
) -> None:
    for person in await reporters(clinic, 3):
        await person.report(EMERGENCY)
        await clinic.settle()
    assert clinic.rung() == {"Bob": 3}
    for person in await reporters(clinic, 4):
        await person.report(EMERGENCY)
    both = clinic.demo.sandbox.worker
    await asyncio.gather(worker.drain(both), worker.drain(both))
    await clinic.settle()
    assert clinic.rung() == {"Bob": 4, "Dana": 3}
