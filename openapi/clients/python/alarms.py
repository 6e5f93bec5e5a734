"""Reminders: the phone's own alarms, set from the server's list, so that they ring without a network."""

from datetime import datetime

from openapi.clients.python.clock import Clock
from openapi.clients.python.reading import REMINDERS, Library
from openapi.clients.python.session import Session
from openapi.clients.python.store import Alarm, Json, Store

MOST_PENDING = 64
"""iOS keeps no more, and drops the rest without a word: the nearest are set, the others when there is room."""


class Alarms:
    """What will ring, what has rung, and what the server is told of it."""

    def __init__(self, store: Store, library: Library, session: Session, clock: Clock) -> None:
        self._store, self._library, self._session, self._clock = store, library, session, clock

    def set_anew(self) -> None:
        """Take all alarms back and set the nearest of the list that the phone holds."""
        kept, now = self._store.kept, self._clock.wall()
        listed = self._library.held(REMINDERS).get("reminders", [])
        # One whose time has passed does not ring any more: it may be night.
        ahead = [each for each in listed if _at(each) > now and each["reminderId"] not in kept.rung]
        nearest = sorted(ahead, key=_at)[:MOST_PENDING]
        kept.alarms = [Alarm(each["reminderId"], each["at"]) for each in nearest]
        for each in kept.alarms:
            self._note(each.reminder_id, "scheduled")
        self._store.save()

    def due_in(self) -> float | None:
        """Return in how many seconds the next one rings."""
        alarms = self._store.kept.alarms
        now = self._clock.wall()
        return min(((datetime.fromisoformat(each.at) - now).total_seconds() for each in alarms), default=None)

    async def ring(self) -> None:
        """Show what is due, unless it is too late for it or, where it says so, the server has taken it back."""
        kept, now = self._store.kept, self._clock.wall()
        for alarm in [each for each in kept.alarms if datetime.fromisoformat(each.at) <= now]:
            kept.alarms.remove(alarm)
            reminder = await self._still_listed(alarm.reminder_id)
            if reminder is not None and now < datetime.fromisoformat(reminder["validUntil"]):
                kept.rung.append(alarm.reminder_id)
                self._note(alarm.reminder_id, "shown")
            self._store.save()
        self.set_anew()
        await self.tell()

    async def _still_listed(self, reminder_id: str) -> Json | None:
        reminder = self._listed(reminder_id)
        if reminder is not None and reminder["askFirst"]:
            await self._library.read(REMINDERS)
            reminder = self._listed(reminder_id)
        return reminder

    def _listed(self, reminder_id: str) -> Json | None:
        listed = self._library.held(REMINDERS).get("reminders", [])
        return next((each for each in listed if each["reminderId"] == reminder_id), None)

    def _note(self, reminder_id: str, event: str) -> None:
        kept, name = self._store.kept, f"{self._version} {reminder_id} {event}"
        if name not in kept.told:
            kept.told.append(name)
            at = self._clock.wall().isoformat()
            kept.receipts.append({"reminderId": reminder_id, "event": event, "at": at})

    @property
    def _version(self) -> int:
        return int(self._library.held(REMINDERS).get("planVersion", 0))

    async def tell(self) -> None:
        """Tell the server what was set and shown; what it has not heard stays for the next time."""
        kept = self._store.kept
        receipts = kept.receipts[:400]
        if receipts and kept.signed_in:
            body = {"planVersion": self._version, "receipts": receipts}
            answer = await self._session.call("POST", "/v1/me/reminder-receipts", body)
            if answer is not None and answer.status < 500 and answer.status not in {401, 408, 429}:
                del kept.receipts[: len(receipts)]
                self._store.save()


def _at(reminder: Json) -> datetime:
    return datetime.fromisoformat(reminder["at"])
