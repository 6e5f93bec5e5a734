"""Putting an alert away: what became of it, signed by whoever says so (docs/signatures.md)."""

from uuid import UUID

from litestar import Response, post
from msgspec import UNSET, Struct
from msgspec.structs import asdict

from api.callers import StaffCaller, staff_caller
from api.candidate_words import candidate_view
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenProxies, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.reauthentication import PROOF_ERRORS, require_proof
from api.shapes.alert_acts import Resolution, ResolvedAlert
from api.signature_words import signature_view
from api.work_list import alert_views, find_alert, lock_alert
from domain import answering, local_time
from domain.answering import Answer
from domain.candidate import EventCandidate, candidate
from domain.contact import Disposition
from domain.decision import Context
from domain.errors import IllegalEvent, NotEntitled, NotFound, PreconditionFailed
from domain.escalation import Alert
from domain.records import acts, participants, reports, signatures, sites
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.report import Report
from domain.signature import SignedRecord
from domain.signing import require_version, sign_resolution
from notifications.trial import Trial


class Signing(Struct, frozen=True, kw_only=True):
    """An alert before and after, its reports, and the version that is signed."""

    before: Alert
    after: Alert
    reports: tuple[Report, ...]
    read: SignedRecord


@post(
    "/v1/alerts/{alert_id:uuid}/resolution",
    **contract(
        Operation(
            name="alert.resolve",
            tag="Alerts",
            summary="Sign what became of an alert, and put it away",
            auth=Auth.STAFF,
            body=Resolution,
            answers={201: ResolvedAlert, 200: ResolvedAlert},
            errors=(NotFound, NotEntitled, IllegalEvent, PreconditionFailed, *PROOF_ERRORS),
        )
    ),
)
async def resolve(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies, alert_id: PathId
) -> Response[bytes]:
    """What became of it, after the contact; by whoever holds the alert, or an investigator of the site.

    It is a signature: read the alert, name the `version` that you have read, and prove once more who you are. If the
    proof is wrong, or the alert has changed since, nothing is signed and the alert stays as it is. The resolution
    leaves a candidate for an adverse event: to judge it is an investigator's. A new report opens a new alert.
    """
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, Resolution)
    # First what needs no proof: a refusal costs no one-time password, and a lost answer is given again without one.
    async with reading(trial.pool) as connection:
        alert = await find_alert(connection, caller, alert_id)
        if await _to_sign(connection, caller, alert, body, trial.context(caller.actor)) is None:
            return created(await _resolved(connection, alert), 200)
    await require_proof(request, trial, proxies, caller, body.proof)
    return await _sign(trial, caller, alert_id, body, request.state.request_id)


async def _sign(
    trial: Trial, caller: StaffCaller, alert_id: UUID, body: Resolution, request_id: str
) -> Response[bytes]:
    async with transaction(trial.pool) as connection:
        alert = await lock_alert(connection, caller, alert_id)
        context = trial.context(caller.actor)
        # Once more, under the lock: while the proof was looked at, others may have acted.
        signing = await _to_sign(connection, caller, alert, body, context)
        if signing is not None:
            left = await left_behind(trial, connection, signing, context)
            signature = sign_resolution(
                signing.after, signing.read, signing.reports, body.note, caller.staff, context
            )
            answer = Answer(staff=caller.staff)
            decision = answering.put_away(signing.after, alert, left, answer, body.note, signature, context)
            await write(connection, decision, request_id=request_id)
        view = await _resolved(connection, alert if signing is None else signing.after)
    return created(view, 200 if signing is None else 201)


async def _to_sign(
    connection: Connection, caller: StaffCaller, alert: Alert, body: Resolution, context: Context
) -> Signing | None:
    """Return what she signs; None if she has signed it already. Raises as `answering.resolve` and `require_version`."""
    after = answering.resolve(alert, caller.staff, Disposition(body.disposition), context.now)
    if after is None:
        return None
    judged = await reports.of_alert(connection, alert.id)
    read = require_version(body.version, alert, judged)
    return Signing(before=alert, after=after, reports=judged, read=read)


async def left_behind(
    trial: Trial, connection: Connection, signing: Signing, context: Context
) -> EventCandidate | None:
    """Return what an investigator must judge; None for a drill."""
    alert = signing.before
    site = await sites.find(connection, alert.site_id)
    if site is None or alert.participant_id is None or context.actor.id is None:
        return None
    given = await participants.administrations(connection, alert.participant_id)
    return candidate(
        alert,
        [each.triage for each in signing.reports],
        [each.given_on for each in given],
        trial.protocol.calendar.safety_windows,
        local_time.zone(site.time_zone),
        context.actor.id,
        context.now,
    )


async def _resolved(connection: Connection, alert: Alert) -> ResolvedAlert:
    (view,) = await alert_views(connection, (alert,))
    left = await acts.candidate_of(connection, alert.id)
    signature = await signatures.of_resolution(connection, alert.id)
    return ResolvedAlert(
        **asdict(view),
        event_candidate=UNSET if left is None else candidate_view(left, view.subject_number or ""),
        signature=UNSET if signature is None else signature_view(signature),
    )
