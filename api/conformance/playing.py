"""A whole run: every scene in turn, and what is to be said of each promise in the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

import aiohttp
from msgspec import Struct

from api.conformance import (
    scenes_of_next_year,
    scenes_of_queues,
    scenes_of_reminders,
    scenes_of_reports,
    scenes_of_screens,
    scenes_of_sessions,
)
from api.conformance.driven import PATIENCE_SECONDS, Driven, DriverFailedError, NotDrivenError
from api.conformance.promises import PROMISES
from api.conformance.road import Road
from api.conformance.scenes_of_sessions import number_of, refresh_name, rotations
from api.conformance.stage import Scene, Stage, Standing, Verdict
from api.conformance.world import SandboxFailedError, World, connections

SCENES: tuple[Scene, ...] = (
    *scenes_of_reports.SCENES,
    *scenes_of_queues.SCENES,
    *scenes_of_sessions.SCENES,
    *scenes_of_screens.SCENES,
    *scenes_of_reminders.SCENES,
    *scenes_of_next_year.SCENES,
)

ALWAYS = ("token.address", "rotation.never-old", "token.elsewhere")
"""Judged of every scene."""

RUN_SECONDS = 110.0
"""A run ends by then; what was not played is not tried."""


class Outcome(Struct, frozen=True, kw_only=True):
    """How one promise stands, and the verdict that decides: the first that says broken, else the last."""

    id: str
    sentence: str
    source: str
    standing: Standing
    scene: str
    said: str
    requests: tuple[str, ...] = ()


class Played(Struct, frozen=True):
    """One scene, and what it says."""

    scene: str
    verdicts: tuple[Verdict, ...]


@contextlib.asynccontextmanager
async def theatre(client_url: str, world: World) -> AsyncIterator[Stage]:
    """Open the road between an app and the sandbox of a world."""
    async with (
        Road(world.api_url).open() as road,
        connections(PATIENCE_SECONDS) as http,
    ):
        yield Stage(Driven(client_url, http), road, world)


async def play(
    stage: Stage,
    only: Iterable[str] = (),
    tell: Callable[[str], None] = lambda _: None,
    seconds: float = RUN_SECONDS,
) -> tuple[Outcome, ...]:
    """Play the scenes that judge these promises, all of them if none is named; `tell` hears of each."""
    wanted = set(only)
    played: list[Played] = []
    now = asyncio.get_running_loop().time
    until = now() + seconds
    for scene in SCENES:
        if not wanted or wanted & {*scene.promises, *ALWAYS}:
            late = _unplayed(scene, "the run had no time left")
            verdicts = await play_scene(stage, scene) if now() < until else tuple(late)
            played.append(Played(scene.name, verdicts))
            tell(scene.name)
    return outcomes(played, wanted)


async def play_scene(stage: Stage, scene: Scene) -> tuple[Verdict, ...]:
    """Play one scene; what it could not judge because the app failed in it is broken."""
    stage.verdicts = []
    try:
        await scene.play(stage)
    except NotDrivenError as unknown:
        stage.verdicts += _unplayed(scene, f"the driver does not know `{unknown}`")
    except DriverFailedError as failure:
        for promise in _unjudged(stage, scene):
            stage.judge(promise, fact=False, said=str(failure))
    except (SandboxFailedError, aiohttp.ClientError) as failure:
        stage.verdicts += _unplayed(scene, f"the sandbox itself failed: {failure}")
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        # An app may send anything, and the other scenes go on.
        stage.verdicts += _unplayed(scene, f"the kit cannot read what the app sent: {type(failure).__name__}")
    finally:
        stage.road.end()
    _judge_always(stage)
    return tuple(stage.verdicts)


def _unjudged(stage: Stage, scene: Scene) -> list[str]:
    judged = {each.promise for each in stage.verdicts}
    return [each for each in scene.promises if each not in judged]


def _unplayed(scene: Scene, why: str) -> list[Verdict]:
    return [Verdict(promise=each, standing=Standing.NOT_TRIED, said=why) for each in scene.promises]


def _judge_always(stage: Stage) -> None:
    if not stage.road.sent:
        return
    secrets = [*stage.road.names, stage.her.caregiver_code]
    told = [
        each
        for each in stage.road.sent
        if each.has_query_secrets or any(secret in f"{each.path}?{each.query}" for secret in secrets)
    ]
    stage.judge("token.address", not told, f"{len(told)} of {len(stage.road.sent)} addresses held a secret")
    went_back = _goes_back(stage)
    stage.judge(
        "rotation.never-old", not went_back, went_back or "no refresh token was used after its successor"
    )
    followed = [each for each in stage.road.sent if each.astray]
    stage.judge("token.elsewhere", not followed, f"{len(followed)} requests went to another host")


def _goes_back(stage: Stage) -> str:
    """Return what shows that an older refresh token was used after its successor, or nothing."""
    newest = 0
    asked = {id(each): refresh_name(stage, each) for each in rotations(stage)}
    for sent in stage.road.sent:
        number = (
            number_of(sent.bearer) if sent.bearer.startswith("access") else number_of(asked.get(id(sent), ""))
        )
        if id(sent) in asked and number < newest:
            return f"{asked[id(sent)]} was used after pair {newest}"
        newest = max(newest, number)
    return ""


def outcomes(played: Iterable[Played], wanted: set[str]) -> tuple[Outcome, ...]:
    """Return how each promise stands after these scenes."""
    said = [(each.scene, verdict) for each in played for verdict in each.verdicts]
    found = []
    for promise in PROMISES:
        mine = [(scene, verdict) for scene, verdict in said if verdict.promise == promise.id]
        if wanted and promise.id not in wanted:
            continue
        scene, verdict = _deciding(mine)
        found.append(
            Outcome(
                id=promise.id,
                sentence=promise.sentence,
                source=promise.source,
                standing=verdict.standing,
                scene=scene,
                said=verdict.said,
                requests=verdict.requests if verdict.standing is Standing.BROKEN else (),
            )
        )
    return tuple(found)


_UNPLAYED = ("", Verdict(promise="", standing=Standing.NOT_TRIED, said="no scene was played"))


def _deciding(mine: list[tuple[str, Verdict]]) -> tuple[str, Verdict]:
    for standing in (Standing.BROKEN, Standing.KEPT, Standing.NOT_TRIED):
        found = [each for each in mine if each[1].standing is standing]
        if found:
            return found[0]
    return _UNPLAYED
