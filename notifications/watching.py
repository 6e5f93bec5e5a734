"""One look at the trial by the auditor, for whoever asks: the health answer, the metrics, the heartbeat."""

import time

from domain.records import auditor
from domain.records.rows import reading
from domain.watch import Look
from notifications.trial import CLOCK_TOLERANCE, Trial, clock_drift


async def look(trial: Trial) -> Look:
    """Return what the auditor finds at this instant of trial time. The caller bounds it in time."""
    grace = trial.protocol.escalation.emergency.first_message_within
    async with reading(trial.pool) as connection:
        at, begun = trial.now(), time.perf_counter()
        findings = await auditor.find(connection, at, grace, is_unreleased=trial.is_unreleased)
        seconds = time.perf_counter() - begun
    drift = await clock_drift(trial.pool)
    return Look(
        at=at, findings=findings, drift=drift, clock_is_right=drift <= CLOCK_TOLERANCE, seconds=seconds
    )
