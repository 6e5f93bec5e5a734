"""A phone that holds its schedule is told so by one statement, and only if it does hold it, and only if it may."""

import random
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any

import httpx
import pytest
from asyncpg.connection import LoggedQuery
from litestar.types import ASGIApp
from msgspec.structs import replace

from api import editions
from api.app import build_app
from domain.people import Role
from domain.records.rows import APP_ROLE, open_pool
from tests.support.clinic import Clinic, Person, owner
from tests.support.desk import choose, correct, end, second_phone, visit
from tests.support.problems import refused
from tests.support.tokens import session_of
from tests.support.year import SHANGHAI, check_in, days, today

Json = Any
SPARED = ("/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/forms/on-demand/versions/2")
"""What a phone is told of without the body being made."""

RECORDED = (1, 2, 4, 8)
ACTS = ("complete", "miss", "reopen", "reschedule", "check-in", "language", "correct", "nothing")


def near(app: ASGIApp) -> httpx.AsyncClient:
    """Somebody who asks this application without a network."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # both say the same of ASGI in other words
    return httpx.AsyncClient(transport=transport, base_url="http://clinic")


class Counted:
    """The application on a single connection of its own, and every statement that it sends there."""

    def __init__(self, http: httpx.AsyncClient, said: list[LoggedQuery]) -> None:
        self.http, self.said = http, said

    async def get(self, person: Person, path: str, held: str = "") -> httpx.Response:
        self.said.clear()
        bearer = {"Authorization": f"Bearer {person.tokens['accessToken']}"}
        return await self.http.get(path, headers={**bearer, "If-None-Match": held})

    @property
    def statements(self) -> list[str]:
        return [" ".join(each.query.split()) for each in self.said]


@pytest.fixture
async def counted(ward: Clinic) -> AsyncIterator[Counted]:
    pool = await open_pool(ward.settings.database_url, APP_ROLE, size=1)
    said: list[LoggedQuery] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(said.append)
    app = build_app(replace(ward.trial, pool=pool), ward.demo.edge)
    async with near(app) as http:
        yield Counted(http, said)
    await pool.close()


@pytest.mark.parametrize("path", SPARED)
async def test_a_304_costs_the_database_one_statement_and_no_transaction(
    ward: Clinic, counted: Counted, path: str
) -> None:
    lin, _ = await ward.lin(days=60)
    tag = (await counted.get(lin, path)).headers["etag"]
    # The first time a connection asks the catalogue what the types are, and once for each statement.
    await counted.get(lin, path, tag)
    assert (await counted.get(lin, path, tag)).status_code == 304
    (said,) = counted.statements
    assert said.startswith("select session, account")


async def test_the_whole_schedule_is_read_in_four_round_trips(ward: Clinic, counted: Counted) -> None:
    lin, _ = await ward.lin(days=60)
    for _ in range(2):
        assert (await counted.get(lin, "/v1/me/schedule")).status_code == 200
    assert [each.split()[0] for each in counted.statements] == ["select", "begin", "select", "commit"]


async def tags(person: Person) -> dict[str, str]:
    return {path: (await person.get(path)).headers["etag"] for path in SPARED}


async def still_out(person: Person, held: dict[str, str], token: str = "accessToken") -> None:
    """Whoever holds all tags and may not read gets no word of whether they are still good."""
    for path, tag in held.items():
        for wanted in (tag, "*"):
            answer = await person.call("GET", path, token=token, headers={"If-None-Match": wanted})
            refused(answer, 401, "token.refused")


async def test_whoever_signed_out_is_not_told_that_her_copy_is_good(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    held = await tags(lin)
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    await still_out(lin, held)


async def test_nor_whose_participation_has_ended(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    held = await tags(lin)
    assert (await end(alice, lin, today(ward))).status_code == 200
    await still_out(lin, held)


async def test_nor_a_caregiver_whose_access_was_taken_back(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    held = {"/v1/me/schedule": (await caregiver.get("/v1/me/schedule")).headers["etag"]}
    assert (await lin.call("DELETE", "/v1/me/consents/caregiver-access")).status_code == 204
    await still_out(caregiver, held)


async def test_nor_whose_phone_the_site_took_away(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    held = await tags(lin)
    phone = f"/v1/participants/{lin.participant_id}/devices/{(await session_of(lin)).id}"
    assert (await alice.call("DELETE", phone)).status_code == 204
    await still_out(lin, held)


async def test_nor_by_a_token_that_is_too_old_forged_or_not_for_this(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    held = await tags(lin)
    session = await session_of(lin)
    lin.tokens["old"] = ward.demo.edge.mint.access(
        session, Role.PARTICIPANT, session.rotated_at - timedelta(minutes=16)
    )
    lin.tokens["forged"] = lin.tokens["accessToken"][:-8] + "AAAAAAAA"
    lin.tokens["staff"] = alice.tokens["accessToken"]
    for token in ("old", "forged", "submissionToken", "staff"):
        await still_out(lin, held, token)
    assert (await lin.get("/v1/me/schedule", **{"If-None-Match": held["/v1/me/schedule"]})).status_code == 304


async def test_no_tag_of_another_participant_is_good(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    other, _ = await ward.lin()
    held = (await other.get("/v1/me/schedule")).headers["etag"]
    assert (await lin.get("/v1/me/schedule", **{"If-None-Match": held})).status_code == 200


async def test_her_phones_share_a_tag_and_another_language_has_another(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await ward.lin()
    other = await second_phone(alice, caregiver, "caregiver")
    assert (await choose(lin, language="zh-CN")).status_code == 200
    assert (await choose(other, language="en")).status_code == 200
    mine, theirs = await lin.get("/v1/me/schedule"), await other.get("/v1/me/schedule")
    assert mine.content != theirs.content
    assert mine.headers["etag"] != theirs.headers["etag"]
    assert (await choose(other, language="zh-CN")).status_code == 200
    again = await other.get("/v1/me/schedule", **{"If-None-Match": mine.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", SPARED)
async def test_under_another_protocol_no_tag_is_good(ward: Clinic, path: str) -> None:
    lin, _ = await ward.lin()
    held = (await lin.get(path)).headers["etag"]
    protocol = ward.trial.protocol
    texts = {
        name: replace(each, texts={key: f"{text} " for key, text in each.texts.items()})
        for name, each in protocol.texts.items()
    }
    signed = replace(protocol, texts=texts, digest="0" * 64)
    app = build_app(replace(ward.trial, protocol=signed), ward.demo.edge)
    bearer = {"Authorization": f"Bearer {lin.tokens['accessToken']}"}
    async with near(app) as http:
        answer = await http.get(path, headers={**bearer, "If-None-Match": held})
    assert answer.status_code == 200
    assert answer.headers["etag"] != held


async def test_a_release_put_over_a_running_program_does_not_lend_it_its_tags(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, _ = await ward.lin()
    editions.edition.cache_clear()
    app = build_app(ward.trial, ward.demo.edge)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(editions, "_files", lambda: iter(()))
        async with near(app) as http:
            bearer = {"Authorization": f"Bearer {lin.tokens['accessToken']}"}
            running = (await http.get("/v1/me/schedule", headers=bearer)).headers["etag"]
        editions.edition.cache_clear()
        async with near(build_app(ward.trial, ward.demo.edge)) as http:
            restarted = (await http.get("/v1/me/schedule", headers=bearer)).headers["etag"]
    editions.edition.cache_clear()
    assert running == (await lin.get("/v1/me/schedule")).headers["etag"]
    assert restarted != running


async def test_the_fhir_form_and_the_plain_one_have_tags_of_their_own(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    path, fhir = "/v1/forms/on-demand/versions/2", "application/fhir+json"
    plain = await lin.get(path)
    answer = await lin.get(path, Accept=fhir, **{"If-None-Match": plain.headers["etag"]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, fhir)
    again = await lin.get(path, Accept=fhir, **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.headers["vary"]) == (304, "Accept")


class Watcher:
    """Everything that both phones ever read of the schedule, by its tag."""

    def __init__(self, *phones: Person) -> None:
        self.phones = phones
        self.bodies: dict[str, bytes] = {}
        self.last: dict[Person, httpx.Response] = {}
        self.spared = 0

    async def look(self, what: str) -> None:
        """Read whole and by the tag that was held: the same tag never stands for other bytes."""
        for phone in self.phones:
            whole = await phone.get("/v1/me/schedule")
            tag = whole.headers["etag"]
            assert self.bodies.setdefault(tag, whole.content) == whole.content, what
            # The tag of the whole is that of the mark: two ways to it, and one answer.
            assert (await phone.get("/v1/me/schedule", **{"If-None-Match": tag})).status_code == 304, what
            if phone in self.last:
                held = self.last[phone]
                answer = await phone.get("/v1/me/schedule", **{"If-None-Match": held.headers["etag"]})
                assert (answer.status_code == 304) <= (held.content == whole.content), what
                self.spared += answer.status_code == 304
            self.last[phone] = whole


@pytest.mark.parametrize("seed", range(3))
async def test_through_weeks_in_which_anything_happens_no_tag_stands_for_two_schedules(
    clinic: Clinic, seed: int
) -> None:
    luck = random.Random(seed)  # noqa: S311 - reproducible, not secret
    alice = await clinic.staff("Alice")
    lin, caregiver = await clinic.lin(days=luck.randrange(25))
    watcher = Watcher(lin, caregiver)
    await watcher.look("begin")
    for turn in range(14):
        act = luck.choice(ACTS)
        await _act(act, luck, alice, lin, caregiver)
        await watcher.look(f"{turn} {act}")
        # No worker looks at her year: what it records is among the acts of tests/domain/test_freshness.py.
        clock = clinic.demo.sandbox.clock
        midnight = datetime.combine(today(clinic) + days(luck.choice((1, 1, 2, 7))), time(), SHANGHAI)
        await clock.move_to(midnight - timedelta(microseconds=luck.randrange(2)))
        await watcher.look(f"{turn} time after {act}")
    assert watcher.spared > 4
    assert len(watcher.bodies) > 4


async def _act(name: str, luck: random.Random, alice: Person, lin: Person, caregiver: Person) -> None:
    now = today(lin.clinic)
    if name in {"complete", "miss", "reopen", "reschedule"}:
        change = {
            "complete": {"completedOn": now.isoformat()},
            "reschedule": {"targetDate": (now + days(luck.randrange(12))).isoformat()},
        }.get(name, {})
        answer = await visit(alice, lin, luck.choice(RECORDED), action=name, reason="drawn", **change)
        assert answer.status_code in {200, 409}, answer.text
    elif name == "check-in":
        await check_in(lin)
    elif name == "language":
        assert (await choose(caregiver, language=luck.choice(("en", "zh-CN")))).status_code == 200
    elif name == "correct":
        answer = await correct(alice, lin, now - days(luck.randrange(25)))
        assert answer.status_code == 200, answer.text


async def test_a_plan_that_the_database_got_from_an_older_program_has_its_days_too(clinic: Clinic) -> None:
    """No writer names the first days: the database works them out, for every program that writes plans."""
    lin, _ = await clinic.lin(days=30)
    connection = await owner(clinic.settings.database_url)
    differing = await connection.fetchval(
        """
        select count(*) from plans where first_days <> (
            select jsonb_agg(each -> 'opens' order by place)
            from jsonb_array_elements(occasions) with ordinality as listed (each, place)
        )
        """
    )
    stored = await connection.fetchval("select count(*) from plans where jsonb_array_length(first_days) = 60")
    await connection.close()
    assert (differing, stored) == (0, 1)
    assert lin.participant_id
