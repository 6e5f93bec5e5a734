"""Nothing personal in a log, an address, a metric, a refusal, a job, a text (design.md, rule 9).

Canaries are planted wherever a person, a code or a secret comes in; the roads of the trial are walked, the bad ones
too; then everything that was written is read. Each canary may be where `ALLOWED` says, and nowhere else.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from fnmatch import fnmatch
from io import StringIO

import pytest

from api.logs import configure_logs
from notifications.emulator import Emulator
from notifications.emulator.routes import application
from tests.support import canaries as reading
from tests.support import canary_roads as roads
from tests.support.canaries import Canaries, Ears
from tests.support.clinic import Clinic, open_clinic

RECORDED = ("reports.submission", "reports.original")
"""What she wrote is her report: the row, and its bytes as they came."""

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "free text": RECORDED,
    # The trail's copy of the row has them; free words it has as a digest only.
    "number answered": (*RECORDED, "audit_entries.body"),
    "choice answered": (*RECORDED, "audit_entries.body"),
    "unreadable body": ("reports.original", "reports.submission"),
    "note of staff": ("alert_acts.note",),
    "reason of a visit": ("occasions.reason", "audit_entries.body"),
    # The link is the text: whoever holds the phone shall open it (decision on links). The callback is another address.
    # The page that it opens is answered at its own address.
    "link token": ("text", "answer 422 POST /a"),
    # A lost answer of the provider is looked up by the number that it was given: its own list knows no other key.
    "phone of staff": ("address",),
    "lin's phone": ("address",),
    "caregiver's phone": ("address",),
}
"""Every place where a canary may be. Whatever is not named here may be nowhere."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Everything that any part of the program writes to its log, down to the last level."""
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs("debug")
    return written


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Ears:
    heard = Ears()
    monkeypatch.setattr(Emulator, "app", lambda emulator: heard.around(application(emulator)))
    return heard


@pytest.fixture
async def listened(clinic_url: str, ears: Ears, log: StringIO) -> AsyncIterator[Clinic]:
    """A clinic of which everything is heard."""
    assert not log.getvalue()
    async with open_clinic(clinic_url, NIGHTBELL_LOG_LEVEL="debug") as clinic:
        clinic.http.event_hooks["response"].append(ears.answer)
        yield clinic


async def test_what_is_planted_is_found_where_it_may_be_and_nowhere_else(
    listened: Clinic,
    ears: Ears,
    log: StringIO,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Once more: pytest has put its own back since the fixture, and commands set the log up anew.
    monkeypatch.setattr(sys, "stderr", log)
    planted = Canaries()
    nadja = await roads.hired(listened, planted, capsys)
    alice = await listened.staff("Alice")
    lin, caregiver = await roads.enrolled(alice, planted)
    await roads.a_year(alice, lin, caregiver, planted)
    await roads.refusals(listened, lin, caregiver, alice, planted)
    await roads.failures(listened, caregiver, planted, monkeypatch)
    await roads.an_emergency(listened, caregiver, planted)
    await roads.answered(listened, nadja, planted)
    await roads.signed_out(lin, caregiver, planted)
    found = await everywhere(listened, ears, planted)
    found += [("log", each) for each in planted.seen_in(log.getvalue() + caplog.text)]
    leaks = {f"{name} in {place}" for place, name in found if not is_allowed(name, place)}
    assert leaks == set()
    assert_that_the_test_saw_what_it_looks_for(found, log, ears)


def is_allowed(name: str, place: str) -> bool:
    return any(fnmatch(place, each) for each in ALLOWED.get(name, ()))


async def everywhere(listened: Clinic, ears: Ears, planted: Canaries) -> list[tuple[str, str]]:
    written = (
        *await reading.stored(listened),
        *reading.sent(listened),
        *await reading.counted(listened),
        *ears.heard,
    )
    return [(place, name) for place, text in written for name in planted.seen_in(text)]


def assert_that_the_test_saw_what_it_looks_for(
    found: list[tuple[str, str]], log: StringIO, ears: Ears
) -> None:
    """A search that finds nothing at all proves nothing: each allowed place that must hold a canary does."""
    assert {(place, "free text") for place in RECORDED} <= set(found)
    assert {("alert_acts.note", "note of staff"), ("text", "link token")} <= set(found)
    assert "request.failed" in log.getvalue()
    assert "NotNullViolationError" in log.getvalue()
    answers = {place.partition(" ")[2].partition(" ")[0] for place, _ in ears.heard if "answer" in place}
    assert {"400", "401", "403", "404", "409", "415", "422", "500"} <= answers
    assert any(place == "address" for place, _ in ears.heard)
