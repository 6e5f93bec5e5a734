"""`nightbell conformance` as an app's developer meets it."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api import conformance_command
from api.conformance.playing import Played, outcomes, play, play_scene
from api.conformance.promises import table
from api.conformance.stage import Scene, Stage, Standing, Verdict
from domain.refusals import SettingsRefused
from openapi.clients.python.driver import driving
from openapi.clients.python.outbox import Outbox
from tests.conformance.conftest import Opened
from tests.support.broken_apps import a_report_is_dropped_at_500
from tests.support.database import scratch_directory

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def chosen(url: str, *only: str, as_json: bool = False) -> argparse.Namespace:
    return argparse.Namespace(client_url=url, only=[*only], json=as_json)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A working directory of its own: the command keeps its sandbox in `.data` there."""
    with scratch_directory() as directory:
        monkeypatch.chdir(directory)
        yield directory


async def test_a_developer_reads_what_was_seen_of_a_broken_promise(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_report_is_dropped_at_500(monkeypatch)
    async with driving(elsewhere / "app") as url:
        code = await conformance_command.run(chosen(url, "report.server-fails", as_json=True))
    (said,) = json.loads(capsys.readouterr().out)["promises"]
    assert (code, said["id"], said["standing"]) == (1, "report.server-fails", "broken")
    assert any(each.startswith("PUT /v1/me/reports/") and each.endswith("500") for each in said["requests"])
    assert os.listdir(elsewhere / ".data") == []  # noqa: PTH208 - a look that takes no time


async def test_a_kept_promise_is_one_line_and_exit_code_0(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with driving(elsewhere / "app") as url:
        code = await conformance_command.run(chosen(url, "reading.etag"))
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("✓ reading.etag ")
    assert lines[-1] == "1 kept, 0 broken, 0 not tried"


@pytest.mark.usefixtures("elsewhere")
async def test_nobody_is_played_to_where_no_driver_answers() -> None:
    with pytest.raises(SettingsRefused, match="No driver of an app answers"):
        await conformance_command.run(chosen("http://127.0.0.1:9"))


async def test_a_promise_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsRefused) as refused:
        await conformance_command.run(chosen("http://127.0.0.1:9", "report.once"))
    assert [each.pointer for each in refused.value.faults] == ["--only report.once"]


async def test_an_app_that_fails_in_a_scene_has_broken_what_the_scene_judges(
    stage: Callable[[], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Outbox, "_take", take)
    async with stage() as playing:
        found = await play(playing, ("report.form-version",))
    assert [(each.standing, "driver answered 500" in each.said) for each in found] == [
        (Standing.BROKEN, True)
    ]


async def test_what_a_driver_does_not_know_is_not_tried(stage: Callable[[], Opened]) -> None:
    async def asks_for_more(playing: Stage) -> None:
        await playing.tell("dance")

    async with stage() as playing:
        verdicts = await play_scene(playing, Scene(asks_for_more, ("retry.after",)))
    assert [(each.standing, each.said) for each in verdicts] == [
        (Standing.NOT_TRIED, "the driver does not know `dance`")
    ]


def test_what_was_broken_once_is_broken() -> None:
    kept, broken = (
        Verdict(promise="retry.after", standing=each, said=each) for each in (Standing.KEPT, Standing.BROKEN)
    )
    played = [Played("one", (kept,)), Played("two", (broken, kept))]
    (said,) = outcomes(played, {"retry.after"})
    assert (said.standing, said.scene) == (Standing.BROKEN, "two")


def test_the_page_has_the_table_of_the_promises() -> None:
    assert table() in PAGE.read_text(), (
        "run `python -m api.conformance.promises` and put its table into the page"
    )


async def test_no_token_code_or_answer_is_in_the_report_of_a_run(stage: Callable[[], Opened]) -> None:
    async with stage() as playing:
        found = await play(playing, ("report.sign-out", "activation.lost-answer"))
        secrets = [*playing.road.names, playing.her.caregiver_code, "cannot-be-woken"]
        shown = repr(playing.verdicts) + conformance_command.as_json(found)
    assert [each for each in secrets if each in shown] == []
