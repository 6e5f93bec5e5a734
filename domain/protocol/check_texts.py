"""Whether every sentence is there in every language, fills in what the program fills in, and may be sent.

The one table is `_wanted`: each text key the protocol needs, with its placeholders. What is not in a file is
missing, what is not in the table is an orphan.
"""

import re
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final

from msgspec.structs import replace

from domain import blinding
from domain.errors import Fault
from domain.protocol.answer_texts import OF_ANSWERS
from domain.protocol.schema import ChoiceItem, Form, Key, Level, NumberItem, Protocol, Texts
from domain.sms import LONGEST_LINK, Encoding, segments
from domain.task import TaskKind
from domain.texts import PLACEHOLDER, choice_key, item_key

LANGUAGES: Final = ("en", "zh-CN")

PAGE_STATES: Final = (
    "sending",
    "sent",
    "delivered",
    "seen-by-doctor",
    "seen-by-team",
    "added",
    "not-yet-seen",
    "not-told",
)
"""What the app says about the page to the staff: `page.<state>`, in an emergency `page.emergency.<state>`.

`contacted` and `not-needed` have no emergency words: a contact ends them, and an emergency always pages.
"""

ADVICE: Final = (*Level, "untriaged", "not-stored", "urgent-not-stored")
"""What there is advice for: `advice.<level>.headline` and `.text`; the last two of what lies nowhere."""

OF_MISFITS: Final = ("advice.not-all-read", "advice.phone-replaced")
"""What is added where a report is in the quarantine."""

_UNTIMED: Final = {"sending", "not-told"}
_SMS: Final = {
    "sms.emergency": frozenset({"code", "minutes"}),
    "sms.urgent": frozenset({"code", "minutes"}),
    "sms.exhausted": frozenset({"code"}),
    "sms.drill": frozenset({"code", "minutes"}),
    **dict.fromkeys(("sms.visit", "sms.check-in", "sms.caregiver"), frozenset[str]()),
}
STAFF_SMS: Final = tuple(key for key, names in _SMS.items() if "code" in names)
"""The texts that page staff."""

_LINKED: Final = {f"{key}.link": wanted | {"link"} for key, wanted in _SMS.items() if "code" in wanted}
"""What a page says where its country allows links (routes.toml); nothing else ever carries one."""
_REPLIES: Final = {
    **{f"{key}.reply": values for key, values in _SMS.items() if "code" in values},
    **dict.fromkeys(
        (f"sms.reply.{each}" for each in ("taken", "held", "declined", "too-late", "which", "unread")),
        frozenset[str](),
    ),
}
"""Where an answer by SMS reaches us: how it is asked for, and what it is answered with."""
_CALLS: Final = {
    **dict.fromkeys(
        (f"voice.{each}" for each in ("emergency", "urgent", "exhausted", "drill")), frozenset({"code"})
    ),
    **dict.fromkeys(
        (f"voice.{each}" for each in ("nothing-pressed", "taken", "declined", "too-late")), frozenset[str]()
    ),
    "voice.held": frozenset({"name"}),
}
_MAIL: Final = {
    "mail.digest.subject": frozenset({"open", "overdue"}),
    "mail.digest.body": frozenset({"open", "due", "overdue", "list"}),
    **{f"mail.{name}.subject": frozenset({"count"}) for name in ("overdue", "still-overdue")},
    **{f"mail.{name}.body": frozenset({"list"}) for name in ("overdue", "still-overdue")},
    "mail.invitation.subject": frozenset[str](),
    "mail.invitation.body": frozenset({"code", "hours"}),
    "mail.recovery-code.subject": frozenset[str](),
    "mail.recovery-code.body": frozenset({"left"}),
    "mail.sign-in-failures.subject": frozenset[str](),
    "mail.sign-in-failures.body": frozenset({"count", "minutes"}),
    **{f"mail.kind.{kind}": frozenset[str]() for kind in TaskKind},
}
_WORST: Final = {"code": "W" * 6, "minutes": "120", "link": "w" * LONGEST_LINK}
"""A code is 4 characters, with room for 6; no step waits longer than 2 h (trial.md §3)."""
_ROOM: Final[dict[str, tuple[Encoding, int]]] = {"zh-CN": ("ucs-2", 62), "en": ("gsm-7", 160)}
"""Encoding and units an SMS must keep to (trial.md §4; one segment of TS 23.038)."""
_ROOM_LINKED: Final[dict[str, tuple[Encoding, int]]] = {**_ROOM, "zh-CN": ("ucs-2", 2 * 67)}
"""A link alone is longer than 62: two segments (TS 23.040), which no text to +86 ever is."""

LOCK_SCREEN: Final = "lock-screen"

_SEEN_BY_ANYBODY: Final = ("sms.", "voice.", f"{LOCK_SCREEN}.", "feed.", "answer.", "mail.")
"""Texts on a lock screen, in a calendar, SMS, call or mail (trial.md §3 and §4), on a page before anybody signs in."""

_LINK: Final = re.compile(r"://|www\.|/|\w\.[a-z]{2,}", re.IGNORECASE)
_PHONE: Final = re.compile(r"\d[\d\s()+-]*\d[\d\s()+-]*\d")
_DISEASE: Final = re.compile(
    "liver|kidney|hepat|cirrho|blood|bleed|fever|infect|confus|symptom|disease|patient"
    "|肝|肾|血|病|症|热|感染|昏迷|患者|受试者",
    re.IGNORECASE,
)


def check_texts(protocol: Protocol) -> Iterator[Fault]:
    """Yield every fault of the text files."""
    wanted = _wanted(protocol)
    for language in LANGUAGES:
        if texts := protocol.texts.get(language):
            yield from _keys(texts, wanted)
            yield from _sentences(texts, wanted, protocol.emergency_number)
        else:
            yield Fault(f"texts-{language}.toml", "This language is missing.")


def _wanted(protocol: Protocol) -> dict[Key, frozenset[str]]:
    own = set(chain.from_iterable(each.texts for each in protocol.texts.values()))
    none = frozenset[str]()
    return {
        **dict.fromkeys(("not-watched", "page.not-needed", *OF_MISFITS), none),
        **{f"advice.{level}.{part}": none for level in ADVICE for part in ("headline", "text")},
        **{
            f"{page}.{state}": _time_of(state) for page in ("page", "page.emergency") for state in PAGE_STATES
        },
        "page.contacted": frozenset({"time"}),
        **dict.fromkeys(_of_calendar(protocol), none),
        **dict(_of_reminders(protocol)),
        **dict.fromkeys(chain.from_iterable(_of_form(form, own) for form in protocol.forms), none),
        **dict.fromkeys((rule.advice for rule in protocol.rules.rules if rule.advice), none),
        **_SMS,
        **_LINKED,
        **OF_ANSWERS,
        **_REPLIES,
        **_CALLS,
        **_MAIL,
    }


def filled(protocol: Protocol, shipped: Protocol) -> dict[str, Texts]:
    """Return a protocol's texts, with those it lacks of `shipped`: a later program may say what an earlier did not.

    Nothing that was approved is said otherwise, and nothing is added that the protocol does not call for.
    """
    wanted = _wanted(protocol)
    return {
        language: _with(texts, wanted, shipped.texts[language]) for language, texts in protocol.texts.items()
    }


def _with(texts: Texts, wanted: Collection[Key], more: Texts) -> Texts:
    lacking = {key: more.texts[key] for key in wanted if key not in texts.texts and key in more.texts}
    return replace(texts, texts={**texts.texts, **lacking})


def _time_of(state: str) -> frozenset[str]:
    return frozenset() if state in _UNTIMED else frozenset({"time"})


def _of_calendar(protocol: Protocol) -> Iterator[Key]:
    yield from (f"assessment.{assessment}" for assessment in protocol.calendar.assessments)
    for visit in protocol.calendar.visits:
        yield from visit.preparation


def _of_reminders(protocol: Protocol) -> Iterator[tuple[Key, frozenset[str]]]:
    yield from ((f"{LOCK_SCREEN}.{name}", frozenset[str]()) for name in ("title", "visit", "check-in"))
    for kind, rungs in (("visit", protocol.reminders.visits), ("check-in", protocol.reminders.check_ins)):
        yield from ((f"reminder.{kind}.{rung.id}", frozenset({"week", "date"})) for rung in rungs)
    yield "reminder.visit.today", frozenset({"week", "date"})
    yield from ((f"feed.{name}", frozenset[str]()) for name in ("name", "visit", "check-in"))


def _of_form(form: Form, own: set[Key]) -> Iterator[Key]:
    yield f"form.{form.id}.title"
    yield form.recall
    for item in form.items:
        yield item_key(own, form.id, item.id)
        if isinstance(item, ChoiceItem):
            yield from (choice_key(own, item.id, choice.id) for choice in item.choices)
        if isinstance(item, NumberItem):
            yield f"unit.{item.unit}"


def _keys(texts: Texts, wanted: dict[Key, frozenset[str]]) -> Iterator[Fault]:
    for key in wanted:
        if key not in texts.texts:
            yield Fault(_at(texts, key), "This text is missing.")
    for key in texts.texts:
        if key not in wanted:
            yield Fault(_at(texts, key), "Nothing uses this text.")


def _sentences(texts: Texts, wanted: dict[Key, frozenset[str]], emergency_number: str) -> Iterator[Fault]:
    for key, text in texts.texts.items():
        messages = [*_of_any(text, wanted.get(key))]
        if key.startswith(_SEEN_BY_ANYBODY) and _DISEASE.search(PLACEHOLDER.sub("", text)):
            messages.append("What anybody may see has no word of disease.")
        if key.startswith("mail.") and _LINK.search(PLACEHOLDER.sub("", text)):
            messages.append("A mail has no link: whoever reads it signs in.")
        if key.startswith("sms."):
            messages += _of_sms(text, (_ROOM_LINKED if key in _LINKED else _ROOM)[texts.language])
        if key.startswith("voice.") and _leads_on(PLACEHOLDER.sub("", text)):
            messages.append("A call names no link and no phone number.")
        if _sends_to_help(key) and emergency_number not in text:
            messages.append(f"This text must name {emergency_number}.")
        yield from (Fault(_at(texts, key), message) for message in messages)


def _of_any(text: str, placeholders: frozenset[str] | None) -> Iterator[str]:
    found = frozenset(PLACEHOLDER.findall(text))
    if not text.strip():
        yield "This text is empty."
    if re.search("[{}]", PLACEHOLDER.sub("", text)):
        yield "A placeholder is {lower-case letters}; no other braces."
    if placeholders is not None and found != placeholders:
        yield f"The placeholders must be {_listed(placeholders)}, not {_listed(found)}."
    if blinding.in_text(text):
        yield "No text may speak of arm, dose, kit, cohort or randomisation."


def _of_sms(text: str, limit: tuple[Encoding, int]) -> Iterator[str]:
    bare = PLACEHOLDER.sub("", text)
    if _LINK.search(bare):
        yield "An SMS has no link."
    if _PHONE.search(bare):
        yield "An SMS has no phone number."
    encoding, room = limit
    counted = segments(PLACEHOLDER.sub(lambda found: _WORST.get(found[1], ""), text))
    if counted.encoding != encoding or counted.units > room:
        yield f"At most {room} units of {encoding}; this has up to {counted.units} of {counted.encoding}."


def _leads_on(bare: str) -> bool:
    return bool(_LINK.search(bare) or _PHONE.search(bare))


def _sends_to_help(key: Key) -> bool:
    levels = {f"advice.{level}.text" for level in ADVICE}
    return key in levels | {"not-watched", "page.not-told", *OF_MISFITS} or key.startswith("page.emergency.")


def _listed(placeholders: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(placeholders)) or "none"


def _at(texts: Texts, key: Key) -> str:
    return f"texts-{texts.language}.toml: texts.{key}"
