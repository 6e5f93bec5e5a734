"""Judging stored reports again: by the protocol of then, which must say the same, and by the rules of now."""

from msgspec import Struct

from domain import reporting, timing
from domain.past import Earlier, Past
from domain.protocol.schema import Audience, Protocol
from domain.report import Report
from domain.triage import Triage, triage


class Replayed(Struct, frozen=True, kw_only=True):
    """One report judged again."""

    report: Report
    again: Triage | None
    """By the protocol of then; None where the database does not have it."""
    now: Triage

    @property
    def is_reproduced(self) -> bool:
        """Whether the judgement of then came out again, over the same input.

        A rule that could not be run then, because time ran out or it was broken, may be run now: that is no fault.
        """
        return self.again == self.report.triage or not self.report.triage.triaged

    @property
    def only_then(self) -> tuple[str, ...]:
        """Rules that fired then and do not fire now."""
        return _fired(self.report.triage, self.now)

    @property
    def only_now(self) -> tuple[str, ...]:
        """Rules that fire now and did not fire then."""
        return _fired(self.now, self.report.triage)

    @property
    def verdict(self) -> str:
        """`raised`, `lowered` or `unchanged`: the level now against the one of then."""
        then, now = self.report.triage.level.rank, self.now.level.rank
        return "unchanged" if then == now else "raised" if then < now else "lowered"


def past_then(report: Report, earlier: tuple[Earlier, ...], time_zone: str) -> Past:
    """Return what a stored report was judged against; `earlier` are the reports before it."""
    return Past(
        reporter=Audience(report.reporter.value),
        time_zone=time_zone,
        at=timing.instants_of(report),
        days=report.days,
        earlier=earlier,
    )


def replay(report: Report, past: Past, then: Protocol | None, now: Protocol) -> Replayed:
    """Judge a stored report again."""
    again = None if then is None else reporting.judge(report.submission, then, triage, past)
    return Replayed(report=report, again=again, now=reporting.judge(report.submission, now, triage, past))


def _fired(one: Triage, other: Triage) -> tuple[str, ...]:
    known = {each.rule for each in other.fired}
    return tuple(each.rule for each in one.fired if each.rule not in known)
