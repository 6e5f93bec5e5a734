"""Scenes of tokens: refused, lost, ended; and of the clocks of phones."""

from datetime import datetime

from api.conformance.road import When
from api.conformance.sent import Sent, is_rotation
from api.conformance.stage import QUIET, SHORT_PATIENCE_SECONDS, Scene, Stage
from api.conformance.tricks import dawdle, fail, hang, lose

_REFUSED = fail(401, "token.refused")


def bearing(*names: str) -> When:
    """Fit a request with one of these tokens."""
    return lambda sent: sent.bearer in names


def pair(stage: Stage) -> int:
    """Return the number of the newest tokens that were issued."""
    return max((number_of(each) for each in stage.road.names.values()), default=0)


def number_of(name: str) -> int:
    """Return the number in a token's name; 0 where it has none."""
    number = name.rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


def is_activation(sent: Sent) -> bool:
    """Fit the redeeming of a code."""
    return sent.path == "/v1/activations"


def rotations(stage: Stage, since: int = 0) -> list[Sent]:
    """Return every rotation that the app asked for."""
    return [each for each in stage.road.sent[since:] if is_rotation(each)]


def refresh_name(stage: Stage, sent: Sent) -> str:
    """Return which refresh token a rotation was asked with."""
    return stage.road.names.get(str(sent.json.get("refreshToken", "")), "an unknown token")


async def a_code_whose_answer_is_lost(stage: Stage) -> None:
    """Lose the answer to a code twice, start the app again in between, and let her type it again."""
    await stage.install()
    stage.road.play(is_activation, lose, times=2)
    for _ in range(2):
        await stage.tell("activate", code=stage.her.caregiver_code)
        if not stage.state.signed_in:
            await stage.tell("restart")
            await stage.let_pass(30)
    if not stage.state.signed_in:
        await stage.tell("activate", code=stage.her.caregiver_code)
    devices = {str(each.json.get("deviceId")) for each in stage.road.sent if is_activation(each)}
    stage.judge(
        "activation.lost-answer",
        stage.state.signed_in and len(devices) == 1,
        f"{len(devices)} device ids; signed in: {stage.state.signed_in}",
    )


async def a_token_is_refused_in_the_middle(stage: Stage) -> None:
    """Refuse the access token when two reports wait; several requests find it so at once, and rotation is slow."""
    await stage.enter()
    stage.offline()
    for _ in range(2):
        await stage.report(QUIET)
    stage.online()
    stage.road.play(bearing(f"access {pair(stage)}"), _REFUSED)
    stage.road.play(is_rotation, dawdle)
    began = stage.mark()
    await stage.tell("open")
    stored, asked = await stage.until_stored(), rotations(stage, began)
    stage.judge(
        "report.refused-token",
        stored and len(stage.state.reports) == 2,
        f"the last report is {stage.last.standing}",
    )
    stage.judge(
        "rotation.one-at-a-time",
        len(asked) == 1 and stage.road.most_at_once == 1 and stage.state.signed_in,
        f"{len(asked)} rotations, {stage.road.most_at_once} at once; signed in: {stage.state.signed_in}",
    )


async def the_session_has_ended(stage: Stage) -> None:
    """Refuse access and refresh token while a report waits: only the submission token is left."""
    await stage.enter()
    stage.offline()
    await stage.report()
    stage.online()
    stage.road.play(bearing(f"access {pair(stage)}"), _REFUSED)
    stage.road.play(is_rotation, _REFUSED)
    began = stage.mark()
    await stage.tell("open")
    stored = await stage.until_stored()
    by = {each.sent.bearer for each in stage.sendings(began) if each.sent.status in {200, 201}}
    stage.judge(
        "report.submission-token",
        stored and all(each.startswith("submission") for each in by) and bool(by),
        f"the report is {stage.last.standing}, handed in by {', '.join(by) or 'nothing'}",
    )
    judge_no_alarm(stage, "the refresh token was refused")


def judge_no_alarm(stage: Stage, why: str) -> None:
    """Judge that she is signed out, and nothing rings any more."""
    left = len(stage.state.alarms)
    stage.judge(
        "alarms.taken-back", left == 0 and not stage.state.signed_in, f"{left} alarms are set after {why}"
    )


async def a_rotation_whose_answer_is_lost(stage: Stage) -> None:
    """Lose the answer to a rotation."""
    await stage.enter()
    stage.road.play(bearing(f"access {pair(stage)}"), _REFUSED)
    stage.road.play(is_rotation, lose, times=1)
    began = stage.mark()
    await stage.tell("open")
    await stage.let_pass(50)
    asked = rotations(stage, began)
    same = {(each.json.get("refreshToken"), each.json.get("deviceId")) for each in asked}
    stage.judge(
        "rotation.lost-answer",
        len(asked) > 1 and len(same) == 1 and stage.state.signed_in,
        f"asked {len(asked)} times within 50 s, with {len(same)} pairs of token and device",
    )


async def the_server_fails_to_rotate(stage: Stage) -> None:
    """Answer 500, 503 and nothing at all to a rotation; then serve."""
    await stage.enter(patience=SHORT_PATIENCE_SECONDS)
    stage.road.play(bearing(f"access {pair(stage)}"), _REFUSED)
    stage.road.play(is_rotation, hang, times=1)
    stage.road.play(is_rotation, fail(503, "database.unavailable", retry_after=5), times=1)
    stage.road.play(is_rotation, fail(500, "internal"), times=1)
    for _ in range(4):
        await stage.tell("open")
        await stage.let_pass(60)
    rotated = any(each.status == 201 for each in rotations(stage))
    stage.judge(
        "session.not-for-trouble",
        stage.state.signed_in and rotated,
        f"signed in: {stage.state.signed_in}; rotated in the end: {rotated}",
    )


async def the_app_is_killed_after_a_rotation(stage: Stage) -> None:
    """Kill the app when it has just used its new tokens, and have it rotate again."""
    await stage.enter()
    began, first = stage.mark(), pair(stage)
    fresh = bearing(f"access {first + 1}")
    stage.road.play(bearing(f"access {first}"), _REFUSED)
    stage.road.play(fresh, hang, times=1)

    async def kill() -> None:
        stage.road.play(fresh, _REFUSED)
        await stage.tell("restart")

    await stage.during(stage.quietly(stage.tell("open")), kill, fresh)
    await stage.tell("open")
    used = [refresh_name(stage, each) for each in rotations(stage, began)]
    wanted = [f"refresh {first}", f"refresh {first + 1}"]
    stage.judge("rotation.kept-first", used == wanted, f"rotated with {', '.join(used)}")


async def she_signs_out(stage: Stage) -> None:
    """Let her sign out without a network while a report waits; then the network is back."""
    await stage.enter()
    stage.offline()
    await stage.report()
    await stage.tell("signOut")
    judge_no_alarm(stage, "signing out")
    stage.online()
    await stage.tell("open")
    stored = await stage.until_stored()
    stage.judge("report.sign-out", stored, f"the report is {stage.last.standing}")
    told = any(each.path == "/v1/tokens/current" and each.status in {204, 401} for each in stage.road.sent)
    stage.judge("session.signed-out", told, f"`DELETE /v1/tokens/current` was answered: {told}")


async def the_participation_ends(stage: Stage) -> None:
    """Have the site record a withdrawal while a report waits."""
    await stage.enter()
    stage.offline()
    await stage.report()
    stage.online()
    await stage.world.end(stage.her.participant_id)
    await stage.tell("open")
    stored = await stage.until_stored()
    stage.judge("report.ended", stored, f"the report is {stage.last.standing}")
    judge_no_alarm(stage, "the end of the participation")


async def the_clock_is_wrong(stage: Stage) -> None:
    """Set the phone's clock three hours ahead, then three hours behind."""
    for hours in (3, -3):
        await stage.enter(offset=hours * 3600.0)
        finished = stage.wall()
        await stage.report(QUIET)
        for _ in range(3):
            await stage.tell("open")
            await stage.let_pass(20)
        asked, fine = len(rotations(stage)), stage.state.signed_in and stage.all_stored
        stage.judge(
            "clock.wrong",
            asked <= 2 and fine,
            f"{hours:+} h: {asked} rotations in a minute; the report is {stage.last.standing}",
        )
        judge_times(stage, finished.timestamp(), 0)


def judge_times(stage: Stage, finished: float, passed: float) -> None:
    """Judge what the sendings say of when she finished: `finished` by the phone's clock, `passed` seconds ago."""
    wrong = []
    for each in stage.sendings():
        at = datetime.fromisoformat(str(each.body.get("deviceTime", "0001-01-01T00:00:00+00:00")))
        wrong += ["deviceTime"] if abs(at.timestamp() - finished) > 5 else []
    age = stage.sendings()[-1].body.get("ageSeconds") if stage.sendings() else None
    wrong += ["ageSeconds"] if age is not None and abs(float(age) - passed) > 5 else []
    stage.judge(
        "clock.age",
        not wrong and bool(stage.sendings()),
        f"wrong: {', '.join(wrong) or 'nothing'}; ageSeconds {'is sent' if age is not None else 'is left out'}",
    )


async def an_hour_without_a_network(stage: Stage) -> None:
    """Let an hour pass between finishing and sending."""
    await stage.enter()
    stage.offline()
    finished = stage.wall()
    await stage.report()
    await stage.let_pass(3600, step=600)
    stage.online()
    await stage.tell("open")
    await stage.until_stored()
    last = stage.sendings()[-1:]
    stage.judge(
        "report.hangs", bool(last) and stage.all_stored, f"after an hour the report is {stage.last.standing}"
    )
    judge_times(stage, finished.timestamp(), stage.passed)


SCENES = (
    Scene(a_code_whose_answer_is_lost, ("activation.lost-answer",)),
    Scene(a_token_is_refused_in_the_middle, ("report.refused-token", "rotation.one-at-a-time")),
    Scene(the_session_has_ended, ("report.submission-token", "alarms.taken-back")),
    Scene(a_rotation_whose_answer_is_lost, ("rotation.lost-answer",)),
    Scene(the_server_fails_to_rotate, ("session.not-for-trouble",)),
    Scene(the_app_is_killed_after_a_rotation, ("rotation.kept-first",)),
    Scene(she_signs_out, ("report.sign-out", "session.signed-out", "alarms.taken-back")),
    Scene(the_participation_ends, ("report.ended", "alarms.taken-back")),
    Scene(the_clock_is_wrong, ("clock.wrong", "clock.age")),
    Scene(an_hour_without_a_network, ("clock.age", "report.hangs")),
)
