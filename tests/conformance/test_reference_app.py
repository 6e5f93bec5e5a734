"""The Python app keeps every promise; and the kit knows what it tried."""

from collections.abc import Callable

from api.conformance.playing import SCENES, play
from api.conformance.promises import PROMISES
from api.conformance.stage import Standing
from tests.conformance.conftest import Opened


async def test_the_python_app_keeps_every_promise(stage: Callable[[], Opened]) -> None:
    async with stage() as playing:
        found = await play(playing, seconds=600)
    assert {each.id: (each.scene, each.said) for each in found if each.standing is not Standing.KEPT} == {}
    assert [each.id for each in found] == [each.id for each in PROMISES]


def test_every_promise_has_a_scene_a_sentence_and_a_source() -> None:
    judged = {promise for scene in SCENES for promise in scene.promises}
    always = {"token.address", "rotation.never-old", "token.elsewhere"}
    assert judged | always == {each.id for each in PROMISES}
    assert [each.id for each in PROMISES if not each.sentence.endswith(".") or not each.source] == []
