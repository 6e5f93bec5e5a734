"""`nightbell demo` as a newcomer meets it: a real process, stopped, killed and started again."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from msgspec import Struct

from api import story
from api.app import build_app
from api.routes.sandbox import HANDLERS
from api.wiring import work
from tests.support.clinic import Clinic
from tests.support.database import scratch_directory
from tests.support.http import serve
from tests.support.problems import refused

NIGHTBELL = Path(sys.executable).with_name("nightbell")


class Shown(Struct, frozen=True):
    """What a running demo has told whoever started it."""

    process: asyncio.subprocess.Process
    text: str

    def after(self, label: str) -> str:
        """The word after a label of the welcome."""
        found = re.search(rf"{re.escape(label)}\s+(\S+)", self.text)
        assert found, self.text
        return found[1]

    @property
    def api(self) -> str:
        """Where the API is served."""
        return self.after("API reference").removesuffix("/docs")


@pytest.fixture
def directory() -> Iterator[Path]:
    with scratch_directory() as scratch:
        yield scratch


async def nightbell(directory: Path, *words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        NIGHTBELL, *words, cwd=directory, env={"PATH": os.environ["PATH"]}, stdout=pipe, stderr=pipe
    )


@contextlib.asynccontextmanager
async def demo(directory: Path) -> AsyncIterator[Shown]:
    process = await nightbell(directory, "demo")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            text = await process.stdout.readuntil(b"Stop with Ctrl-C")
        yield Shown(process, text.decode())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def activate(shown: Shown, device_id: str) -> httpx.Response:
    body = {"code": shown.after("her code"), "deviceId": device_id}
    async with httpx.AsyncClient(base_url=shown.api) as http:
        return await http.post("/v1/activations", json=body)


async def me(shown: Shown, token: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=shown.api) as http:
        return await http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def servers(directory: Path) -> list[str]:
    """The processes whose command line names a directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found += [command] if str(directory) in command else []
    return found


async def test_what_the_demo_prints_is_there_and_it_ends_without_a_trace(directory: Path) -> None:
    async with demo(directory) as shown:
        addresses = [
            shown.after(label)
            for label in ("API reference", "contract", "sandbox contract", "phones (inbox)")
        ]
        async with httpx.AsyncClient(base_url=shown.api) as http:
            health = [f"/health/{each}" for each in ("live", "ready", "safety")]
            answers = {each: (await http.get(each)).status_code for each in (*addresses, *health)}
        assert set(answers.values()) == {200}, answers
        assert (await activate(shown, str(uuid4()))).status_code == 201
        assert servers(directory)
        shown.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(shown.process.wait(), 20) == 0
    assert servers(directory) == []


async def test_a_killed_demo_finds_its_data_again_and_lin_is_still_signed_in(directory: Path) -> None:
    device_id = str(uuid4())
    async with demo(directory) as killed:
        tokens = (await activate(killed, device_id)).json()
        before = (await me(killed, tokens["accessToken"])).json()
        killed.process.kill()
        await killed.process.wait()
    async with demo(directory) as again:
        after = await me(again, tokens["accessToken"])
        assert (after.status_code, after.json()) == (200, before)
        assert again.after("Lin, subject").rstrip(",") != before["subjectNumber"]


async def test_a_killed_demo_finds_its_keys_again(directory: Path) -> None:
    device_id = str(uuid4())
    async with demo(directory) as killed, httpx.AsyncClient(timeout=60) as http:
        view = (await http.post(f"{killed.api}/sandbox/keys")).json()
        assert f"curl -s -X POST {killed.api}/sandbox/keys" in killed.text
        made = (await http.post(f"{view['apiUrl']}/sandbox/participants", json={})).json()
        body = {"code": made["participantCode"], "deviceId": device_id}
        tokens = (await http.post(f"{view['apiUrl']}/v1/activations", json=body)).json()
        await http.post(f"{view['apiUrl']}/sandbox/clock", json={"advance": "P3D"})
        killed.process.kill()
        await killed.process.wait()
    bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
    async with demo(directory) as again, httpx.AsyncClient(timeout=60, headers=bearer) as http:
        below = f"{again.api}/k/{view['key']}"
        assert (await http.get(f"{below}/v1/me")).json()["subjectNumber"] == made["subjectNumber"]
        now = datetime.fromisoformat((await http.get(f"{below}/sandbox/clock")).json()["now"])
        assert now - datetime.now(UTC) > timedelta(days=2)
        assert (await http.get(f"{again.api}/v1/me")).status_code == 401


async def test_a_second_demo_on_the_same_data_is_refused_in_one_line(directory: Path) -> None:
    async with demo(directory):
        second = await nightbell(directory, "demo")
        _, said = await second.communicate()
    assert second.returncode == 1
    assert re.fullmatch(r"nightbell: Another Nightbell is running .*\n", said.decode())


async def test_demo_once_tells_the_story_and_leaves_nothing_behind(directory: Path) -> None:
    process = await nightbell(directory, "demo", "--once")
    told, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    lines = [line for line in told.decode().splitlines() if re.match(r"  \d\d:\d\d:\d\d  ", line)]
    wanted = ["reports", "Bob's phone", "ten minutes", "Dana's phone", "acknowledges", "Seen by a doctor"]
    places = [[n for n, line in enumerate(lines) if word in line] for word in wanted]
    assert all(places), lines
    assert places == sorted(places)
    assert [*(directory / ".data").iterdir()] == []
    assert servers(directory) == []


@contextlib.asynccontextmanager
async def worker(clinic: Clinic) -> AsyncIterator[None]:
    working = asyncio.create_task(work(clinic.demo.sandbox.worker, clinic.settings))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])


async def test_the_story_ends_in_failure_when_the_provider_refuses_every_text(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_PATIENCE_SECONDS", 1.0)
    clinic.fault("refuse", code=21610)
    told: list[str] = []
    async with worker(clinic):
        with pytest.raises(story.StoryFailedError, match="Bob's phone receives the text"):
            await story.play(clinic.demo, told.append)
    assert not any("Bob's phone" in line for line in told)


async def test_the_story_ends_in_failure_when_nobody_works(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_PATIENCE_SECONDS", 0.2)
    with pytest.raises(story.StoryFailedError):
        await story.play(clinic.demo, lambda _: None)


async def test_production_has_no_sandbox_route_at_all(clinic: Clinic) -> None:
    paths = {path for handler in HANDLERS for path in handler.paths}
    assert len(paths) >= 5
    async with (
        serve(build_app(clinic.trial, clinic.demo.edge)) as url,
        httpx.AsyncClient(base_url=url) as http,
    ):
        for path in (*paths, "/sandbox/openapi.json"):
            plain = re.sub(r"\{[^}]*\}", "%2B8619900000002", path)
            for method in ("GET", "POST", "PUT", "DELETE"):
                assert (await http.request(method, plain, json={})).status_code == 404, (method, plain)
        # Nor a path that stands for a sandbox.
        refused(await http.get("/k/23456789bcdfgh/health/live"), 404, "not-found")
        assert (await http.get("/health/live")).status_code == 200
