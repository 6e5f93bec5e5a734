"""One scene as it is played: a fresh participant, a fresh installation, and what is judged of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from api.conformance.driven import Driven, DriverFailedError, SeenReport, State
from api.conformance.road import Road, When
from api.conformance.sent import Json, Sending, Sent, sendings_of
from api.conformance.tricks import refuse
from api.conformance.world import Enrolled, World

Answers = list[Json]

_LINES = 6
"""How many requests of a scene are shown as evidence."""

_STEP_SECONDS = 10.0

PATIENCE_SECONDS = 10.0
"""How long an app is told to wait for one answer: on a busy machine nothing may seem to hang that does not."""

SHORT_PATIENCE_SECONDS = 2.0
"""The same in scenes that hang, which last as long."""


class Standing(StrEnum):
    """How a promise stands after a run."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_TRIED = "not tried"


class Verdict(Struct, frozen=True, kw_only=True):
    """What one scene says of one promise, and what it saw; of requests never a secret or an answer."""

    promise: str
    standing: Standing
    said: str
    requests: tuple[str, ...] = ()


class Scene(Struct, frozen=True):
    """What is played, and which promises it judges."""

    play: Callable[["Stage"], Awaitable[None]]
    promises: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the report calls it."""
        return self.play.__name__.replace("_", " ")


def choice(item_id: str, chosen: str) -> Json:
    """Return the answer to one question."""
    return {"type": "choice", "itemId": item_id, "choice": chosen}


EMERGENCY = [choice("cannot-be-woken", "yes"), choice("fainted", "no")]
"""On the caregiver's form."""

QUIET = [choice("cannot-be-woken", "no"), choice("fainted", "no")]


def anything(sent: Sent) -> bool:
    """Fit every request."""
    return not sent.astray


def reads(path: str) -> When:
    """Fit a reading of one address."""
    return lambda sent: sent.method == "GET" and sent.path == path


class Stage:
    """The app, the road and the sandbox, in the hands of a scene."""

    def __init__(self, driven: Driven, road: Road, world: World) -> None:
        self.road, self.world = road, world
        self._driven = driven
        self.state = State()
        self.verdicts: list[Verdict] = []
        self.who: Enrolled | None = None
        self.passed = self.offset = 0.0

    @property
    def her(self) -> Enrolled:
        """Whose app it is."""
        if self.who is None:
            self.who = Enrolled(participant_id="", participant_code="", caregiver_code="")
        return self.who

    async def tell(self, do: str, **with_: object) -> State:
        """Give the app one command."""
        self.state = await self._driven.tell(do, **with_)
        return self.state

    async def look(self) -> State:
        """See what she sees now, also while another command is under way."""
        return await self._driven.tell("state")

    async def install(self, *, offset: float = 0.0, patience: float = PATIENCE_SECONDS) -> None:
        """Start a fresh installation for a fresh participant."""
        self.road.begin()
        self.who, self.passed, self.offset = await self.world.enrol(), 0.0, offset
        await self.tell(
            "start",
            baseUrl=self.road.url,
            language="en",
            patienceSeconds=patience,
            offsetSeconds=offset,
        )

    async def enter(self, *, offset: float = 0.0, patience: float = PATIENCE_SECONDS) -> None:
        """Start a fresh installation, and activate it as a caregiver's."""
        await self.install(offset=offset, patience=patience)
        await self.tell("activate", code=self.her.caregiver_code)

    async def report(self, answers: Answers = EMERGENCY) -> State:
        """Let her finish a report."""
        return await self.tell("report", formId="caregiver", answers=answers)

    async def let_pass(self, seconds: float, *, step: float = _STEP_SECONDS) -> None:
        """Let time pass for the app, in steps, so that it is known when it sent what."""
        while seconds > 0:
            await self.tell("pass", seconds=min(step, seconds))
            self.passed += min(step, seconds)
            seconds -= step

    async def until_stored(self, *, most: float = 600.0) -> bool:
        """Let time pass until the app believes that all its reports are stored; say whether it came to that."""
        left = most
        while not self.all_stored and left > 0:
            await self.let_pass(30, step=30)
            left -= 30
        return self.all_stored

    async def during(
        self, do: Awaitable[object], meanwhile: Callable[[], Awaitable[object]], when: When
    ) -> None:
        """Do something while the app waits for the answer to a request that fits."""
        before = len(self.road.sent)
        doing = asyncio.ensure_future(do)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not any(map(when, self.road.sent[before:])) and not doing.done():  # noqa: ASYNC110 - it looks at the road
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pass
        await meanwhile()
        self.road.let_go.set()
        await doing

    async def quietly(self, do: Awaitable[object]) -> None:
        """Do what may fail, for the app is killed in the middle of it."""
        with contextlib.suppress(DriverFailedError):
            await do

    async def until_given_up(self) -> None:
        """Wait until the app has had enough of what hangs, or is known to have no such patience."""
        await asyncio.sleep(SHORT_PATIENCE_SECONDS * 1.5)

    def offline(self) -> None:
        """Take the network away."""
        self.road.play(anything, refuse)

    def online(self) -> None:
        """Give the network back, and end all tricks."""
        self.road.tricks.clear()

    @property
    def all_stored(self) -> bool:
        """Whether the app believes of each report that the server has it."""
        return all(each.standing == "stored" for each in self.state.reports) and bool(self.state.reports)

    @property
    def last(self) -> SeenReport:
        """The newest report, as she sees it."""
        if not self.state.reports:
            return SeenReport("", "", clinic_knows=False, shown="")
        return self.state.reports[-1]

    def sendings(self, since: int = 0) -> list[Sending]:
        """Every report on its way since a place on the road."""
        return [sending for sent in self.road.sent[since:] for sending in sendings_of(sent)]

    def mark(self) -> int:
        """Return where the road is now."""
        return len(self.road.sent)

    def wall(self) -> datetime:
        """Return what the phone's clock shows."""
        return datetime.now(UTC) + timedelta(seconds=self.passed + self.offset)

    def form(self) -> Json:
        """Return the caregiver's form as the app read it last; empty where it never did."""
        found = [
            document
            for path, document in self.road.documents.items()
            if path.startswith("/v1/forms/caregiver/versions/")
        ]
        return found[-1] if found else {}

    def advice(self, level: str) -> tuple[str, str]:
        """Return headline and text that the form has for a level."""
        found: list[Mapping[str, str]] = [
            each for each in self.form().get("advice", []) if each["level"] == level
        ]
        return (found[0]["headline"], found[0]["text"]) if found else ("(no form was read)", "")

    def judge(self, promise: str, fact: bool, said: str) -> None:
        """Say whether a promise was kept, and by what that is seen."""
        lines = tuple(sent.line for sent in self.road.sent[-_LINES:])
        standing = Standing.KEPT if fact else Standing.BROKEN
        self.verdicts.append(Verdict(promise=promise, standing=standing, said=said, requests=lines))

    def skip(self, promise: str, said: str) -> None:
        """Say why a promise could not be tried."""
        self.verdicts.append(Verdict(promise=promise, standing=Standing.NOT_TRIED, said=said))
