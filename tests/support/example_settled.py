"""An answer as an example shows it: what is drawn at random or told by the machine's clock has a stand-in.

So a second walk of the road gives the same bytes, and whatever differs is a change of the program. What is replaced
was held to its schema as it came (`tests/support/held.py`); the stand-in is held to it as it is committed. A stand-in
opens nothing, and looks like nothing that would.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from api.examples import EXAMPLES

Json = Any

FIRST = 3
"""So many elements of a long list are shown."""

WHOLE = frozenset({"advice", "levelRules"})
"""Lists that make no sense in parts: a form's rules about what is shown of it, and the words for each level."""

STAND_INS: Mapping[str, Json] = {
    # Drawn at random, good for somebody.
    "accessToken": "an-access-token",
    "refreshToken": "the-newest-refresh-token",
    "submissionToken": "a-submission-token",
    "totpSecret": "JBSWY3DPEHPK3PXP",
    "authenticator": "otpauth://totp/Nightbell:grace%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Nightbell",
    "totp": "287082",
    "nextCursor": "where-to-go-on",
    # Drawn from a code that is drawn.
    "qrSvg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>',
    # A public key; this one is of RFC 8037, appendix A.
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    # Of the machine's clock, which never stands still.
    "accessExpiresAt": "2026-03-10T01:15:00Z",
    "expiresAt": "2026-03-13T01:00:00Z",
    "signedInAt": "2026-03-10T01:00:00Z",
    "lastSeenAt": "2026-03-10T01:00:00Z",
    "issuedAt": "2026-03-10T01:00:00Z",
    "redeemedAt": "2026-03-10T01:00:00Z",
    "activatedAt": "2026-03-10T01:00:00Z",
    "lastRotatedAt": "2026-03-10T01:00:00Z",
    # Of this one request.
    "requestId": "5e0c8f7a1b2d4c3e9f60718293a4b5c6",
}
"""By the name of the field."""

OF_A_SESSION = {"endsAt": "2026-04-09T01:00:00Z", "endedAt": "2026-03-10T01:00:00Z"}
"""Of the machine's clock too; of a shift or a drill the same name is trial time."""

RINGS: Mapping[str, str] = {"no-answer": "ringing", "failed": "accepted"}
"""Of a call: whether it has rung in vain already depends on how fast the machine is."""

UNORDERED: Mapping[str, str] = {
    "alerts": "alertId",
    "consents": "kind",
    "messages": "staff",
    "reminders": "at",
    "rings": "",
    "staffIds": "",
}
"""Lists of what was written at one instant: which comes first is drawn. With a field that each of them has."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Addresses of this very process: the port is any that is free.
    (re.compile(r"http://127\.0\.0\.1:\d+/authorize"), "https://login.example.org/authorize"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "https://nightbell.example.org"),
    (
        re.compile(r"https://nightbell\.example\.org/k/[a-z0-9]{14}"),
        "https://nightbell.example.org/k/7h4nkd4gp3wx9m",
    ),
    (
        re.compile(r"/calendars/[\w-]{43}\.ics"),
        "/calendars/a-secret-of-forty-three-letters-or-digits-00000.ics",
    ),
    (re.compile(r"\b(state|nonce|code_challenge)=[\w.-]+"), r"\1=drawn-at-random"),
    # In texts and calls to staff: the link, the code, the code letter by letter.
    (re.compile(r"/a/[\w-]{43}\b"), "/a/the-token-of-a-text"),
    (re.compile(r"(reply |Code |回复|编号)[A-Z0-9]{4}(?![A-Z0-9])"), r"\1K7Q4"),
    (re.compile(r"(Code |编号)[A-Z0-9](?:, [A-Z0-9]){3}(?![A-Z0-9])"), r"\1K, 7, Q, 4"),
    # A sandbox's own.
    (re.compile(r"^[2-9bcdfghjkmnpqrstvwxyz]{14}$"), "7h4nkd4gp3wx9m"),
    # Codes on paper, in texts and in mail; recovery codes.
    (
        re.compile(r"(?<![\w-])[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}(?![\w-])", re.ASCII),
        "K7Q4-MM9P-GXRT-4HDN",
    ),
    (re.compile(r"(?<![\w-])[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}(?![\w-])", re.ASCII), "K7Q4-MM3P-9X3Q"),
    # Names of the provider's, fingerprints.
    (re.compile(r"\b(SM|CA|MM)[0-9a-f]{32}\b"), r"\g<1>00000000000000000000000000000001"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    (re.compile(r"^(?![0-9a-f]{64}$)[\w-]{60,80}$"), "the-state-of-this-sign-in"),
    # Whom the tests hire on the way, by names drawn at random.
    (re.compile(r"\b[0-9a-f]{32}@"), "grace@"),
    (re.compile(r"\b[Nn]ew[0-9a-f]{12}\b"), "Nora"),
    (re.compile(r"\+86198\d{8}\b"), "+8619900000101"),
)

_CAST: Mapping[str, str] = {
    "PlainCoordinator": "Carol",
    "PlainInvestigator": "Iris",
    "PlainMonitor": "Mona",
    "PlainData_Manager": "Dora",
    "PlainAdministrator": "Ada",
    "RungCoordinator": "Chen",
    "RungInvestigator": "Ines",
}
"""People of the tests, under the names of people."""

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SUBJECT = re.compile(r"\bZN-\d{8}\b")
_EVENT = re.compile(r"BEGIN:VEVENT\r?\n.*?END:VEVENT\r?\n", re.DOTALL)
_ITEM = re.compile(r'"itemId":"([^"]+)"')

_WRITTEN = frozenset(_UUID.findall(msgspec.json.encode(EXAMPLES).decode()))
"""Ids of the example requests, which come back as they were sent."""


class Known(Struct, frozen=True):
    """What a walk knows of its own trial: the codes of its texts, and who has which id."""

    codes: frozenset[str]
    staff: Mapping[str, str]
    """Id → name."""


class Settling:
    """One answer; the same id in two places of it stays the same."""

    def __init__(self, known: Known) -> None:
        # A member of staff has one id everywhere: in a list that has no order she can come first or last.
        self._ids = {each: _stand_in(f"staff {_named(name)}") for each, name in known.staff.items()}
        self._kinds: dict[str, int] = {}
        self._codes = re.compile(rf"\b({'|'.join(map(re.escape, sorted(known.codes)))})\b", re.ASCII)

    def settle(self, value: Json, name: str = "") -> Json:
        """Return a part of the answer, the value of a field of this name, as the example has it."""
        if isinstance(value, dict):
            shown = _about_what_is_shown(value)
            return {key: self._field(shown, key) for key in shown}
        if isinstance(value, list):
            most = len(value) if name in WHOLE else FIRST
            return [self.settle(each, name) for each in self._in_order(value, name)[:most]]
        return self._text(value, name) if isinstance(value, str) else value

    def _in_order(self, values: list[Json], name: str) -> list[Json]:
        field = UNORDERED.get(name)
        is_drawn = field is not None and all(field in each for each in values)
        return sorted(values, key=self._plain) if is_drawn else values

    def _plain(self, value: Json) -> str:
        """Return what can be compared of a value: nothing of what is drawn."""
        text = self._codes.sub("", _named(msgspec.json.encode(value).decode()))
        return _SUBJECT.sub("", _UUID.sub(lambda found: self._ids.get(found[0], ""), text))

    def _field(self, holder: dict[str, Json], key: str) -> Json:
        if {"sessionId", "lastSeenAt"} & holder.keys() and key in OF_A_SESSION:
            return OF_A_SESSION[key]
        if key == "receipt" or (key == "state" and _is_call(holder)):
            return RINGS.get(str(holder[key]), holder[key])
        if key in STAND_INS and isinstance(holder[key], str):
            return STAND_INS[key]
        return self.settle(holder[key], key)

    def _text(self, text: str, name: str) -> str:
        text = self._codes.sub("K7Q4", _named(_first_events(text)))
        text = _SUBJECT.sub(lambda found: f"ZN-{self._number(found[0], 'ZN'):04}", text)
        return _UUID.sub(lambda found: self._id(found[0], name), text)

    def _id(self, known: str, name: str) -> str:
        if known in _WRITTEN:
            return known
        if known not in self._ids:
            self._ids[known] = _stand_in(f"{name} {self._count(name)}")
        return self._ids[known]

    def _number(self, known: str, kind: str) -> int:
        if known not in self._ids:
            self._ids[known] = str(self._count(kind))
        return int(self._ids[known])

    def _count(self, kind: str) -> int:
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        return self._kinds[kind]


def _about_what_is_shown(value: dict[str, Json]) -> dict[str, Json]:
    """Leave out of a form the rules about items that its example leaves out."""
    if "levelRules" not in value:
        return value
    shown = {each["itemId"] for each in value["items"][:FIRST]}
    kept = [each for each in value["levelRules"] if _items_of(each) <= shown]
    return {**value, "levelRules": kept}


def _items_of(rule: Json) -> set[str]:
    return set(_ITEM.findall(msgspec.json.encode(rule).decode()))


def _first_events(text: str) -> str:
    """Keep the first events of a calendar."""
    events = _EVENT.findall(text)
    for each in events[FIRST:]:
        text = text.replace(each, "")
    return text


def _is_call(holder: dict[str, Json]) -> bool:
    return bool(holder.get("channel") == "voice")


def _named(text: str) -> str:
    """Put the stand-ins of what can be told by its form."""
    for pattern, stand_in in _PATTERNS:
        text = pattern.sub(stand_in, text)
    for known, shown in _CAST.items():
        text = text.replace(known, shown).replace(known.lower() + "@", shown.lower() + "@")
    return text


def _stand_in(of: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"nightbell example {of}"))


def settled(body: bytes, media_type: str, known: Known) -> Json:
    """Return an answer as its example has it."""
    settling = Settling(known)
    return settling.settle(msgspec.json.decode(body) if media_type.endswith("json") else body.decode())
