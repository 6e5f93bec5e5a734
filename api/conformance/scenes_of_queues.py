"""Scenes of several reports, and of those that the server will not take."""

from api.conformance.scenes_of_reports import WHAT_TO_DO
from api.conformance.sent import Sent, is_submission, sendings_of
from api.conformance.stage import EMERGENCY, QUIET, Scene, Stage
from api.conformance.tricks import bloat, fail, hinder, malform


async def one_of_three_fails(stage: Stage) -> None:
    """Hold three reports back, and fail on the first of them only."""
    await stage.enter()
    stage.offline()
    for answers in (EMERGENCY, QUIET, QUIET):
        await stage.report(answers)
    stage.online()
    first = stage.state.reports[0].report_id.lower()

    def is_first(sent: Sent) -> bool:
        return first in {each.report_id for each in sendings_of(sent)} and sent.method == "PUT"

    stage.road.play(is_first, fail(500, "internal", what_to_do=WHAT_TO_DO))
    await stage.tell("open")
    await stage.let_pass(300, step=30)
    stored = [each.standing == "stored" for each in stage.state.reports]
    batches = any(each.sent.method == "POST" for each in stage.sendings())
    fine = stored == [batches, True, True]
    stage.judge(
        "report.one-blocks-no-other", fine, f"{sum(stored)} of {len(stored)} are stored after five minutes"
    )
    stage.online()
    stage.judge("report.server-fails", await stage.until_stored(), "afterwards all three are waited for")


async def other_answers_came_first(stage: Stage) -> None:
    """Have the server hold other answers under the id: 409."""
    await stage.enter()
    stage.road.play(is_submission, hinder, times=1)
    await stage.report()
    await stage.let_pass(330, step=30)
    answered = [each for each in stage.sendings() if each.sent.status == 409]
    if not answered:
        stage.skip("report.conflict", "it was not sent again by PUT, so nothing was in conflict")
        return
    began = stage.mark()
    await stage.let_pass(600, step=30)
    again, ids = len(stage.sendings(began)), {each.report_id for each in stage.sendings()}
    stage.judge(
        "report.conflict",
        stage.last.standing == "stored" and again == 0 and len(ids) == 1,
        f"the report is {stage.last.standing}; sent {again} times after a 409, under {len(ids)} ids",
    )
    said = stage.road.documents[answered[-1].sent.path]["whatToDo"]["advice"]["headline"]
    stage.judge("problem.what-to-do", said in stage.last.shown, "a 409 with `whatToDo` was answered")


async def it_will_never_pass(stage: Stage) -> None:
    """Mangle every sending of one report, and bloat those of another, for an hour."""
    for trick, status in ((malform, 400), (bloat, 413)):
        await stage.enter()
        stage.road.play(is_submission, trick)
        await stage.report()
        await stage.let_pass(3600, step=300)
        answered = [each for each in stage.sendings() if each.sent.status == status]
        kept, told = len(stage.state.reports) == 1, stage.last.standing == "refused"
        stage.judge(
            "report.never-passes",
            0 < len(answered) <= 4 and kept and told,
            f"sent {len(answered)} times in an hour, each answered {status}; the report is {stage.last.standing}",
        )
        said = stage.road.documents[answered[-1].sent.path].get("whatToDo", {}) if answered else {}
        headline = said.get("advice", {}).get("headline", "")
        stage.judge(
            "problem.what-to-do",
            bool(headline) and headline in stage.last.shown,
            f"{status} with `whatToDo` was answered",
        )


async def another_waits_already(stage: Stage) -> None:
    """Fail on one report, and let her finish another, which may be the emergency."""
    await stage.enter()
    stage.road.play(is_submission, fail(500, "internal", what_to_do=WHAT_TO_DO), times=2)
    await stage.report(QUIET)
    await stage.tell("open")
    began = stage.mark()
    await stage.report(EMERGENCY)
    sent = {each.report_id for each in stage.sendings(began)}
    at_once = len(stage.state.reports) == 2 and stage.last.report_id.lower() in sent
    stage.judge("report.at-once", at_once, f"{len(sent)} reports were sent when she had pressed Send")


SCENES = (
    Scene(one_of_three_fails, ("report.one-blocks-no-other", "report.server-fails")),
    Scene(another_waits_already, ("report.at-once",)),
    Scene(other_answers_came_first, ("report.conflict", "problem.what-to-do")),
    Scene(it_will_never_pass, ("report.never-passes", "problem.what-to-do")),
)
