"""How the kit proves itself: an app that is broken in one place is caught, at the promise that it breaks."""

from collections.abc import Callable

import pytest

import tests.support.broken_screens
import tests.support.broken_sessions  # noqa: F401 - as above
from api.conformance.playing import SCENES, play_scene
from api.conformance.promises import PROMISES
from api.conformance.stage import Standing
from tests.conformance.conftest import Opened
from tests.support.broken_apps import BREAKS, Break


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: each.apply.__name__.replace("_", " "))
async def test_the_kit_catches(
    broken: Break, stage: Callable[[], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = next(each for each in SCENES if each.play is broken.scene)
    broken.apply(monkeypatch)
    async with stage() as playing:
        verdicts = await play_scene(playing, scene)
    said = {each.promise: each.standing for each in verdicts if each.standing is Standing.BROKEN}
    assert broken.promise in said, verdicts


def test_every_promise_is_broken_by_somebody() -> None:
    assert {each.promise for each in BREAKS} == {each.id for each in PROMISES}
