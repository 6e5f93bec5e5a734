"""What a participant or caregiver reads: the plan of the year, and her forms."""

import msgspec
from litestar import Response, get

from api.callers import account_caller
from api.exchange import Request, negotiated, read_query, tagged, tagged_bytes
from api.form_words import form_reference, form_view
from api.given import GivenMint, GivenTrial, PathNumber, PathText
from api.operations import Auth, Operation, contract
from api.questionnaire import MEDIA_TYPE, questionnaire
from api.shapes.fhir import Questionnaire
from api.shapes.forms import FormList, FormView
from api.shapes.schedule import ScheduleView
from api.words import occasion_view
from domain import reporting
from domain.errors import NotFound
from domain.people import Administration, Site
from domain.plan import Course
from domain.records import courses, participants, sites
from domain.records.rows import reading
from notifications.trial import Trial


@get(
    "/v1/me/schedule",
    **contract(
        Operation(
            name="schedule.read",
            tag="Me",
            summary="Read the plan of all 52 weeks",
            auth=Auth.ACCOUNT,
            answers={200: ScheduleView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_schedule(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """All visits and check-ins, each with its window, assessments and preparation."""
    read_query(request)
    account = (await account_caller(request, trial, mint)).account
    async with reading(trial.pool) as connection:
        site = await sites.find(connection, account.site_id)
        if site is None:
            raise NotFound("There is no such site.")
        course = await courses.load(connection, account.participant_id, site, trial.now())
        given = await participants.administrations(connection, account.participant_id)
    return tagged(request, schedule_view(trial, account.language, site, course, given))


@get(
    "/v1/me/forms",
    **contract(
        Operation(
            name="form.list",
            tag="Forms",
            summary="List my forms",
            auth=Auth.ACCOUNT,
            answers={200: FormList},
            etag=True,
        )
    ),
)
async def list_forms(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """The forms I can fill in now."""
    read_query(request)
    account = (await account_caller(request, trial, mint)).account
    forms = reporting.forms_of(trial.protocol, account.role)
    listed = tuple(form_reference(trial.protocol, account.language, form) for form in forms)
    return tagged(request, FormList(forms=listed))


@get(
    "/v1/forms/{form_id:str}/versions/{version:int}",
    **contract(
        Operation(
            name="form.read",
            tag="Forms",
            summary="Read one version of a form",
            auth=Auth.ACCOUNT,
            answers={200: FormView},
            also={MEDIA_TYPE: Questionnaire},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_form(
    request: Request, trial: GivenTrial, mint: GivenMint, form_id: PathText, version: PathNumber
) -> Response[bytes]:
    """One form with all its questions, in my language. A version never changes, and stays readable.

    With `Accept: application/fhir+json` as a FHIR R4 Questionnaire.
    """
    read_query(request)
    account = (await account_caller(request, trial, mint)).account
    form = trial.protocol.form(form_id, version)
    if form is None or form.audience.value != account.role.value:
        raise NotFound("There is no such form or version.")
    media_type = negotiated(request, "application/json", MEDIA_TYPE)
    show = questionnaire if media_type == MEDIA_TYPE else form_view
    shown = msgspec.json.encode(show(trial.protocol, account.language, form))
    return tagged_bytes(request, shown, media_type, varies="Accept")


def schedule_view(
    trial: Trial, language: str, site: Site, course: Course | None, given: tuple[Administration, ...]
) -> ScheduleView:
    """Show the plan as its own people read it; empty before the first administration."""
    dates = tuple(sorted(each.given_on for each in given))
    if course is None:
        return ScheduleView(version=0, time_zone=site.time_zone, administration_dates=dates, occasions=())
    return ScheduleView(
        version=course.plan.version,
        time_zone=site.time_zone,
        administration_dates=dates,
        occasions=tuple(occasion_view(trial.protocol, language, each) for each in course.standings),
    )
