"""Reminders and calendar entries in the reader's words."""

import functools
from datetime import date

from babel.dates import format_date

from api.shapes.reminders import ReminderPart, ReminderView
from api.shapes.schedule import NamedText
from domain.agenda import Alarm, Part
from domain.protocol.schema import Protocol
from domain.texts import say


@functools.lru_cache(maxsize=2048)
def day_in_words(day: date, language: str) -> str:
    """Return a day as a reader of the language writes it, e.g. "Monday, March 9, 2026"."""
    return format_date(day, "full", locale=language.replace("-", "_"))


def reminder_view(protocol: Protocol, language: str, alarm: Alarm) -> ReminderView:
    """Show one reminder: neutral on the lock screen, and in the app with that visit's preparation alone."""
    neutral = "lock-screen.visit" if alarm.is_of_visit else "lock-screen.check-in"
    return ReminderView(
        reminder_id=alarm.id,
        at=alarm.at,
        valid_until=alarm.until,
        lock_screen_title=say(protocol, language, "lock-screen.title"),
        lock_screen_text=say(protocol, language, neutral),
        ask_first=alarm.ask_first,
        about=tuple(_part(protocol, language, each) for each in alarm.parts),
    )


def _part(protocol: Protocol, language: str, part: Part) -> ReminderPart:
    occasion = part.occasion
    text = say(
        protocol,
        language,
        part.text,
        week=str(occasion.week),
        date=day_in_words(occasion.target, language),
    )
    return ReminderPart(
        kind=occasion.kind.value,
        week=occasion.week,
        target_date=occasion.target,
        text=text,
        preparation=tuple(
            NamedText(id=each, text=say(protocol, language, each)) for each in occasion.preparation
        ),
    )
