"""Scenes with a server of next year: within v1 answers grow, and what an app does not know must not stop it."""

from typing import Any

from api.conformance.sent import Json
from api.conformance.stage import EMERGENCY, QUIET, Scene, Stage, anything
from api.conformance.tricks import refuse, rewrite

_HEADERS = {"Deprecation": "@1798761600", "Sunset": "Fri, 31 Dec 2027 23:59:59 GMT", "X-Of-Next-Year": "yes"}

_LEVEL = {"level": "kit-level", "headline": "Kit.", "text": "Kit."}
_LEVEL_RULE = {"level": "kit-level", "when": {"test": "is", "itemId": "kit-item", "choices": ["yes"]}}


def with_more_fields(_: str, document: Json) -> Json:
    """Add fields to every object of a document."""
    grown: Json = _grown(document)
    return grown


def _grown(value: Any) -> Any:
    if isinstance(value, dict):
        more = {"kitField": {"deep": [1, "two"]}, "kitFlag": True, "kitNumber": 1.5}
        return {name: _grown(each) for name, each in value.items()} | more
    return [_grown(each) for each in value] if isinstance(value, list) else value


def with_other_values(path: str, document: Json) -> Json:
    """Put values into a document that no app of today knows. Unions do not grow within v1 (docs/contract.md)."""
    if path.startswith("/v1/forms/"):
        return document | {
            "levelRules": [_LEVEL_RULE, *document["levelRules"]],
            "advice": [_LEVEL, *document["advice"]],
        }
    if path.startswith("/v1/me/reports/"):
        return document | {
            "signals": [*document["signals"], "kit-signal"],
            "page": document["page"] | {"status": "kit-status"},
        }
    if path == "/v1/me/schedule":
        return document | {
            "occasions": [each | {"state": "kit-state", "kind": "kit-kind"} for each in document["occasions"]]
        }
    if path == "/v1/me/reminders":
        return document | {"reminders": [_reminder(each) for each in document["reminders"]]}
    return document


def _reminder(document: Json) -> Json:
    return document | {"about": [each | {"kind": "kit-kind"} for each in document["about"]]}


async def answers_have_grown(stage: Stage) -> None:
    """Add fields to every object of every answer, and headers that say that the version will end."""
    await stage.install()
    stage.road.play(anything, rewrite(with_more_fields, **_HEADERS))
    fine, said = await _works(stage)
    stage.judge("future.fields", fine, said)


async def answers_have_new_values(stage: Stage) -> None:
    """Answer values that no app knows, beside those that it does."""
    await stage.install()
    stage.road.play(anything, rewrite(with_other_values))
    fine, said = await _works(stage)
    stage.judge("future.values", fine, said)


async def _works(stage: Stage) -> tuple[bool, str]:
    """Live with the app for a while; say whether all of it goes on."""
    await stage.tell("activate", code=stage.her.caregiver_code)
    entered = stage.state.signed_in and bool(stage.state.emergency_text)
    await stage.report(QUIET)
    cut_off = stage.road.play(anything, refuse)
    await stage.report(EMERGENCY)
    headline, text = stage.advice("emergency")
    advised = headline in stage.last.shown and text in stage.last.shown
    stage.road.tricks.remove(cut_off)
    await stage.tell("restart")
    await stage.tell("open")
    stored = await stage.until_stored()
    page = (
        stage.road.documents.get(f"/v1/me/reports/{stage.last.report_id}", {}).get("page", {}).get("text", "")
    )
    shown = bool(page) and page in stage.last.shown
    facts = {
        "activated": entered,
        "advised offline": advised,
        "stored": stored,
        "page shown": shown,
        "alarms": bool(stage.state.alarms),
    }
    return all(facts.values()), "; ".join(
        f"{name}: {'yes' if fact else 'no'}" for name, fact in facts.items()
    )


SCENES = (
    Scene(answers_have_grown, ("future.fields",)),
    Scene(answers_have_new_values, ("future.values",)),
)
