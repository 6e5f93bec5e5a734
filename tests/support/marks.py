"""Two families at one site and one at another, and somebody of the staff of each: what each has is marked as hers.

Whoever walks through the contract knows every id, cursor, tag and secret that anybody was ever shown. What she is
answered may still have no mark in it but her own.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from api.examples import EXAMPLES
from api.openapi_files import committed_contract
from domain.people import Role, Site
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import enrolled, second_phone
from tests.support.proof import proof
from tests.support.requests_of import OPERATIONS
from tests.support.sites import Hired, hire, home, open_site
from tests.support.year import today

UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_METHODS = ("get", "put", "post", "patch", "delete")

_ACTS: tuple[tuple[str, Json], ...] = (
    ("acknowledgements", None),
    ("contacts", {"outcome": "spoke-with-participant"}),
    ("resolution", {"disposition": "admitted", "note": "a bed was free"}),
)

SUBJECTS = {"lin": "ZN-91000001", "mei": "ZN-91000002", "zoe": "TJ-91000003"}


class Actor(Struct, kw_only=True):
    """Somebody who asks, where she is, and the marks that she may see."""

    name: str
    person: Person
    site: str
    family: str = ""
    """Of a participant or caregiver; staff have none."""

    @property
    def mark(self) -> str:
        """What she writes wherever anything can be written, and nobody else."""
        return f"written-by-{self.name.replace(' ', '-')}"


class Pools:
    """What anybody was ever shown, and everybody may send."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.named: dict[str, list[str]] = {}
        """By what an answer calls them: participantId, alertId."""
        self.cursors: list[str] = []
        self.tags: list[str] = ["*"]
        self.secrets: list[str] = []

    def learn(self, answer: httpx.Response) -> None:
        self._keep(self.ids, *UUIDS.findall(answer.text))
        for name, value in re.findall(rf'"(\w+Id)":"({UUIDS.pattern})"', answer.text):
            self._keep(self.named.setdefault(name, []), value)
        self._keep(self.cursors, *re.findall(r'"nextCursor":"([^"]+)"', answer.text))
        self._keep(self.secrets, *re.findall(r"/v1/calendars/([\w-]+)\.ics", answer.text))
        if "etag" in answer.headers:
            self._keep(self.tags, answer.headers["etag"])

    def _keep(self, pool: list[str], *found: str) -> None:
        pool += [each for each in dict.fromkeys(found) if each not in pool]


class Luck:
    """Draws from the pools, the numbers that a test has drawn; the last of a pool when they are all used."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def number(self) -> int:
        return self.numbers.pop() if self.numbers else -1

    def of(self, pool: list[str]) -> str:
        return pool[self.number() % len(pool)] if pool else "nothing"


class Town:
    """Everybody, and what each operation takes."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.actors: list[Actor] = []
        self.pools = Pools()
        self.marks: dict[str, set[str]] = {}
        """Whose: "participant lin", "family lin", "site here"; and what is hers alone."""
        self.contract: Json = json.loads(committed_contract().read_bytes())

    async def open(self) -> None:
        here, there = await home(self.clinic), await open_site(self.clinic, "Tongji")
        for site, name, families in ((here, "here", ("lin", "mei")), (there, "there", ("zoe",))):
            hired = await hire(self.clinic, f"Desk{name}", Role.INVESTIGATOR, site)
            desk = hired.person
            self.actors.append(Actor(name=f"staff {name}", person=desk, site=name))
            self.marks[f"site {name}"] = {str(site.id), f"Desk{name}"}
            if site is here:
                drill = await desk.post(f"/v1/sites/{site.id}/drills")
                assert drill.status_code == 201, drill.text
                self.marks[f"site {name}"].add(drill.json()["drillId"])
            for family in families:
                await self._move_in(desk, site, name, family)
                await self._ring(hired, name)
            # Who reads the trail; after the families, whose desk is the first of the staff.
            monitor = (await hire(self.clinic, f"Looks{name}", Role.MONITOR, site)).person
            self.actors.append(Actor(name=f"monitor {name}", person=monitor, site=name))
            self.marks[f"site {name}"].add(f"Looks{name}")

    async def _move_in(self, desk: Person, site: Site, at: str, family: str) -> None:
        lin = await enrolled(desk, site, SUBJECTS[family], today(self.clinic))
        self.marks[f"family {family}"] = {SUBJECTS[family], lin.participant_id}
        for role, phone in (("participant", lin), ("caregiver", await second_phone(desk, lin, "caregiver"))):
            actor = Actor(name=f"{role} {family}", person=phone, site=at, family=family)
            self.actors.append(actor)
            self.marks[actor.name] = {actor.mark}
            path = f"/v1/participants/{lin.participant_id}/phone-numbers/{role}"
            number = f"+86199{UUID(lin.participant_id).int % 10**7:07}{'1' if role == 'caregiver' else '0'}"
            answer = await desk.put(path, {"phone": number, "language": "en"})
            assert answer.status_code == 200, answer.text
            self.marks[actor.name].add(number)
            shown = (await phone.get("/v1/me/reminders")).json()["reminders"]
            self.marks[actor.name] |= {each["reminderId"] for each in shown}

    async def _ring(self, hired: Hired, at: str) -> None:
        """The caregiver who came last reports an emergency, which is reached and put away, and then another one."""
        desk = hired.person
        for is_last in (False, True):
            caregiver = self.actors[-1]
            answers = {"cannot-be-woken": "yes", "free-text": caregiver.mark}
            report = await caregiver.person.report(answers, form=caregiver.mark)
            assert report.status_code == 201, report.text
            self.marks[caregiver.name].add(report.json()["reportId"])
            alert_id = (await desk.get("/v1/alerts")).json()["alerts"][0]["alertId"]
            self.marks[f"site {at}"].add(alert_id)
            for act, body in () if is_last else _ACTS:
                signed = await self._signed(hired, alert_id) if act == "resolution" else {}
                answer = await desk.post(f"/v1/alerts/{alert_id}/{act}", {**body, **signed} if body else None)
                assert answer.status_code == 201, answer.text

    async def _signed(self, hired: Hired, alert_id: str) -> Json:
        """What makes a resolution a signature: the version that is read now, and a fresh proof."""
        read = await hired.person.get(f"/v1/alerts/{alert_id}")
        assert read.status_code == 200, read.text
        return {"version": read.json()["version"], "proof": await proof(self.clinic, hired.sign_in)}

    def learn(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Let everybody know what was shown. An id that somebody has sent to be stored is no mark any more."""
        self.pools.learn(answer)
        if request.method != "GET":
            used = set(UUIDS.findall(f"{request.url.path}{request.content.decode()}"))
            self.marks = {whose: marks - used for whose, marks in self.marks.items()}

    def hidden_from(self, actor: Actor) -> dict[str, set[str]]:
        """Return the marks that she may not be shown, by whose they are."""
        return {whose: marks for whose, marks in self.marks.items() if not self._may_see(actor, whose)}

    def _may_see(self, actor: Actor, whose: str) -> bool:
        if actor.family:
            return whose in {actor.name, f"family {actor.family}"}
        families = {each.family for each in self.actors if each.family and each.site == actor.site}
        return whose == f"site {actor.site}" or whose.rpartition(" ")[2] in families

    def operations(self, actor: Actor, *left_out: str) -> Iterator[tuple[str, str, Json]]:
        """Return method, path and description of what she may call; of staff, what reads."""
        for path, methods in self.contract["paths"].items():
            for method in _METHODS:
                described = methods.get(method)
                if described is None or described["operationId"] in left_out:
                    continue
                is_hers = path.startswith(("/v1/me", "/v1/forms", "/v1/calendars"))
                if is_hers if actor.family else method == "get" and path.startswith("/v1/"):
                    yield method.upper(), path, described

    def request(self, actor: Actor, method: str, path: str, described: Json, luck: Luck) -> httpx.Request:
        """Return a request with ids, cursors, tags and secrets of anybody in every place that takes one."""
        places = {each["name"]: self._place(each["name"], luck) for each in _named(described, "path")}
        asked = {
            each["name"]: self._place(each["name"], luck)
            for each in _named(described, "query")
            if luck.number() % 2 or each["name"] == "siteId"
        }
        takes_reports = {"submissionToken": []} in described.get("security", ())
        token = "submissionToken" if takes_reports and luck.number() % 3 == 0 else "accessToken"
        headers = {
            "Authorization": f"Bearer {actor.person.tokens[token]}",
            "If-Match": self.pools.tags[luck.number() % len(self.pools.tags)]
            if luck.number() % 3 == 0
            else "*",
        }
        if method == "GET" and luck.number() % 3 == 0:
            headers["If-None-Match"] = luck.of(self.pools.tags[1:])
        body = self._body(actor, f"{method} {path}", luck) if "requestBody" in described else None
        address = path.format(**places)
        return self.clinic.http.build_request(method, address, params=asked, json=body, headers=headers)

    def _place(self, name: str, luck: Luck) -> str:
        usual = {
            "version": ["1", "2"],
            "week": ["1"],
            "administration": ["1"],
            "role": ["participant", "caregiver"],
            "kind": ["sms", "caregiver-access"],
            "action": ["report.submit", "session.activate"],
            "formId": ["on-demand", "caregiver", "check-in"],
            "limit": ["1", "2", "100"],
            "days": ["60"],
            "state": ["live", "resolved"],
            "from": [self.clinic.trial.now().isoformat()],
            "to": ["2099-01-01T00:00:00Z"],
            # The newest are those that are still good.
            "secret": self.pools.secrets[-3:] or ["nothing"],
            "cursor": self.pools.cursors or ["nothing"],
        }
        known = usual.get(name) or self.pools.named.get(name) or self.pools.ids
        return luck.of(known if luck.number() % 5 else self.pools.ids)

    def _body(self, actor: Actor, operation: str, luck: Luck) -> Json:
        """The example of the contract, with anybody's ids in it and her mark in every free text."""
        example = msgspec.to_builtins(EXAMPLES[OPERATIONS[operation].name][0].value)
        return _changed(example, actor.mark, lambda: luck.of(self.pools.ids))


def _named(described: Json, place: str) -> list[Json]:
    return [each for each in described["parameters"] if each.get("in") == place]


def _changed(value: Json, mark: str, an_id: Any) -> Json:
    if isinstance(value, dict):
        # A form that nobody knows is no refusal, and is the one thing that is written and shown again to her.
        free = {"text", "reason", "note", "formId"}
        return {name: mark if name in free else _changed(each, mark, an_id) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(each, mark, an_id) for each in value]
    return an_id() if isinstance(value, str) and UUIDS.fullmatch(value) else value
