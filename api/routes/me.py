"""What a participant or caregiver reads: the plan of the year, and her forms."""

from datetime import datetime

import msgspec
from litestar import Response, get

from api.callers import account_caller, marked_caller
from api.editions import tag_of
from api.exchange import Request, negotiated, unchanged, under_tag
from api.form_words import form_reference, form_view
from api.given import GivenMint, GivenTrial, PathNumber, PathText
from api.operations import Auth, Operation, contract
from api.questionnaire import MEDIA_TYPE, questionnaire
from api.shapes.fhir import Questionnaire
from api.shapes.forms import FormList, FormView
from api.shapes.schedule import ScheduleView
from api.words import occasion_view
from domain import freshness, reporting
from domain.errors import NotFound
from domain.freshness import Mark
from domain.people import Account, Administration, Site
from domain.plan import Course
from domain.records import courses
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
    caller, mark = await marked_caller(request, trial, mint)
    account, now = caller.account, trial.now()
    spared = unchanged(request, _schedule_tag(trial, account, mark, now))
    if spared is not None:
        return spared
    async with reading(trial.pool) as connection:
        whole = await courses.whole(connection, account.participant_id)
    if whole is None:
        raise NotFound("There is no such site.")
    # It may have changed since: the tag is of what the body is made from.
    course = whole.course(now)
    etag = _schedule_tag(trial, account, freshness.mark(whole.site, course, whole.given), now)
    view = schedule_view(trial, account.language, whole.site, course, whole.given)
    return under_tag(msgspec.json.encode(view), etag)


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
    account = (await account_caller(request, trial, mint)).account
    etag = tag_of(trial.protocol, "forms", account.role, account.language)
    spared = unchanged(request, etag)
    if spared is not None:
        return spared
    forms = reporting.forms_of(trial.protocol, account.role)
    listed = tuple(form_reference(trial.protocol, account.language, form) for form in forms)
    return under_tag(msgspec.json.encode(FormList(forms=listed)), etag)


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
    account = (await account_caller(request, trial, mint)).account
    form = trial.protocol.form(form_id, version)
    if form is None or form.audience.value != account.role.value:
        raise NotFound("There is no such form or version.")
    media_type = negotiated(request, "application/json", MEDIA_TYPE)
    etag = tag_of(trial.protocol, "form", form_id, version, account.language, media_type)
    spared = unchanged(request, etag, varies="Accept")
    if spared is not None:
        return spared
    show = questionnaire if media_type == MEDIA_TYPE else form_view
    shown = msgspec.json.encode(show(trial.protocol, account.language, form))
    return under_tag(shown, etag, media_type, varies="Accept")


def _schedule_tag(trial: Trial, account: Account, mark: Mark, now: datetime) -> str:
    return tag_of(trial.protocol, "schedule", account.participant_id, account.language, mark.at(now))


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
