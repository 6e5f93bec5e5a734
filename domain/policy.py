"""A site's own escalation policy: whom an alert rings there, how, and how soon (trial.md §3).

A site may ring sooner than the protocol says, or others, or by more channels; never later. It is a row, one version
after the other; what rings follows the version that it was opened under (domain/climb.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, Fault
from domain.people import Role, Site, Staff
from domain.protocol.clocks import Escalation, Policy, StepTarget
from domain.protocol.routes import Channel, Routes
from domain.roster import staff_target
from domain.rung import Rung
from domain.site_policy import Courses, PolicyBody, SitePolicy

_TREATING = frozenset({Role.INVESTIGATOR, Role.COORDINATOR})
_MOST_STEPS = 10


def own(escalation: Escalation) -> PolicyBody:
    """Return what the protocol itself says, as a site would write it."""
    emergency, urgent = _rungs(escalation.emergency), _rungs(escalation.urgent)
    return PolicyBody(
        emergency=Courses(day=emergency, night=emergency), urgent=Courses(day=urgent, night=emergency)
    )


class Ground(Struct, frozen=True, kw_only=True):
    """What a site's policy is held against: the protocol's clocks and routes, and the people of the site."""

    escalation: Escalation
    routes: Routes
    people: tuple[Staff, ...]


def replace_policy(
    site: Site, known: SitePolicy | None, body: PolicyBody, ground: Ground, staff_id: UUID, context: Context
) -> tuple[SitePolicy, Decision | None]:
    """Follow another policy from the next alert on; no decision if it is the one in force.

    Raises BodyInvalid with every fault.
    """
    if faults := tuple(_faults(body, site, ground)):
        raise BodyInvalid("This policy would leave somebody unheard.", faults=faults)
    if known is not None and known.body == body:
        return known, None
    made = SitePolicy(
        site_id=site.id,
        version=1 if known is None else known.version + 1,
        body=body,
        made_at=context.now,
        made_by=staff_id,
    )
    return made, context.decide("escalation-policy.replace", (Change(made, known),), site_id=site.id)


def _faults(body: PolicyBody, site: Site, ground: Ground) -> Iterator[Fault]:
    targets = {*StepTarget, *_named(site, ground.people)}
    emergency, urgent = ground.escalation.emergency, ground.escalation.urgent
    courses: Sequence[tuple[str, tuple[Rung, ...], Policy]] = (
        ("/emergency/day", body.emergency.day, emergency),
        ("/emergency/night", body.emergency.night, emergency),
        ("/urgent/day", body.urgent.day, urgent),
        # At night URGENT is routed as EMERGENCY (trial.md §3).
        ("/urgent/night", body.urgent.night, emergency),
    )
    for at, rungs, clocks in courses:
        yield from _course(at, rungs, clocks, targets)
    yield from _providers(body.providers, ground.routes)


def _named(site: Site, people: tuple[Staff, ...]) -> Iterator[str]:
    for person in people:
        if person.disabled_at is None and person.role_at(site.id) in _TREATING:
            yield staff_target(person.id)


def _course(at: str, rungs: tuple[Rung, ...], clocks: Policy, targets: set[str]) -> Iterator[Fault]:
    if not 1 <= len(rungs) <= _MOST_STEPS:
        yield Fault(at, f"must have 1 to {_MOST_STEPS} steps")
    if StepTarget.PRINCIPAL_INVESTIGATOR not in {each.target for each in rungs}:
        yield Fault(at, "must ring the principal investigator in the end (trial.md §3)")
    longest = max(step.wait for step in clocks.steps)
    seen: set[str] = set()
    for place, rung in enumerate(rungs):
        yield from _rung(f"{at}/{place}", rung, clocks.receipt_within, longest, targets)
        if rung.target in seen:
            yield Fault(f"{at}/{place}/target", "is rung more than once")
        seen.add(rung.target)


def _rung(at: str, rung: Rung, shortest: timedelta, longest: timedelta, targets: set[str]) -> Iterator[Fault]:
    if rung.target not in targets:
        yield Fault(f"{at}/target", "is no step target, and nobody who treats patients at this site")
    if not shortest < rung.wait <= longest:
        yield Fault(f"{at}/wait", f"must be over {shortest.seconds} s and at most {longest.seconds} s")
    if not rung.channels or not set(rung.channels) <= {Channel.SMS, Channel.VOICE}:
        yield Fault(f"{at}/channels", "must be sms, voice, or both")


def _providers(providers: Mapping[str, tuple[str, ...]], routes: Routes) -> Iterator[Fault]:
    known = {country.prefix: set(country.providers) for country in routes.countries}
    for prefix, order in providers.items():
        if prefix not in known:
            yield Fault(f"/providers/{prefix}", "is no prefix of the routes")
        elif not order or set(order) - known[prefix]:
            yield Fault(f"/providers/{prefix}", f"must be some of {', '.join(sorted(known[prefix]))}")


def _rungs(policy: Policy) -> tuple[Rung, ...]:
    return tuple(Rung(step.target.value, step.wait, step.channels) for step in policy.steps)
