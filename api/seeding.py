"""A participant for a sandbox, seeded: fresh, or with a year behind her that really was decided, day by day."""

import secrets
from datetime import date, time, timedelta
from uuid import UUID, uuid4

from msgspec import UNSET, Struct
from msgspec.structs import asdict, replace

from api import consenting, staged
from api.cast import seeded_site
from api.codes import issue
from api.named_states import NAMED
from api.planned import load_planned
from api.routes.enrolment import device_tokens
from api.routes.participation import load_ending
from api.sandbox import Sandbox
from api.shapes.sandbox import SeededParticipant, SeedRequest
from api.shapes.sandbox_states import ParticipantState, SignedInDevice
from api.staged import Life
from api.timeline import behind, lived
from api.tokens import TokenMint
from domain import activation_code, administering, consents, ending, enrolment, local_time, reach
from domain.consents import Paper
from domain.decision import SYSTEM
from domain.enrolment import Invitation
from domain.errors import BodyInvalid, Fault, NotFound
from domain.people import Account, ContactKind, EndReason, Participant, Role, Session, Site
from domain.plan import PlanVersion
from domain.reach import Filed
from domain.records import accounts, participants, plans, staff
from domain.records.rows import Connection, transaction_of_the_system
from domain.records.write import write
from domain.reminder import ConsentKind
from domain.schedule import OccasionKind
from notifications.trial import Trial

_BOTH = (Role.PARTICIPANT, Role.CAREGIVER)
_MORNING = time(8)
_MOST_DAYS = 6
"""After the day of a check-in the next one is a week away."""


class _Seed(Struct, frozen=True, kw_only=True):
    """What one participant is made with, in one transaction."""

    connection: Connection
    trial: Trial
    mint: TokenMint
    wanted: SeedRequest
    site: Site


class _Phone(Struct, frozen=True):
    """A phone that is signed in."""

    session: Session
    account: Account


async def new_participant(sandbox: Sandbox, mint: TokenMint, wanted: SeedRequest) -> SeededParticipant:
    """Register a participant with a random subject number, as the coordinator would. Raises BodyInvalid."""
    state, trial = _state(wanted), sandbox.trial
    async with transaction_of_the_system(trial.pool) as connection:
        site = await seeded_site(connection)
        made = _Seed(connection=connection, trial=trial, mint=mint, wanted=wanted, site=site)
        if state is None:
            return await _codes(made, await _registered(made, _days_ago(made, 0)))
        return await _with_a_past(made, state)


def _state(wanted: SeedRequest) -> ParticipantState | None:
    """Return the state that is asked for; None for a participant without a past."""
    if wanted.named_state is not UNSET:
        known = {each.name: each.state for each in NAMED}
        if wanted.state is not UNSET:
            raise _unfit("/namedState", "goes without a state of your own")
        if wanted.named_state not in known:
            raise _unfit("/namedState", f"must be one of {', '.join(known)}")
        return known[wanted.named_state]
    if wanted.state is not UNSET:
        return wanted.state
    return ParticipantState() if wanted.sign_in else None


def _days_ago(made: _Seed, weeks: int) -> date:
    today = local_time.local_date(made.trial.now(), local_time.zone(made.site.time_zone))
    return today - timedelta(days=made.wanted.days_since_administration, weeks=weeks)


async def _with_a_past(made: _Seed, state: ParticipantState) -> SeededParticipant:
    if made.wanted.days_since_administration > _MOST_DAYS:
        raise _unfit(
            "/daysSinceAdministration",
            f"must be at most {_MOST_DAYS} with a state or signed in: say how many weeks",
        )
    given_on, now = _days_ago(made, state.week), made.trial.now()
    began = local_time.instant(given_on, _MORNING, local_time.zone(made.site.time_zone))
    then = replace(made, trial=replace(made.trial, now=lambda: min(began, now)))
    participant = await _registered(then, given_on)
    codes = await _issued(then, participant)
    phones = {role: await _signed_in(then, codes[role]) for role in _BOTH}
    people = await staff.at_site(made.connection, made.site.id)
    life = Life(
        connection=made.connection,
        trial=made.trial,
        site=made.site,
        participant=participant,
        staff={each.name: each for each in people},
        own=phones[Role.PARTICIPANT].session.id,
        caregivers=phones[Role.CAREGIVER].session.id,
        until=now,
    )
    reported = await _live_through(life, state)
    alert_id = await _ring(life, state, reported)
    shown = await _codes(made, participant, replaced=state.phone_replaced)
    await _present(made, life, state)
    devices = {role: _device(made.mint, each) for role, each in phones.items()}
    return replace(
        shown,
        report_ids=tuple(reported),
        alert_id=UNSET if alert_id is None else alert_id,
        participant_device=devices[Role.PARTICIPANT] if made.wanted.sign_in else UNSET,
        caregiver_device=devices[Role.CAREGIVER] if made.wanted.sign_in else UNSET,
    )


async def _live_through(life: Life, state: ParticipantState) -> list[UUID]:
    """Let her live until now; return what she has reported."""
    plan = await plans.newest(life.connection, life.participant.id)
    zone = local_time.zone(life.site.time_zone)
    if plan is None:
        raise NotFound("The participant has no plan.")
    _require_possible(plan, state, life)
    done = [await staged.live(life, each) for each in lived(plan, state, zone, life.until)]
    await staged.pass_until(life, life.until)
    return [each for each in done if each is not None]


def _require_possible(plan: PlanVersion, state: ParticipantState, life: Life) -> None:
    zone = local_time.zone(life.site.time_zone)
    for name, kind, missed in (
        ("missedCheckIns", OccasionKind.CHECK_IN, state.missed_check_ins),
        ("missedVisits", OccasionKind.VISIT, state.missed_visits),
    ):
        there = behind(plan, kind, zone, life.until)
        if missed > there:
            raise _unfit(f"/state/{name}", f"must be at most {there}: no more lie behind in this week")


async def _ring(life: Life, state: ParticipantState, reported: list[UUID]) -> UUID | None:
    """Let the caregiver report an emergency now, and the staff answer as far as is asked for."""
    if state.open_alert == "none":
        return None
    reported.append(await staged.report(life, life.caregivers, "caregiver", staged.EMERGENCY, life.until))
    alert_id = await staged.live_alert(life)
    if state.open_alert in {"taken", "reached"}:
        await staged.take(life, alert_id, life.until)
    if state.open_alert == "reached":
        await staged.reach(life, alert_id, life.until)
    return alert_id


async def _present(made: _Seed, life: Life, state: ParticipantState) -> None:
    """Do what has only just happened: a consent taken back, the end."""
    connection, participant = made.connection, life.participant
    if state.withdrawn_consent != "none":
        kind = ConsentKind(state.withdrawn_consent)
        await consenting.withdraw(connection, participant, kind, life.context("Alice", life.until), "")
    if state.ended != "none":
        today = local_time.local_date(life.until, local_time.zone(life.site.time_zone))
        before = await load_ending(connection, participant)
        context = life.context("Alice", life.until)
        await write(connection, ending.end(before, EndReason(state.ended), today, today, context))


async def _registered(made: _Seed, given_on: date) -> Participant:
    """Register her, with an administration and her consents."""
    trial, connection, context = made.trial, made.connection, made.trial.context(SYSTEM)
    subject_number = f"ZN-{secrets.randbelow(10**8):08}"
    decision = enrolment.register(made.site, subject_number, made.wanted.phase, trial.protocol, context)
    await write(connection, decision)
    participant = await participants.lock(connection, context.entropy.uuid("participant"))
    if participant is None:
        raise NotFound("The participant is gone.")
    before = await load_planned(connection, participant)
    given = administering.administer(before, (), given_on, _recorder(made), trial.protocol, context)
    await write(connection, given)
    today = local_time.local_date(context.now, local_time.zone(made.site.time_zone))
    paper = Paper(version="sandbox", given_on=today)
    for kind in (ConsentKind.DATA, ConsentKind.CAREGIVER_ACCESS):
        signed = consents.record(participant, kind, None, paper, today, _recorder(made), context)
        await write(connection, signed)
    return participant


async def _codes(made: _Seed, participant: Participant, *, replaced: bool = False) -> SeededParticipant:
    """Issue a code for each, file their numbers, and show her."""
    codes = await _issued(made, participant, replaced=replaced)
    numbers = (made.wanted.participant_phone, made.wanted.caregiver_phone)
    for role, phone in zip(_BOTH, numbers, strict=True):
        if phone is not UNSET:
            await _consent(made, participant, role, phone)
    return SeededParticipant(
        participant_id=participant.id,
        subject_number=participant.subject_number,
        participant_code=activation_code.shown(codes[Role.PARTICIPANT]),
        caregiver_code=activation_code.shown(codes[Role.CAREGIVER]),
    )


async def _issued(made: _Seed, participant: Participant, *, replaced: bool = False) -> dict[Role, str]:
    return {
        role: (
            await issue(
                made.connection,
                made.mint,
                participant,
                Invitation(role=role, language=made.wanted.language, time_zone=made.site.time_zone),
                made.trial.context(SYSTEM),
                ends_phones=replaced and role is Role.PARTICIPANT,
            )
        ).code
        for role in _BOTH
    }


async def _signed_in(made: _Seed, plain: str) -> _Phone:
    """Redeem a code on a phone, as its holder would."""
    code = await accounts.lock_code(made.connection, made.mint.code_hash(plain))
    account = None if code is None else await accounts.find(made.connection, code.account_id)
    session, decision = enrolment.activate(code, None, account, uuid4(), made.trial.context(SYSTEM))
    await write(made.connection, decision)
    if account is None:
        raise NotFound("The account is gone.")
    return _Phone(session, account)


def _device(mint: TokenMint, phone: _Phone) -> SignedInDevice:
    tokens = device_tokens(mint, phone.session, phone.account)
    return SignedInDevice(**asdict(tokens), device_id=phone.session.device_id)


async def _consent(made: _Seed, participant: Participant, role: Role, phone: str) -> None:
    account = await accounts.of_participant(made.connection, participant.id, role)
    if account is not None:
        trial, context = made.trial, made.trial.context(SYSTEM)
        today = local_time.local_date(context.now, local_time.zone(made.site.time_zone))
        contact = trial.vault.contact_of_account(uuid4(), account, ContactKind.PHONE, phone)
        filed = Filed(consent=None, contact=None)
        decision = reach.consent(participant, account, filed, contact, today, today, _recorder(made), context)
        await write(made.connection, decision)


def _recorder(made: _Seed) -> UUID:
    return made.site.principal_investigator_id or made.site.id


def _unfit(pointer: str, message: str) -> BodyInvalid:
    return BodyInvalid("No participant can be seeded so.", faults=(Fault(pointer, message),))
