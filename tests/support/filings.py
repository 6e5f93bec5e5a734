"""Reports and what they are decided on, built by hand: lin's, on her own phone, unless a test says otherwise."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain import reporting
from domain.answers import Answer
from domain.decision import Actor, Context
from domain.entropy import Entropy
from domain.escalation import Alert
from domain.intake import Arrival, Origin
from domain.limits import Use
from domain.past import Earlier
from domain.people import Account, Participant, ParticipantState, Role, Site
from domain.plan import Course
from domain.protocol.schema import Level
from domain.report import Proof, Report, Sender, Submission, digest
from domain.reporting import Filing, Judge, Outcome
from domain.ringing import Bell
from domain.roster import Roster
from domain.timing import clock_skew, made_at
from domain.triage import Triage, triage
from tests.support.alerts import LIN, SITE
from tests.support.protocol import shipped

LINS = UUID(int=50)
PHONE = UUID(int=60)
REPORT = UUID(int=900)
UNUSED = Use(within_a_day=0, rang_unverified_at=None, flood_task=None)
QUIET = Triage(
    level=Level.NONE,
    signals=(),
    fired=(),
    undetermined=(),
    rule_set_version=1,
    form_id="on-demand",
    form_version=1,
    advice=(),
)


def an_account(now: datetime, role: Role = Role.PARTICIPANT, time_zone: str = "Asia/Shanghai") -> Account:
    """The account of lin, or of her caregiver."""
    return Account(
        id=LINS,
        site_id=SITE,
        participant_id=LIN,
        role=role,
        language="en",
        time_zone=time_zone,
        reminder_hour=9,
        created_at=now,
    )


def a_sender(proof: Proof = Proof.SESSION, *, is_verified: bool = True) -> Sender:
    """Her phone."""
    return Sender(session_id=PHONE, proof=proof, is_verified=is_verified)


def a_submission(now: datetime, *answers: Answer, form: str = "on-demand", version: int = 1) -> Submission:
    """What her phone sends at `now`."""
    return Submission(form_id=form, form_version=version, language="en", answers=answers, device_time=now)


def an_arrival(submission: Submission, report_id: UUID = REPORT, original: bytes = b"{}") -> Arrival:
    """A body that could be read whole."""
    return Arrival(report_id=report_id, submission=submission, original=original)


def an_origin(
    now: datetime,
    *,
    role: Role = Role.PARTICIPANT,
    sender: Sender | None = None,
    state: ParticipantState = ParticipantState.ENROLLED,
    course: Course | None = None,
    has_original: bool = True,
) -> Origin:
    """Lin at her site."""
    return Origin(
        account=an_account(now, role),
        sender=sender or a_sender(),
        participant=Participant(
            id=LIN,
            site_id=SITE,
            subject_number="ZN-1",
            phase="phase-1",
            state=state,
            registered_at=now,
        ),
        site=Site(id=SITE, name="Zhongnan", time_zone="Asia/Shanghai"),
        course=course,
        has_original=has_original,
    )


def a_filing(
    origin: Origin,
    *,
    stored: tuple[Report, ...] = (),
    earlier: tuple[Earlier, ...] = (),
    given_on: tuple[date, ...] = (),
    use: Use = UNUSED,
) -> Filing:
    """What a report is decided on."""
    return Filing(origin=origin, stored=stored, earlier=earlier, given_on=given_on, use=use)


def a_bell(people: Roster, live: Alert | None = None) -> Bell:
    """Her bell, with these people on call."""
    return Bell(site_id=SITE, participant_id=LIN, time_zone="Asia/Shanghai", live=live, roster=people)


def filed(filing: Filing, arrival: Arrival, bell: Bell, context: Context, by: Judge = triage) -> Outcome:
    """File one report as the program does: what was stored before, then the rules, then the bell."""
    known = reporting.before(filing, arrival, context)
    if known is not None:
        return known
    weighed = reporting.weigh(filing, arrival, shipped(), by, context)
    rings = bell if weighed.pages else None
    return reporting.submit(filing, arrival, weighed, rings, shipped(), context)


def a_context(now: datetime, seed: int = 1) -> Context:
    """Lin's phone at the door, trial and machine time alike."""
    actor = Actor(role="participant", id=LINS, device_id=PHONE)
    return Context(actor=actor, now=now, machine_now=now, entropy=Entropy(seed.to_bytes(32, "big")))


def a_report(submission: Submission, received_at: datetime, **fields: Any) -> Report:
    """A stored report of hers; any field can be given another value."""
    report = Report(
        id=REPORT,
        account_id=LINS,
        site_id=SITE,
        participant_id=LIN,
        session_id=PHONE,
        proof=Proof.SESSION,
        is_verified=True,
        reporter=Role.PARTICIPANT,
        submission=submission,
        triage=QUIET,
        received_at=received_at,
        arrived_at=received_at,
        made_at=made_at(submission, received_at),
        clock_skew=clock_skew(submission, received_at),
        quarantine=(),
        faults=(),
        alert_id=None,
        rang=False,
        days=(),
        protocol="",
        digest=digest(submission),
        original=b"{}",
    )
    return replace(report, **fields)
