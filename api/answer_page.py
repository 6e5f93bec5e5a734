"""The page by which staff answer a link or a code: what it says, in her language. Nothing of the participant."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from litestar import Response
from msgspec import Struct
from msgspec.structs import asdict

from api.routes.docs import PAGES, asset_address
from domain.delivery import Message
from domain.escalation import Alert
from domain.paged import Standing, standing
from domain.people import Site, Staff
from domain.protocol.schema import Level, Protocol
from domain.texts import best_language, say

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Kept by nobody, found by nobody, and without a script; `Referrer-Policy` is on every answer (api/middleware.py)."""


class Rung(Struct, frozen=True, kw_only=True):
    """A page that somebody got, and all that its link shows, as it is now."""

    message: Message
    alert: Alert
    site: Site
    recipient: Staff
    holder: Staff | None
    has_pin: bool

    @property
    def standing(self) -> Standing:
        """How the page stands."""
        return standing(self.message, self.alert)


class Facts(Struct, frozen=True):
    """What rings, for whoever holds the link: `kind` is the level, or `drill`."""

    kind: str
    site: str
    since: str
    minutes: str
    code: str


class Face(Struct, frozen=True, kw_only=True):
    """One page to be shown. `form` is what it asks for: `link` a PIN, `code` an e-mail and a code too."""

    language: str
    status: int = 200
    facts: Facts | None = None
    said: str = ""
    wrong: str = ""
    form: str = ""
    action: str = ""
    may_decline: bool = True


class Words(Struct, frozen=True):
    """The sentences of one language."""

    protocol: Protocol
    language: str

    def say(self, sentence: str, **values: str) -> str:
        """Return the sentence `answer.<sentence>`."""
        return say(self.protocol, self.language, f"answer.{sentence}", **values)


def words_for(protocol: Protocol, wanted: str) -> Words:
    """Return the sentences of the best language for a tag, or for a whole Accept-Language header."""
    first = wanted.partition(",")[0].partition(";")[0].strip()
    return Words(protocol, best_language(first, protocol.texts))


def face_of(words: Words, rung: Rung, action: str, now: datetime, wrong: str = "", status: int = 0) -> Face:
    """Return what a link shows now: what rings, how it stands, and the form while it can be answered."""
    waits = rung.standing is Standing.WAITING
    gone = rung.standing in {Standing.REPLACED, Standing.ENDED}
    return Face(
        language=words.language,
        status=status or (410 if gone else 200),
        facts=None if gone else _facts(rung, now),
        said=_said(words, rung, now),
        wrong=wrong,
        form="link" if waits and rung.has_pin else "",
        action=action,
        may_decline=rung.recipient.id not in rung.alert.declined_by,
    )


def shown(protocol: Protocol, face: Face, headers: Mapping[str, str] = {}) -> Response[bytes]:
    """Answer a page, with these headers beside its own."""
    words = Words(protocol, face.language)

    def sentence(key: str, **values: str) -> str:
        return words.say(key.removeprefix("answer."), **values)

    body = _template().render(say=sentence, **asdict(face)).encode()
    return Response(body, status_code=face.status, media_type="text/html", headers={**HEADERS, **headers})


def _said(words: Words, rung: Rung, now: datetime) -> str:
    match rung.standing:
        case Standing.YOURS:
            return _yours(words, rung, now)
        case Standing.TAKEN:
            name = "" if rung.holder is None else rung.holder.name
            return words.say("taken", name=name, time=_clock(rung, rung.alert.acknowledged_at))
        case Standing.WAITING if not rung.has_pin:
            return words.say("no-pin")
        case Standing.WAITING if rung.recipient.id in rung.alert.declined_by:
            return words.say("declined")
        case other:
            return words.say(other.value)


def _yours(words: Words, rung: Rung, now: datetime) -> str:
    if rung.alert.is_drill:
        return words.say("drill-taken")
    left = _minutes((rung.alert.due_at or now) - now)
    return words.say("yours", minutes=left, time=_clock(rung, rung.alert.due_at))


def _facts(rung: Rung, now: datetime) -> Facts:
    alert = rung.alert
    level = "emergency" if alert.level is Level.EMERGENCY else "urgent"
    since = alert.opened_at.astimezone(ZoneInfo(rung.site.time_zone))
    return Facts(
        kind="drill" if alert.is_drill else level,
        site=rung.site.name,
        since=f"{since:%Y-%m-%d %H:%M}",
        minutes=_minutes(now - alert.opened_at),
        code=rung.message.code,
    )


def _minutes(duration: timedelta) -> str:
    return str(max(int(duration.total_seconds() // 60), 0))


def _clock(rung: Rung, instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(ZoneInfo(rung.site.time_zone)):%H:%M}"


@cache
def _template() -> Template:
    pages = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.globals["asset"] = asset_address
    return pages.get_template("answer.html")
