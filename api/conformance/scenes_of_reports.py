"""Scenes of reports on a bad road: nothing is dropped, nothing is doubled, nobody is told what is not so."""

from api.conformance.sent import Json, is_submission
from api.conformance.stage import SHORT_PATIENCE_SECONDS, Scene, Stage
from api.conformance.tricks import astray, cut, fail, hang, lose, portal, too_large_for_another

MOST_A_MINUTE = 12
"""Requests that an app may send while the server fails."""

_HEADLINE, _TEXT = "Kit: go now.", "Kit: call the number."
_NOT_TOLD = "Kit: the clinic has NOT been told."
_ADVICE = {"headline": _HEADLINE, "text": _TEXT, "further": [], "emergencyNumber": "120"}
WHAT_TO_DO: Json = {
    "level": "emergency",
    "advice": _ADVICE,
    "page": {"status": "not-told", "text": _NOT_TOLD, "goNow": True},
}
"""Words that the app can have from nowhere else."""


def shows_what_to_do(shown: str) -> bool:
    """Say whether a screen has all of them."""
    return all(words in shown for words in (_HEADLINE, _TEXT, _NOT_TOLD))


def judge_sameness(stage: Stage) -> None:
    """Judge that all sendings are of one report, and the same."""
    sendings = stage.sendings()
    ids = {each.report_id for each in sendings}
    seen = {each.report_id.lower() for each in stage.state.reports}
    stage.judge(
        "report.one-id",
        len(ids) == 1 == len(seen) and ids == seen and len(sendings) > 1,
        f"{len(sendings)} sendings under {len(ids)} ids; she sees {len(seen)} reports",
    )
    contents = {repr(sorted(each.content.items())) for each in sendings}
    stage.judge(
        "report.same-body",
        len(contents) == 1 and len(sendings) > 1,
        f"{len(sendings)} sendings with {len(contents)} contents",
    )


async def the_answer_is_lost(stage: Stage) -> None:
    """Lose two answers after the server has stored the report, and cut one; start the app again in between."""
    await stage.enter()
    stage.road.play(is_submission, cut, times=1)
    stage.road.play(is_submission, lose, times=2)
    await stage.report()
    stage.judge(
        "advice.honest",
        not stage.last.clinic_knows and stage.last.standing == "waiting",
        f"after a lost answer the report is {stage.last.standing}, clinicKnows {stage.last.clinic_knows}",
    )
    await stage.tell("restart")
    stored = await stage.until_stored()
    answered = any(each.sent.status in {200, 201} for each in stage.sendings())
    stage.judge(
        "report.lost-answer",
        stored and answered,
        f"sent {len(stage.sendings())} times; the report is {stage.last.standing}",
    )
    judge_sameness(stage)


async def the_server_fails(stage: Stage) -> None:
    """Answer 500 to everything for ten minutes."""
    await stage.enter()
    stage.road.play(lambda _: True, fail(500, "internal", what_to_do=WHAT_TO_DO))
    await stage.report()
    _judge_a_failure(stage)
    most, longest = await _watch(stage, minutes=10)
    stage.judge("retry.backoff", most <= MOST_A_MINUTE, f"at most {most} requests in a minute")
    stage.judge("retry.persistent", longest <= 300, f"at most {longest:.0f} s without a try")
    waiting = len(stage.state.reports)
    stage.online()
    stored = await stage.until_stored(most=330)
    stage.judge(
        "report.server-fails", stored and waiting == 1, f"afterwards the report is {stage.last.standing}"
    )


def _judge_a_failure(stage: Stage) -> None:
    shown, ids = f"{stage.last.shown}\n{stage.state.problem}", _request_ids(stage)
    stage.judge(
        "problem.what-to-do", shows_what_to_do(stage.last.shown), "a 500 with `whatToDo` was answered"
    )
    stage.judge(
        "problem.request-id",
        any(each in shown for each in ids),
        f"{len(ids)} request ids, none or one of them shown",
    )
    stage.judge(
        "advice.honest", not stage.last.clinic_knows, f"after a 500 clinicKnows is {stage.last.clinic_knows}"
    )


def _request_ids(stage: Stage) -> list[str]:
    return [each.request_id for each in stage.road.sent if each.request_id]


async def _watch(stage: Stage, minutes: int) -> tuple[int, float]:
    """Return the most requests in a minute, and the longest time without a report being sent, in seconds."""
    busiest, idle, longest = 0, 0.0, 0.0
    for _ in range(minutes):
        began = stage.mark()
        for _ in range(6):
            before = stage.mark()
            await stage.let_pass(10)
            idle = 0.0 if stage.sendings(before) else idle + 10
            longest = max(longest, idle)
        busiest = max(busiest, stage.mark() - began)
        if busiest > MOST_A_MINUTE:
            break
    return busiest, longest


async def the_server_asks_for_patience(stage: Stage) -> None:
    """Answer 503, then 429, with a Retry-After of two minutes."""
    await stage.enter()
    for status, code in ((429, "report.too-many"), (503, "database.unavailable")):
        play = fail(status, code, retry_after=120, what_to_do=WHAT_TO_DO)
        stage.road.play(is_submission, play, times=1)
    await stage.report()
    stage.judge(
        "problem.what-to-do", shows_what_to_do(stage.last.shown), "a 503 with `whatToDo` was answered"
    )
    for _ in range(2):
        began = stage.mark()
        await stage.tell("open")
        await stage.let_pass(100)
        early, began, late = len(stage.sendings(began)), stage.mark(), 0.0
        while not stage.sendings(began) and late < 80:
            await stage.let_pass(10)
            late += 10
        stage.judge(
            "retry.after",
            early == 0 and bool(stage.sendings(began)),
            f"{early} sendings within it; then none for {late:.0f} s"
            if late == 80
            else f"{early} sendings within it",
        )
    stage.judge(
        "report.server-fails", await stage.until_stored(), f"afterwards the report is {stage.last.standing}"
    )


async def the_answer_does_not_come(stage: Stage) -> None:
    """Let the request hang, and look at the screen meanwhile."""
    await stage.enter(patience=SHORT_PATIENCE_SECONDS)
    stage.road.play(is_submission, hang, times=1)
    headline, text = stage.advice("emergency")

    async def look() -> None:
        seen = await stage.look()
        shown = seen.reports[-1].shown if seen.reports else ""
        stage.judge(
            "advice.at-once", headline in shown and text in shown, "looked at while the request was under way"
        )
        knows = any(each.clinic_knows for each in seen.reports)
        stage.judge("advice.honest", not knows, f"meanwhile clinicKnows is {knows}")
        # Let the app lose its patience by itself.
        await stage.until_given_up()

    await stage.during(stage.report(), look, is_submission)
    stored = await stage.until_stored()
    stage.judge("report.hangs", stored, f"afterwards the report is {stage.last.standing}")


async def the_app_is_killed_while_it_sends(stage: Stage) -> None:
    """Kill the app while its request hangs: what it had not written is gone."""
    await stage.enter()
    stage.road.play(is_submission, hang, times=1)

    async def kill() -> None:
        await stage.tell("restart")

    await stage.during(stage.quietly(stage.report()), kill, is_submission)
    await stage.tell("state")
    stored = await stage.until_stored()
    stage.judge(
        "report.killed",
        stored,
        f"she sees {len(stage.state.reports)} reports, the last {stage.last.standing}",
    )
    judge_sameness(stage)


async def somebody_else_answers(stage: Stage) -> None:
    """Be a café's network: a redirect to another host, a login page with 200, a proxy's 413, at last the server."""
    await stage.enter()
    stage.road.play(is_submission, astray, times=1)
    stage.road.play(is_submission, portal, times=1)
    stage.road.play(is_submission, too_large_for_another, times=3)
    await stage.report()
    believed = stage.last.clinic_knows or stage.last.standing != "waiting"
    await stage.let_pass(300)
    stored = await stage.until_stored()
    real = any(each.sent.status in {200, 201} and not each.sent.astray for each in stage.sendings())
    stage.judge(
        "report.stranger",
        not believed and stored and real,
        f"believed a stranger: {believed}; then {stage.last.standing}",
    )
    followed = [each for each in stage.road.sent if each.astray]
    stage.judge("token.elsewhere", not followed, f"{len(followed)} requests went to the other host")


SCENES = (
    Scene(the_answer_is_lost, ("report.lost-answer", "report.one-id", "report.same-body", "advice.honest")),
    Scene(
        the_server_fails,
        (
            "report.server-fails",
            "retry.backoff",
            "retry.persistent",
            "problem.what-to-do",
            "problem.request-id",
            "advice.honest",
        ),
    ),
    Scene(the_server_asks_for_patience, ("retry.after", "problem.what-to-do", "report.server-fails")),
    Scene(the_answer_does_not_come, ("report.hangs", "advice.at-once", "advice.honest")),
    Scene(the_app_is_killed_while_it_sends, ("report.killed", "report.one-id", "report.same-body")),
    Scene(somebody_else_answers, ("report.stranger", "token.elsewhere")),
)
