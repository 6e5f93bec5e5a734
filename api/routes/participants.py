"""What site staff register and record about participants."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response, get, post
from msgspec import UNSET

from api.callers import staff_caller
from api.codes import issue, square
from api.cursors import cursor_of, cursor_of_text, cut, read_cursor, read_text_cursor
from api.exchange import Request, created, read_body, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.people import lock_for_work, numbers_on_file, participant_view
from api.reading import note_read
from api.report_words import staff_report
from api.shapes.alerts import StaffReportPage
from api.shapes.site import (
    CodeRequest,
    IssuedCode,
    ParticipantPage,
    ParticipantRegistration,
    ParticipantSummary,
    ParticipantView,
)
from domain import activation_code, enrolment, local_time
from domain.enrolment import Invitation
from domain.errors import (
    ConsentMissing,
    NotEntitled,
    NotFound,
    ParticipationEnded,
    SiteNotLive,
    SubjectNumberTaken,
    UnknownPhase,
    UnknownTimeZone,
)
from domain.people import Participant, Role
from domain.records import contacts, participants, reports, sites
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write


@post(
    "/v1/participants",
    **contract(
        Operation(
            name="participant.register",
            tag="Participants",
            summary="Register a participant",
            auth=Auth.STAFF,
            body=ParticipantRegistration,
            answers={201: ParticipantView},
            errors=(NotFound, NotEntitled, SiteNotLive, SubjectNumberTaken, UnknownPhase),
        )
    ),
)
async def register(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Register a participant by subject number; no name anywhere."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ParticipantRegistration)
    caller.require_work(body.site_id)
    context = trial.context(caller.actor)
    async with transaction(trial.pool) as connection:
        site = await sites.find(connection, body.site_id)
        if site is None:
            raise NotFound("There is no such site.")
        decision = enrolment.register(site, body.subject_number, body.phase, trial.protocol, context)
        await write(connection, decision, request_id=request.state.request_id)
        view = await participant_view(connection, context.entropy.uuid("participant"))
    return created(view)


@get(
    "/v1/participants",
    **contract(
        Operation(
            name="participant.list",
            tag="Participants",
            summary="List the participants of my sites",
            auth=Auth.STAFF,
            answers={200: ParticipantPage},
            query=paged("Participants"),
            etag=True,
        )
    ),
)
async def list_participants(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Participants of my sites by subject number."""
    query = read_query(request)
    limit, after = read_limit(query), read_text_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await participants.at_sites(connection, caller.site_ids, after, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of_text(last.subject_number))
        numbers = await contacts.roles_with_number(connection, tuple(each.id for each in page))
    shown = tuple(_summary(each, numbers) for each in page)
    return tagged(request, ParticipantPage(participants=shown, next_cursor=more))


@get(
    "/v1/participants/{participant_id:uuid}",
    **contract(
        Operation(
            name="participant.read",
            tag="Participants",
            summary="Read a participant",
            auth=Auth.STAFF,
            answers={200: ParticipantView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_participant(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """A participant of my sites with her administrations."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        view = await participant_view(connection, participant_id, caller.site_ids)
        caller.require_site(view.site_id)
        await note_read(
            request, trial, connection, caller, site_id=view.site_id, participant_id=participant_id
        )
    return tagged(request, view)


@get(
    "/v1/participants/{participant_id:uuid}/reports",
    **contract(
        Operation(
            name="participant-report.list",
            tag="Participants",
            summary="List a participant's reports",
            auth=Auth.STAFF,
            answers={200: StaffReportPage},
            errors=(NotFound,),
            query=paged("Reports"),
            etag=True,
        )
    ),
)
async def list_participant_reports(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Her reports and her caregiver's with every answer, free text included: a human reads it."""
    query = read_query(request)
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        site_id = (await participant_view(connection, participant_id, caller.site_ids)).site_id
        caller.require_site(site_id)
        found = await reports.of_participant(connection, participant_id, before, limit + 1)
        await note_read(request, trial, connection, caller, site_id=site_id, participant_id=participant_id)
    language = caller.staff.language
    page, more = cut(found, limit, lambda last: cursor_of(last.received_at, last.id))
    shown = tuple(staff_report(trial.protocol, language, each) for each in page)
    return tagged(request, StaffReportPage(reports=shown, next_cursor=more))


@post(
    "/v1/participants/{participant_id:uuid}/activation-codes",
    **contract(
        Operation(
            name="activation-code.issue",
            tag="Participants",
            summary="Issue a one-time code",
            auth=Auth.STAFF,
            body=CodeRequest,
            answers={201: IssuedCode},
            errors=(NotFound, NotEntitled, UnknownTimeZone, ParticipationEnded, ConsentMissing),
        )
    ),
)
async def issue_code(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Issue a code for the participant or the caregiver; a newer one kills the old. It is shown this once.

    A caregiver gets one only with the participant's consent on record; nobody does once the one to data is withdrawn.
    """
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, CodeRequest)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        invitation = await _invitation(connection, participant, body)
        context = trial.context(caller.actor)
        issued = await issue(
            connection,
            mint,
            participant,
            invitation,
            context,
            request.state.request_id,
            ends_phones=body.ends_phones,
        )
    link = activation_code.link(trial.public_url, issued.code)
    return created(
        IssuedCode(
            code=activation_code.shown(issued.code),
            role=body.role,
            expires_at=issued.expires_at,
            link=link,
            qr_svg=square(link),
        )
    )


async def _invitation(connection: Connection, participant: Participant, body: CodeRequest) -> Invitation:
    if body.time_zone is not UNSET:
        zone = local_time.zone(body.time_zone).key
    else:
        site = await sites.find(connection, participant.site_id)
        zone = "" if site is None else site.time_zone
    return Invitation(role=Role(body.role), language=body.language, time_zone=zone)


def _summary(participant: Participant, numbers: Mapping[UUID, tuple[str, ...]]) -> ParticipantSummary:
    return ParticipantSummary(
        participant_id=participant.id,
        site_id=participant.site_id,
        subject_number=participant.subject_number,
        phase=participant.phase,
        state=participant.state.value,
        registered_at=participant.registered_at,
        numbers_on_file=numbers_on_file(numbers, participant.id),
    )
