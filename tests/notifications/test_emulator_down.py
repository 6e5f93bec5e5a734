"""A provider that is down says so to everything: to a text, to a search, to the question what became of one."""

import pytest

from notifications.emulator import Fault, FaultKind
from notifications.gateway import Accepted, LookupFailedError, Unknown
from tests.notifications.provider import BOB, DANA, NOW, provider, text


async def test_a_provider_that_is_down_takes_nothing_and_answers_nothing() -> None:
    async with provider() as desk:
        before = await desk.gateway.send(text())
        assert isinstance(before, Accepted)
        await desk.emulator.idle()
        desk.emulator.script(Fault(kind=FaultKind.DOWN))
        assert await desk.gateway.send(text()) == Unknown("HTTP 503")
        with pytest.raises(LookupFailedError):
            await desk.gateway.find(text(), NOW)
        with pytest.raises(LookupFailedError):
            await desk.gateway.status(text(), before.provider_id)
        assert len(desk.emulator.messages) == 1
        desk.emulator.script()
        assert await desk.gateway.find(text(), NOW) == before
        assert await desk.gateway.status(text(), before.provider_id) is not None


async def test_it_can_be_down_for_one_number_and_so_many_texts() -> None:
    async with provider() as desk:
        desk.emulator.script(Fault(kind=FaultKind.DOWN, number=BOB, times=1))
        assert await desk.gateway.find(text(DANA), NOW) is None
        outcomes = [await desk.gateway.send(text(to)) for to in (DANA, BOB, BOB)]
        assert await desk.gateway.find(text(), NOW) == outcomes[2]
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True, False, True]
