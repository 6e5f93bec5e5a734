"""One running trial as one value: its database, its time, its protocol, its provider.

Several can live in one process, each with a database of its own (design.md, rule 3).
"""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct, field

from domain.answers import Answers
from domain.decision import Actor, Context
from domain.entropy import Entropy
from domain.past import Past
from domain.protocol.routes import Channel
from domain.protocol.schema import Form, Protocol, RuleSet
from domain.records import deployment
from domain.records.rows import Pool, reading
from domain.records.sealing import Vault
from domain.reporting import Judge
from domain.route import Lines
from domain.triage import Triage, triage
from notifications.gateway import Gateway
from notifications.metrics import Meters

Clock = Callable[[], datetime]
"""Trial time: an aware instant in UTC. The machine's in production, the sandbox's otherwise."""


def machine_now() -> datetime:
    """Return machine time: leases, token lives and rate limits; it never jumps."""
    return datetime.now(UTC)


CLOCK_TOLERANCE = timedelta(seconds=2)
"""design.md, rule 3: a host whose clock differs by more stops claiming and says so."""


async def clock_drift(pool: Pool) -> timedelta:
    """Return by how much this host's clock surely differs from the database's; the answer's own delay is no drift."""
    async with reading(pool) as connection:
        before = machine_now()
        theirs = await deployment.machine_time(connection)
        after = machine_now()
    return max(before - theirs, theirs - after, timedelta())


JUDGING_SECONDS = 0.5
"""How long the rules may compute for one report before what is left of them counts as broken; ours."""


def judge_in_time(form: Form, rules: RuleSet, answers: Answers, past: Past) -> Triage:
    """Judge a report by the rules, as far as that is possible in time; a machine that stands still breaks none."""
    deadline = time.thread_time() + JUDGING_SECONDS
    return triage(form, rules, answers, past, out_of_time=lambda: time.thread_time() > deadline)


class Trial(Struct, frozen=True, kw_only=True):
    """Everything that belongs to one running trial."""

    mode: Literal["production", "sandbox"]
    pool: Pool
    intake: Pool
    """Connections for reports alone: no flood of reads stands before one (contract.md, limits on submissions)."""
    now: Clock
    protocol: Protocol
    vault: Vault
    gateways: Mapping[str, Gateway]
    """The providers that are set up, by name."""
    public_url: str
    """Where the world reaches this server: what a link in a text begins with."""
    is_approved: bool = False
    """Whether an investigator's approval of the protocol is recorded."""
    judge: Judge = judge_in_time
    meters: Meters = field(default_factory=Meters)

    @property
    def is_unreleased(self) -> bool:
        """Whether patients are judged by what nobody has released; a sandbox has none."""
        return self.mode == "production" and not self.is_approved

    @property
    def lines(self) -> Lines:
        """The routes in force, and who is set up to send."""
        return Lines(
            routes=self.protocol.routes,
            providers=self._able(Channel.SMS),
            callers=self._able(Channel.VOICE),
            mailers=self._able(Channel.EMAIL),
        )

    def _able(self, channel: Channel) -> tuple[str, ...]:
        return tuple(name for name, gateway in self.gateways.items() if channel in gateway.channels)

    def context(self, actor: Actor) -> Context:
        """Return the values a decision of this actor is given now."""
        return Context(
            actor=actor,
            now=self.now(),
            machine_now=machine_now(),
            entropy=Entropy(secrets.token_bytes(32)),
        )
