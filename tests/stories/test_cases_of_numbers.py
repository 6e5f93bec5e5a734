"""Two people with one phone, a landline, a STOP that nobody saw (cases.md 15): the bell goes on, and the desk is told.

Whose a text from a shared phone is, and STOP from a phone of one's own: tests/stories/test_reply_stories.py.
"""

import pytest

from tests.support.clinic import Clinic, Person
from tests.support.on_call import path_of
from tests.support.phones import BOBS, give_phone, staff_id, texts_on
from tests.support.sites import home
from tests.support.watch import EMERGENCY, states


async def ring(clinic: Clinic) -> Person:
    """Somebody's caregiver reports an emergency, and whoever is first is rung."""
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    return caregiver


async def told_about(alice: Person) -> list[str]:
    """What the coverage tasks are about: people, and the rota as a whole."""
    tasks = (await alice.get("/v1/tasks")).json()["tasks"]
    return sorted(each["aboutId"] for each in tasks if each["kind"] == "coverage")


@pytest.mark.parametrize(
    ("kind", "code"), [("undelivered", 30006), ("refuse", 21614), ("undelivered", 30005)]
)
async def test_a_responder_with_a_landline_is_tried_once_and_the_desk_is_told_once(
    clinic: Clinic, kind: str, code: int
) -> None:
    alice = await clinic.staff("Alice")
    clinic.fault(kind, "Bob", code=code)
    await ring(clinic)
    assert clinic.rung() == {"Dana": 1}, "nobody waits for a landline"
    clinic.emulator.script()
    await ring(clinic)
    await clinic.advance(days=2)
    await ring(clinic)
    tried = [each for each in await states(clinic) if each[0] == "Bob"]
    assert tried == [("Bob", "failed", 1)], "it is never tried again"
    bob = str(await staff_id(clinic, "Bob"))
    assert (await told_about(alice)).count(bob) == 1
    findings = (await alice.get(path_of(await home(clinic), "coverage"))).json()["findings"]
    assert ("dead-number", "Bob") in {(each["kind"], each.get("staffName")) for each in findings}


async def test_stop_from_a_phone_that_two_share_silences_both_and_both_are_told_of(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    for name in ("Bob", "Dana"):
        await give_phone(clinic, name, BOBS)
    await ring(clinic)
    assert len(texts_on(clinic, BOBS)) == 1
    await clinic.emulator.reply(BOBS, "STOP")
    both = [str(await staff_id(clinic, name)) for name in ("Bob", "Dana")]
    told = await told_about(alice)
    assert [told.count(each) for each in both] == [1, 1]
    await clinic.advance(minutes=1)
    assert len(texts_on(clinic, BOBS)) == 1
    assert clinic.rung().get("Erin") == 1, "the bell goes on to somebody who hears it"
