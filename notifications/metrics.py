"""What a process counts of its own doing, in a registry of its own: several trials can live in one process.

No label ever holds an id, a name or a number: each is a word of the program's.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Meters:
    """The counters of one trial in one process. Nothing here can fail or wait."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._work: dict[str, float] = {}
        self._requests = self._counter("requests", "Requests answered.", "operation", "status")
        self._seconds = Histogram(
            "nightbell_request_seconds",
            "How long requests took.",
            ("operation",),
            registry=self.registry,
        )
        self._calls = self._counter("provider_calls", "Texts handed to a provider.", "provider", "outcome")
        self._moves = self._counter("alert_moves", "Alerts that time has moved on.", "action")
        self._claims = self._counter("claims", "Texts taken in hand.", "queue")
        self._rounds = self._counter("worker_rounds", "Rounds of a worker's work.", "part", "outcome")
        self._security = self._counter(
            "security_events", "What somebody on call may have to look at.", "event"
        )
        self._beats = self._counter("heartbeats", "Heartbeats due.", "outcome")
        self._last_beat = Gauge(
            "nightbell_heartbeat_last_success_timestamp_seconds",
            "When the operator's address last took a heartbeat of this worker; 0 for never.",
            registry=self.registry,
        )

        self._last_outside = Gauge(
            "nightbell_audit_outside_last_success_timestamp_seconds",
            "When this worker's copy of the audit trail's checkpoints was last complete; 0 for never.",
            registry=self.registry,
        )

    def kept_outside(self, at: datetime) -> None:
        """Remember that all checkpoints are in the copy outside the database; `at` is machine time."""
        self._last_outside.set(at.timestamp())

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count a request; `operation` is a name of the contract, or nothing where no route was met."""
        self._requests.labels(operation or "none", f"{status // 100}xx").inc()
        self._seconds.labels(operation or "none").observe(seconds)

    def called(self, provider: str, outcome: str) -> None:
        """Count a text that was handed to a provider, and how that ended."""
        self._calls.labels(provider, outcome).inc()

    def moved(self, action: str) -> None:
        """Count an alert that time has moved on."""
        self._moves.labels(action).inc()

    def claimed(self, queue: str, count: int) -> None:
        """Count texts that a worker took in hand."""
        self._claims.labels(queue).inc(count)

    def worked(self, part: str, *, is_well: bool) -> None:
        """Count a round of a worker's work, and remember when one last went well."""
        self._rounds.labels(part, "well" if is_well else "trouble").inc()
        if is_well:
            self._work[part] = time.monotonic()

    def since_work(self) -> Mapping[str, timedelta]:
        """Return how long ago each part of the work last went well; what never did is left out."""
        now = time.monotonic()
        return {part: timedelta(seconds=now - at) for part, at in self._work.items()}

    def noted(self, event: str) -> None:
        """Count a security event: a code that was none, a source that was slowed, a refresh token used again."""
        self._security.labels(event).inc()

    def beat(self, outcome: str, at: datetime | None = None) -> None:
        """Count a heartbeat that was due; `at` is machine time, if it was taken."""
        self._beats.labels(outcome).inc()
        if at is not None:
            self._last_beat.set(at.timestamp())

    def _counter(self, name: str, means: str, *labels: str) -> Counter:
        return Counter(f"nightbell_{name}", means, labels, registry=self.registry)
