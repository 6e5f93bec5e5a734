"""A site may ring sooner, or others, and never later (trial.md §3)."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import policy
from domain.climb import climb_for
from domain.errors import BodyInvalid
from domain.people import Role, Site
from domain.policy import Ground
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.roster import staff_target
from domain.rung import Rung
from domain.site_policy import Courses, PolicyBody, SitePolicy
from tests.support.alerts import NOON, OTHER_SITE, SHANGHAI, SITE, context, staff, staff_id
from tests.support.protocol import shipped

MINUTE = timedelta(minutes=1)
HERE = Site(id=SITE, name="Zhongnan", time_zone=SHANGHAI)
GROUND = Ground(
    escalation=shipped().escalation,
    routes=shipped().routes,
    people=(staff("Bob"), staff("Alice", Role.COORDINATOR), staff("Dana", Role.MONITOR)),
)
OWN = policy.own(shipped().escalation)
BOB = Rung(staff_target(staff_id("Bob")), 5 * MINUTE)
LEADER = Rung("principal-investigator", 10 * MINUTE)


def made(body: PolicyBody, known: SitePolicy | None = None) -> SitePolicy:
    return policy.replace_policy(HERE, known, body, GROUND, staff_id("Frank"), context(NOON))[0]


def faults(*day: Rung, providers: dict[str, tuple[str, ...]] | None = None) -> list[str]:
    body = replace(OWN, emergency=Courses(day=day, night=OWN.emergency.night), providers=providers or {})
    with pytest.raises(BodyInvalid) as refusal:
        made(body)
    return [fault.pointer for fault in refusal.value.faults]


def test_what_the_protocol_says_is_a_policy_a_site_may_have() -> None:
    assert made(OWN).version == 1


def test_bob_may_be_rung_by_name_and_the_leader_after_him() -> None:
    body = replace(OWN, emergency=Courses(day=(BOB, LEADER), night=(BOB, LEADER)))
    assert made(body).body == body


@pytest.mark.parametrize(
    ("day", "pointers"),
    [
        ((), ["/emergency/day", "/emergency/day"]),
        ((BOB,), ["/emergency/day"]),
        ((Rung("on-call-9", MINUTE * 5), LEADER), ["/emergency/day/0/target"]),
        ((Rung(staff_target(staff_id("Dana")), MINUTE * 5), LEADER), ["/emergency/day/0/target"]),
        ((Rung(staff_target(UUID(int=999)), MINUTE * 5), LEADER), ["/emergency/day/0/target"]),
        ((replace(BOB, wait=11 * MINUTE), LEADER), ["/emergency/day/0/wait"]),
        ((replace(BOB, wait=timedelta(seconds=90)), LEADER), ["/emergency/day/0/wait"]),
        ((replace(BOB, channels=()), LEADER), ["/emergency/day/0/channels"]),
        ((replace(BOB, channels=(Channel.EMAIL,)), LEADER), ["/emergency/day/0/channels"]),
        ((BOB, BOB, LEADER), ["/emergency/day/1/target"]),
        ((BOB, *[Rung(f"on-call-{n}", MINUTE * 5) for n in (1, 2, 3)] * 4, LEADER), ["/emergency/day"]),
    ],
)
def test_a_policy_that_would_leave_somebody_unheard_is_refused(
    day: tuple[Rung, ...], pointers: list[str]
) -> None:
    found = faults(*day)
    assert [each for each in found if each in pointers] == pointers


def test_an_urgent_alert_at_night_may_wait_no_longer_than_an_emergency() -> None:
    slow = Courses(day=OWN.urgent.day, night=OWN.urgent.day)
    with pytest.raises(BodyInvalid) as refusal:
        made(replace(OWN, urgent=slow))
    assert {fault.pointer.rsplit("/", 2)[0] for fault in refusal.value.faults} == {"/urgent/night"}


@pytest.mark.parametrize("providers", [{"+49": ("twilio",)}, {"+86": ("nobody",)}, {"+86": ()}])
def test_a_provider_nobody_knows_is_refused(providers: dict[str, tuple[str, ...]]) -> None:
    assert faults(BOB, LEADER, providers=providers) == [f"/providers/{next(iter(providers))}"]


def test_the_same_policy_again_is_no_new_version() -> None:
    known = made(OWN)
    assert policy.replace_policy(HERE, known, OWN, GROUND, staff_id("Frank"), context(NOON)) == (known, None)


def test_a_changed_policy_is_the_next_version_and_the_one_before_stays() -> None:
    known = made(OWN)
    changed = replace(OWN, emergency=Courses(day=(BOB, LEADER), night=(BOB, LEADER)))
    after, decision = policy.replace_policy(HERE, known, changed, GROUND, staff_id("Frank"), context(NOON))
    assert decision is not None
    assert (after.version, decision.changes[0].before) == (2, known)


def test_an_alert_is_frozen_with_the_version_it_was_opened_under() -> None:
    body = replace(OWN, emergency=Courses(day=(BOB, LEADER), night=(LEADER,)))
    climb = climb_for(shipped().escalation, Level.EMERGENCY, SHANGHAI, made(body))
    assert climb.policy == 1
    assert (climb.by_day.steps, climb.by_night.steps) == ((BOB, LEADER), (LEADER,))


def test_whoever_left_or_works_elsewhere_cannot_be_named() -> None:
    gone = replace(staff("Bob"), disabled_at=NOON)
    for person in (gone, staff("Bob", site=OTHER_SITE)):
        ground = replace(GROUND, people=(person,))
        body = replace(OWN, emergency=Courses(day=(BOB, LEADER), night=(LEADER,)))
        with pytest.raises(BodyInvalid):
            policy.replace_policy(HERE, None, body, ground, staff_id("Frank"), context(NOON))
