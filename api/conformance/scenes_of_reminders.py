"""Scenes of the phone's own alarms."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.conformance.sent import Json, Sent
from api.conformance.stage import Scene, Stage, anything, reads
from api.conformance.tricks import refuse, say

MOST = 64
_PATH = "/v1/me/reminders"
_HOUR = 3600.0


class Listed:
    """The list of reminders that the kit has the server answer."""

    def __init__(self, stage: Stage) -> None:
        self.version, self.reminders = 1, list[Json]()
        self._stage, self._turn = stage, 0
        stage.road.play(reads(_PATH), say(self.document, lambda: f'"kit-{self._turn}"'))

    def document(self) -> Json:
        """Return the list as the server would answer it."""
        return {"planVersion": self.version, "timeZone": "Asia/Shanghai", "reminders": self.reminders}

    def put(self, version: int, reminders: list[Json]) -> None:
        """Answer another list from now on."""
        self.version, self.reminders, self._turn = version, reminders, self._turn + 1


def reminder(number: int, at: datetime, *, ask_first: bool = False) -> Json:
    """Return a reminder with an id of its own."""
    about = {"kind": "check-in", "week": 1, "targetDate": "2026-12-01", "text": "Kit.", "preparation": []}
    return {
        "reminderId": str(UUID(int=number)),
        "at": at.isoformat(),
        "validUntil": (at + timedelta(hours=12)).isoformat(),
        "lockScreenTitle": "Reminder",
        "lockScreenText": "Please open the app.",
        "askFirst": ask_first,
        "about": [about],
    }


def is_receipt(sent: Sent) -> bool:
    """Fit what the app says of its alarms."""
    return sent.path == "/v1/me/reminder-receipts"


def receipts(stage: Stage, event: str, version: int) -> set[str]:
    """Return of which reminders the app has said this, under a version of the plan, and was heard."""
    told = [each.json for each in stage.road.sent if is_receipt(each) and each.status == 204]
    return {
        str(each.get("reminderId"))
        for body in told
        if body.get("planVersion") == version
        for each in body.get("receipts", [])
        if each.get("event") == event
    }


async def a_year_has_more_than_64_reminders(stage: Stage) -> None:
    """List 90 reminders in no order; then plan anew."""
    await stage.enter()
    listed, now = Listed(stage), datetime.now(UTC)
    first = [reminder(1000 + each, now + timedelta(days=1 + each)) for each in range(90)]
    listed.put(1, first[45:] + first[:45])
    await stage.tell("open")
    set_ = {each.reminder_id for each in stage.state.alarms}
    nearest = {each["reminderId"] for each in first[:MOST]}
    stage.judge(
        "alarms.nearest",
        set_ == nearest and len(stage.state.alarms) == len(set_),
        f"{len(stage.state.alarms)} alarms are set, {len(set_ & nearest)} of them among the nearest {MOST}",
    )
    second = [reminder(2000 + each, now + timedelta(days=2 + each)) for each in range(40)]
    listed.put(2, second)
    await stage.tell("open")
    now_set = {each.reminder_id for each in stage.state.alarms}
    wanted = {each["reminderId"] for each in second}
    stage.judge(
        "alarms.re-planned",
        now_set == wanted and stage.state.schedule_version == 2,
        f"{len(now_set - wanted)} alarms of the plan before are left; "
        f"the phone holds version {stage.state.schedule_version}",
    )
    said = receipts(stage, "scheduled", 1) >= nearest, receipts(stage, "scheduled", 2) >= wanted
    stage.judge(
        "alarms.receipts", all(said), f"told what is scheduled, under versions 1 and 2: {said[0]}, {said[1]}"
    )


async def alarms_ring(stage: Stage) -> None:
    """Let four alarms fall due: one plain, one that asks first and holds, one that is withdrawn, one offline."""
    await stage.enter()
    listed, now = Listed(stage), datetime.now(UTC)
    plain, holds, withdrawn, offline = (
        reminder(3000 + each, now + timedelta(hours=1 + each), ask_first=each > 0) for each in range(4)
    )
    listed.put(1, [plain, holds, withdrawn, offline])
    await stage.tell("open")
    listed.put(1, [plain, holds, offline])
    await stage.let_pass(3.5 * _HOUR, step=_HOUR / 2)
    cut_off = stage.road.play(anything, refuse)
    await stage.let_pass(_HOUR, step=_HOUR / 2)
    stage.road.tricks.remove(cut_off)
    await stage.tell("open")
    ids = [each["reminderId"] for each in (plain, holds, offline)]
    rung = [*stage.state.rung]
    stage.judge(
        "alarms.ask-first", rung == ids, f"{len(rung)} rang; three should have, and the withdrawn one not"
    )
    told = receipts(stage, "shown", 1)
    stage.judge(
        "alarms.receipts",
        bool(rung) and told == set(rung),
        f"told of {len(told)} that were shown, of {len(rung)}",
    )


SCENES = (
    Scene(a_year_has_more_than_64_reminders, ("alarms.nearest", "alarms.re-planned", "alarms.receipts")),
    Scene(alarms_ring, ("alarms.ask-first", "alarms.receipts")),
)
