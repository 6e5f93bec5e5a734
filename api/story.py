"""`nightbell demo --once`: the road of one urgent report, over real HTTP, told as a timeline.

Every line is printed only after it was seen to have happened; the first that did not ends the story.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from msgspec import Struct

from api import seed
from api.demo import Demo

_PATIENCE_SECONDS = 10.0
"""Machine time in which what should follow must have followed."""


class StoryFailedError(Exception):
    """A step of the story did not happen."""


class Answer(Struct, frozen=True):
    """Status and decoded JSON body of an answer."""

    status: int
    body: Any


class Caller(Struct, frozen=True):
    """Somebody with a token, or nobody in particular."""

    token: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """What proves who calls."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


NOBODY = Caller()


class Stage:
    """Calls a running demo and tells the timeline in trial time, as the site's clock shows it."""

    def __init__(self, demo: Demo, http: aiohttp.ClientSession, tell: Callable[[str], None]) -> None:
        self._demo = demo
        self._http = http
        self._tell = tell
        self._zone = ZoneInfo(seed.SITE_ZONE)

    async def call(self, caller: Caller, method: str, path: str, body: object = None) -> Answer:
        """Send one request; the story has no refusals, so that one ends it."""
        url = self._demo.api_url + path
        async with self._http.request(method, url, json=body, headers=caller.headers) as answer:
            text = await answer.text()
            if answer.status >= HTTPStatus.BAD_REQUEST:
                msg = f"{method} {path} was refused: {text}"
                raise StoryFailedError(msg)
            return Answer(answer.status, msgspec.json.decode(text))

    def saw(self, fact: bool, sentence: str, evidence: object = "") -> None:
        """Tell a line if it is true; raise StoryFailedError if it is not."""
        if not fact:
            msg = f"did not happen: {sentence} {evidence}"
            raise StoryFailedError(msg)
        self._tell(f"  {self.local_now():%H:%M:%S}  {sentence}")

    def local_now(self) -> datetime:
        """Return trial time as the site's clock shows it."""
        return self._demo.sandbox.clock().astimezone(self._zone)

    async def until(self, look: Callable[[], Awaitable[Any]], sentence: str) -> Any:
        """Wait until a look brings something, and tell it."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not (found := await look()):  # noqa: ASYNC110 - it looks through HTTP, as a person would
                    await asyncio.sleep(0.02)
        except TimeoutError:
            found = None
        self.saw(bool(found), sentence)
        return found

    async def texts(self, name: str) -> list[str]:
        """Return what the phone of one of the cast received."""
        number = seed.member(name).phone
        answer = await self.call(NOBODY, "GET", f"/sandbox/phones/{number}/messages")
        return [each["body"] for each in answer.body["messages"]]


async def play(demo: Demo, tell: Callable[[str], None]) -> None:
    """Play the story against a running demo; raise StoryFailedError unless every step really happened."""
    async with aiohttp.ClientSession() as http:
        stage = Stage(demo, http, tell)
        before = {each.name: len(await stage.texts(each.name)) for each in seed.CAST}
        alice = await sign_in(stage, "Alice")
        participant = await register(stage, alice)
        lin = await activate(stage, alice, participant, "participant", "Lin")
        await read_year(stage, lin)
        caregiver = await activate(stage, alice, participant, "caregiver", "Lin's caregiver")
        report_id = await report(stage, caregiver)
        bobs = await stage.until(lambda: _newest(stage, "Bob", before), "Bob's phone receives the text")
        await wait_unanswered(stage)
        danas = await stage.until(lambda: _newest(stage, "Dana", before), "Dana's phone receives it")
        stage.saw(bobs != danas, f"each text has a code of its own:\n            {bobs}\n            {danas}")
        dana, alert_id = await acknowledge(stage)
        await silence(stage, before, "PT9M", "nine minutes later")
        await seen(stage, caregiver, report_id)
        await reach(stage, dana, alert_id)
        await silence(stage, before, "PT1H", "another hour later")


async def sign_in(stage: Stage, name: str) -> Caller:
    """Sign one of the cast in."""
    keys = (await stage.call(NOBODY, "GET", "/sandbox/staff")).body["staff"]
    key = next(each for each in keys if each["name"] == name)
    body = {part: key[part] for part in ("email", "password", "totp")} | {"deviceId": str(uuid4())}
    answer = await stage.call(NOBODY, "POST", "/v1/staff/sessions", body)
    stage.saw(answer.status == HTTPStatus.CREATED, f"{name} signs in", answer)
    return Caller(answer.body["accessToken"])


async def register(stage: Stage, alice: Caller) -> str:
    """Register Lin and record her administration; return her id."""
    site_id = (await stage.call(NOBODY, "GET", "/sandbox/staff")).body["siteId"]
    number = f"ZN-{secrets.randbelow(10**8):08}"
    body = {"siteId": site_id, "subjectNumber": number, "phase": "phase-1"}
    answer = await stage.call(alice, "POST", "/v1/participants", body)
    stage.saw(answer.status == HTTPStatus.CREATED, f"Alice registers Lin as {number}", answer)
    participant = str(answer.body["participantId"])
    given = {"givenOn": stage.local_now().date().isoformat()}
    answer = await stage.call(alice, "POST", f"/v1/participants/{participant}/administrations", given)
    stage.saw(answer.status == HTTPStatus.CREATED, "Alice records her administration", answer)
    return participant


async def activate(stage: Stage, alice: Caller, participant: str, role: str, who: str) -> Caller:
    """Have Alice issue a code, and redeem it on a phone; of a caregiver, after Lin has signed that she lets her in."""
    if role == "caregiver":
        signed = {"consentedOn": stage.local_now().date().isoformat(), "version": "v1"}
        path = f"/v1/participants/{participant}/consents/caregiver-access"
        await stage.call(alice, "PUT", path, signed)
    wanted = {"role": role, "language": "en"}
    issued = await stage.call(alice, "POST", f"/v1/participants/{participant}/activation-codes", wanted)
    body = {"code": issued.body["code"], "deviceId": str(uuid4())}
    answer = await stage.call(NOBODY, "POST", "/v1/activations", body)
    stage.saw(answer.status == HTTPStatus.CREATED, f"{who} activates the app", answer)
    return Caller(answer.body["accessToken"])


async def read_year(stage: Stage, lin: Caller) -> None:
    """Read the schedule, and count."""
    occasions = (await stage.call(lin, "GET", "/v1/me/schedule")).body["occasions"]
    visits = sum(each["kind"] == "visit" for each in occasions)
    weeks = {each["week"] for each in occasions if each["kind"] == "check-in"}
    fact = (visits, weeks) == (8, set(range(1, 53)))
    stage.saw(fact, f"Lin reads {len(weeks)} weeks and {visits} visits")


async def report(stage: Stage, caregiver: Caller) -> str:
    """Have the caregiver report that Lin cannot be woken; return the report's id."""
    form = (await stage.call(caregiver, "GET", "/v1/me/forms")).body["forms"][0]
    now = (await stage.call(NOBODY, "GET", "/sandbox/clock")).body["now"]
    body = {
        "formId": form["formId"],
        "formVersion": form["version"],
        "language": "en",
        "deviceTime": now,
        "answers": [{"type": "choice", "itemId": "cannot-be-woken", "choice": "yes"}],
    }
    report_id = str(uuid4())
    answer = await stage.call(caregiver, "PUT", f"/v1/me/reports/{report_id}", body)
    stage.saw(answer.status == HTTPStatus.CREATED, 'Her caregiver reports: "cannot be woken"', answer)
    advice = f"{answer.body['advice']['headline']} {answer.body['advice']['text']}"
    stage.saw("call 120" in advice.lower(), f"The answer says: {advice}", advice)
    return report_id


async def wait_unanswered(stage: Stage) -> None:
    """Let ten minutes of trial time pass."""
    answer = await stage.call(NOBODY, "POST", "/sandbox/clock", {"advance": "PT10M"})
    stage.saw(answer.status == HTTPStatus.OK, "… ten minutes have passed, nobody has answered", answer)


async def acknowledge(stage: Stage) -> tuple[Caller, str]:
    """Have Dana find the alert and take it; return her and the alert's id."""
    dana = await sign_in(stage, "Dana")
    alerts = (await stage.call(dana, "GET", "/v1/alerts")).body["alerts"]
    alert = next(each for each in alerts if each["state"] == "open")
    answer = await stage.call(dana, "POST", f"/v1/alerts/{alert['alertId']}/acknowledgements")
    taken = answer.status == HTTPStatus.CREATED and answer.body["acknowledgedBy"] == "Dana"
    stage.saw(taken, f"Dana acknowledges the alert ({alert['level']}, {', '.join(alert['signals'])})", answer)
    return dana, str(alert["alertId"])


async def silence(stage: Stage, before: Mapping[str, int], wait: str, words: str) -> None:
    """Let time pass and see that nobody else was paged."""
    await stage.call(NOBODY, "POST", "/sandbox/clock", {"advance": wait})
    got = {name: len(await stage.texts(name)) - count for name, count in before.items()}
    wanted = {name: int(name in {"Bob", "Dana"}) for name in before}
    stage.saw(got == wanted, f"… {words}, nobody else has been paged", got)


async def seen(stage: Stage, caregiver: Caller, report_id: str) -> None:
    """Read in the app that a doctor has seen it."""
    page = (await stage.call(caregiver, "GET", f"/v1/me/reports/{report_id}")).body["page"]
    told = page["status"] == "seen-by-doctor" and "seen by a doctor" in page["text"].lower()
    stage.saw(told, f"Lin's app, on her caregiver's phone, reads: {page['text']}", page)


async def reach(stage: Stage, dana: Caller, alert_id: str) -> None:
    """Have Dana record that she reached the caregiver, so that her acknowledgement does not lapse."""
    outcome = {"outcome": "spoke-with-caregiver"}
    answer = await stage.call(dana, "POST", f"/v1/alerts/{alert_id}/contacts", outcome)
    stage.saw(answer.status == HTTPStatus.CREATED, "Dana records that she spoke with the caregiver", answer)


async def _newest(stage: Stage, name: str, before: Mapping[str, int]) -> str:
    texts = await stage.texts(name)
    return texts[-1] if len(texts) > before[name] else ""
