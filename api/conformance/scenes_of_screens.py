"""Scenes of what she reads: advice without a network, the page as it stands, her language; and of 304."""

from api.conformance.sent import Json, Sent, is_submission
from api.conformance.stage import QUIET, Answers, Scene, Stage, choice, reads
from api.conformance.tricks import fail, say


def is_patch(sent: Sent) -> bool:
    """Fit a change of what she has chosen."""
    return sent.method == "PATCH" and sent.path == "/v1/me"


async def there_is_no_network(stage: Stage) -> None:
    """Start the app again without a network, and let her report: one answer that is urgent alone, and some together."""
    await stage.enter()
    text = str(stage.road.documents.get("/v1/me", {}).get("emergencyText", "(never read)"))
    stage.offline()
    await stage.tell("restart")
    stage.judge(
        "emergency.offline", stage.state.emergency_text == text, "looked at after a restart without a network"
    )
    for answers, level in cases_of(stage.form()):
        await stage.report(answers)
        headline, words = stage.advice(level)
        shown = headline in stage.last.shown and words in stage.last.shown
        stage.judge("advice.offline", shown, f"the advice of {level} was due")
        stage.judge(
            "advice.honest",
            not stage.last.clinic_knows,
            f"without a network clinicKnows is {stage.last.clinic_knows}",
        )
    if not stage.form():
        stage.judge("advice.offline", fact=False, said="the app had read no form")


def cases_of(form: Json) -> list[tuple[Answers, str]]:
    """Return answers, and the level that the form's own rules give them: alone, together, and a worse one listed later.

    For each level one answer that has it alone, and several that have it only together, as far as there are such rules.
    """
    order = [each["level"] for each in form.get("advice", [])]
    found: dict[str, dict[str, str]] = {}
    for level, made in _made_from(form):
        name = f"{level} {'together' if len(made) > 1 else 'alone'}"
        found.setdefault(name, made)
        lower = [each for each in order[: order.index(level)] if f"{each} alone" in found]
        if lower:
            found.setdefault(f"{level} later", found[f"{lower[-1]} alone"] | made)
    return [
        ([choice(item, chosen) for item, chosen in made.items()], level_of(form, order, made))
        for made in found.values()
    ]


def _made_from(form: Json) -> list[tuple[str, dict[str, str]]]:
    """Return the level of each rule that looks at choices alone, and choices for which it is true."""
    asked = {
        each["itemId"]: [chosen["id"] for chosen in each["choices"]]
        for each in form.get("items", [])
        if each.get("type") == "choice"
    }
    made = [(rule["level"], _answers_to(rule["when"], asked)) for rule in form.get("levelRules", [])]
    return [each for each in made if each[1]]


def _answers_to(test: Json, asked: dict[str, list[str]]) -> dict[str, str]:
    """Return answers for which a test is true; empty where it looks at something else than choices."""
    if test.get("test") == "is" and test["itemId"] in asked:
        return {test["itemId"]: test["choices"][0]}
    if test.get("test") == "any":
        return next((made for each in test["of"] if (made := _answers_to(each, asked))), {})
    if test.get("test") == "all":
        parts = [_answers_to(each, asked) for each in test["of"]]
        return {item: chosen for part in parts for item, chosen in part.items()} if all(parts) else {}
    return {}


def level_of(form: Json, order: list[str], answers: dict[str, str]) -> str:
    """Return the highest level whose rule is true of these choices."""
    return max(
        (each["level"] for each in form["levelRules"] if _is_true(each["when"], answers)),
        key=order.index,
        default=order[0],
    )


def _is_true(test: Json, answers: dict[str, str]) -> bool:
    """Decide a test about choices; all others are unknown, which is not true."""
    match test.get("test"):
        case "is":
            return answers.get(test["itemId"]) in test["choices"]
        case "any":
            return any(_is_true(each, answers) for each in test["of"])
        case "all":
            return all(_is_true(each, answers) for each in test["of"])
        case _:
            return False


async def a_doctor_sees_it(stage: Stage) -> None:
    """Have Dana take the alert, and the person open her app."""
    await stage.enter()
    await stage.report()
    path = f"/v1/me/reports/{stage.last.report_id}"
    told = stage.road.documents.get(path, {}).get("page", {}).get("text", "(never answered)")
    stage.judge("page.current", told in stage.last.shown, "the report was handed in")
    if stage.last.standing != "stored":
        return
    await stage.world.acknowledge(stage.her.participant_id)
    await stage.tell("open")
    page = stage.road.documents.get(path, {}).get("page", {})
    seen = page.get("status") == "seen-by-doctor"
    stage.judge(
        "page.current",
        seen and page["text"] in stage.last.shown,
        f"taken by a doctor; the app has read {page.get('status')}",
    )


async def she_reads_another_language(stage: Stage) -> None:
    """Let her choose Chinese; somebody else has changed something meanwhile: 412."""
    await stage.enter()
    stage.road.play(is_patch, fail(412, "precondition.failed"), times=1)
    await stage.tell("language", language="zh-CN")
    for _ in range(2):
        await stage.tell("open")
    me = stage.road.documents.get("/v1/me", {})
    patches = [each for each in stage.road.sent if is_patch(each)]
    guarded = bool(patches) and all(each.headers.get("if-match") for each in patches)
    reads = stage.form().get("language") == me.get("language") == "zh-CN" == stage.state.language
    stage.judge(
        "language.chosen",
        guarded and reads,
        f"{len(patches)} changes, all with If-Match: {guarded}; the server has {me.get('language')}, "
        f"the form {stage.form().get('language')}",
    )
    stage.judge(
        "emergency.offline",
        bool(me) and stage.state.emergency_text == me.get("emergencyText"),
        "looked at in the new language",
    )


READ = ("/v1/me", "/v1/me/forms", "/v1/me/schedule", "/v1/me/reminders")


async def nothing_has_changed(stage: Stage) -> None:
    """Open the app twice with nothing new: 304."""
    await stage.enter()
    began, before = stage.mark(), stage.state
    for _ in range(2):
        await stage.tell("open")
    again = [each for each in stage.road.sent[began:] if each.method == "GET" and each.tags]
    without = sorted({each.path for each in again if each.headers.get("if-none-match") not in each.tags})
    same = (stage.state.emergency_text, stage.state.alarms) == (before.emergency_text, before.alarms)
    stage.judge(
        "reading.etag",
        not without and len(again) >= len(READ) and same,
        f"{len(again)} readings of what was read before; without its tag: {', '.join(without) or 'none'}; "
        f"shown the same: {same}",
    )


async def the_form_has_a_new_version(stage: Stage) -> None:
    """Release another version of the form while a report waits that was answered on the one before."""
    await stage.enter()
    old = int(stage.form().get("version", 0))
    stage.offline()
    await stage.report(QUIET)
    stage.online()
    stage.road.play(is_submission, fail(503, "database.unavailable"), times=1)
    release(stage, old)
    await stage.tell("open")
    await stage.until_stored()
    await stage.report(QUIET)
    asked = versions_of(stage)
    stage.judge(
        "report.form-version",
        asked == [{old}, {old + 1}],
        f"versions sent: {asked}; {old} was shown, then {old + 1}",
    )


def release(stage: Stage, old: int) -> None:
    """Have the server list, and serve, another version of the form."""
    listed = stage.road.documents.get("/v1/me/forms", {})
    forms = [{**each, "version": old + 1} for each in listed.get("forms", [])]
    form = stage.form() | {"version": old + 1}
    stage.road.play(reads("/v1/me/forms"), say(lambda: {"forms": forms}, lambda: '"kit-forms"'))
    path = f"/v1/forms/caregiver/versions/{old + 1}"
    stage.road.play(reads(path), say(lambda: form, lambda: '"kit-form"'))


def versions_of(stage: Stage) -> list[set[object]]:
    """Return under which versions each report was sent, in the order in which she finished them."""
    return [
        {sending.body.get("formVersion") for sending in stage.sendings() if sending.report_id == each}
        for each in (seen.report_id.lower() for seen in stage.state.reports)
    ]


SCENES = (
    Scene(there_is_no_network, ("advice.offline", "advice.honest", "emergency.offline")),
    Scene(a_doctor_sees_it, ("page.current",)),
    Scene(she_reads_another_language, ("language.chosen", "emergency.offline")),
    Scene(nothing_has_changed, ("reading.etag",)),
    Scene(the_form_has_a_new_version, ("report.form-version",)),
)
