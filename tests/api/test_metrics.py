"""The operator's metrics: what is counted, what the auditor finds, and nothing of anybody."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace

from api import metrics, seed
from api.metrics import measured, metrics_app
from domain.records import auditor
from notifications import trial
from notifications.trial import Trial
from tests.support.clinic import Clinic, owner
from tests.support.http import serve
from tests.support.watch import EMERGENCY, alert_of, take

WORDS = "我吐血了 zhangsan"
LABEL = re.compile(r'(\w+)="([^"]*)"')


@asynccontextmanager
async def scraped(of: Trial) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's port of a process that runs this trial."""
    async with serve(metrics_app(of)) as url, httpx.AsyncClient(base_url=url) as http:
        yield http


async def shown(of: Trial) -> dict[str, float]:
    """Every series of a process and its value."""
    async with scraped(of) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines)}


def findings(series: dict[str, float]) -> dict[str, float]:
    prefix = 'nightbell_auditor_findings{kind="'
    return {name[len(prefix) : -2]: value for name, value in series.items() if name.startswith(prefix)}


async def test_a_trial_at_rest_is_shown_safe_with_every_kind_at_nought(clinic: Clinic) -> None:
    series = await shown(clinic.trial)
    assert (series["nightbell_safe"], series["nightbell_auditor_up"]) == (1, 1)
    assert findings(series) == dict.fromkeys(auditor.KINDS, 0)
    assert 0 < series["nightbell_auditor_seconds"] < 2
    assert series["nightbell_clock_drift_seconds"] == 0


async def test_what_is_found_is_shown_with_its_age_and_no_node_is_the_less_ready(
    clinic: Clinic, clinic_url: str
) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"free-text": "dizzy"})
    hand = await owner(clinic_url)
    await hand.execute("update tasks set due_at = now() - interval '2 hours'")
    await hand.close()
    series = await shown(clinic.trial)
    assert series["nightbell_safe"] == 0
    assert {kind: count for kind, count in findings(series).items() if count} == {"tasks_past_their_time": 1}
    age = series['nightbell_auditor_oldest_seconds{kind="tasks_past_their_time"}']
    assert 7200 <= age < 7300
    assert (await clinic.http.get("/health/ready")).status_code == 200


async def test_a_wrong_clock_is_shown_unsafe(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = trial.machine_now() + timedelta(seconds=5)
    monkeypatch.setattr(trial, "machine_now", lambda: ahead)
    series = await shown(clinic.trial)
    assert series["nightbell_safe"] == 0
    assert series["nightbell_clock_drift_seconds"] > 2


async def test_requests_steps_claims_and_calls_are_counted_where_they_happen(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    clinic.fault("refuse", "Dana", code=21610)
    await caregiver.report(EMERGENCY)
    await clinic.advance(minutes=10)
    await take(await clinic.staff("Erin"))
    await clinic.advance(minutes=10)
    await clinic.http.get("/v1/nowhere")

    api = await shown(clinic.trial)
    assert api['nightbell_requests_total{operation="report.submit",status="2xx"}'] == 1
    assert api['nightbell_request_seconds_count{operation="report.submit"}'] == 1
    assert api['nightbell_requests_total{operation="none",status="4xx"}'] == 1

    worker = await shown(clinic.demo.sandbox.worker)
    assert not [name for name in worker if name.startswith("nightbell_requests_total{")]
    assert worker['nightbell_provider_calls_total{outcome="refused",provider="twilio"}'] == 1
    assert worker['nightbell_provider_calls_total{outcome="accepted",provider="twilio"}'] >= 3
    assert worker['nightbell_alert_moves_total{action="alert.step"}'] >= 2
    assert worker['nightbell_alert_moves_total{action="alert.lapse"}'] == 1
    assert worker['nightbell_claims_total{queue="pages"}'] >= 4
    assert worker["nightbell_heartbeat_last_success_timestamp_seconds"] == 0


async def test_nothing_of_anybody_is_in_the_metrics(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin()
    await caregiver.report({**EMERGENCY, "free-text": WORDS})
    await clinic.settle()
    bob = await clinic.staff("Bob")
    await take(bob)
    alert = await alert_of(bob)
    await bob.get(f"/v1/alerts/{WORDS}")
    async with scraped(clinic.trial) as api, scraped(clinic.demo.sandbox.worker) as worker:
        text = (await api.get("/metrics")).text + (await worker.get("/metrics")).text
    me = (await lin.get("/v1/me")).json()
    planted = {
        *WORDS.split(),
        *(text for each in seed.CAST for text in (each.name, each.email, each.phone, each.phone[1:])),
        *(me["subjectNumber"], lin.participant_id, lin.device_id, alert["alertId"]),
        *(lin.tokens["accessToken"], clinic.settings.public_url, clinic.settings.twilio_auth_token),
    }
    assert {each for each in planted if each.lower() in text.lower()} == set()
    labels = {value for name, value in LABEL.findall(text) if name != "le"}
    assert "report.submit" in labels
    assert {value for value in labels if not re.fullmatch(r"[a-z][a-z._-]*|[1-5]xx", value)} == set()


async def test_a_frozen_database_is_said_and_no_finding_is_made_up_and_readiness_stays(
    clinic: Clinic, clinic_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PATIENCE_SECONDS", 0.2)
    hand = await owner(clinic_url)
    async with hand.transaction():
        await hand.execute("lock table alerts, messages, reports, tasks in access exclusive mode")
        async with asyncio.timeout(3):
            series = await shown(clinic.trial)
        assert (await clinic.http.get("/health/ready")).status_code == 200
    assert (series["nightbell_auditor_up"], series["nightbell_safe"]) == (0, 0)
    assert findings(series) == {}
    assert "nightbell_auditor_seconds" not in series
    await hand.close()
    assert (await shown(clinic.trial))["nightbell_auditor_up"] == 1


def test_a_scrape_waits_no_longer_than_prometheus_does() -> None:
    assert metrics.PATIENCE_SECONDS == 2.0


async def test_the_public_server_has_no_metrics_and_the_operators_port_nothing_else(clinic: Clinic) -> None:
    assert (await clinic.http.get("/metrics")).status_code == 404
    async with scraped(clinic.trial) as http:
        for path in ("/", "/v1/alerts", "/health/ready", "/openapi.json", "/schema"):
            assert (await http.get(path)).status_code == 404
        assert (await http.post("/metrics")).status_code == 405


async def test_two_trials_of_one_process_count_apart(clinic: Clinic) -> None:
    await clinic.http.get("/health/live")
    other = replace(clinic.trial, meters=type(clinic.trial.meters)())
    live = 'nightbell_requests_total{operation="health.live",status="2xx"}'
    assert live in await shown(clinic.trial)
    assert live not in await shown(other)


async def test_a_process_shows_its_metrics_on_the_port_of_its_settings_and_on_none_without(
    clinic: Clinic,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        async with measured(clinic.trial, clinic.settings):
            with pytest.raises(httpx.ConnectError):
                await http.get("/metrics")
        async with measured(clinic.trial, replace(clinic.settings, metrics_port=port)):
            assert "nightbell_safe 1.0" in (await http.get("/metrics")).text
        with pytest.raises(httpx.ConnectError):
            await http.get("/metrics")
