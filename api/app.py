"""The application: routes, and what every one of them is given."""

import functools
from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from msgspec import Struct

from api import errors
from api.exchange import BODY_LIMIT, Request
from api.given import GivenTrial
from api.middleware import traced
from api.routes import (
    account,
    administrations,
    alerts,
    calendar,
    digest,
    docs,
    enrolment,
    health,
    me,
    participants,
    participation,
    reminders,
    reports,
    site_schedule,
    tasks,
    twilio,
    visits,
)
from api.routes import sandbox as sandbox_routes
from api.sandbox import Sandbox
from api.tokens import TokenMint
from api.webhooks import ProviderKeys
from notifications.trial import Trial

ROUTES: Sequence[HTTPRouteHandler] = (
    enrolment.activate,
    enrolment.rotate,
    enrolment.sign_out,
    account.me,
    account.update_me,
    me.read_schedule,
    reminders.list_reminders,
    reminders.record_receipts,
    calendar.make_feed,
    calendar.revoke_feed,
    calendar.read_calendar,
    me.list_forms,
    me.read_form,
    reports.submit,
    reports.submit_batch,
    reports.correct,
    reports.list_reports,
    reports.read_report,
    enrolment.sign_in_staff,
    enrolment.rotate_staff,
    tasks.list_sites,
    participants.register,
    participants.list_participants,
    participants.read_participant,
    participants.list_participant_reports,
    administrations.administer,
    administrations.correct,
    participants.issue_code,
    participation.record_sms_consent,
    participation.withdraw_sms_consent,
    participation.record_complication,
    participation.end,
    visits.read_participant_schedule,
    visits.record_visit,
    site_schedule.list_site_schedule,
    site_schedule.list_holidays,
    site_schedule.replace_holidays,
    alerts.list_alerts,
    alerts.read_alert,
    alerts.acknowledge,
    alerts.record_contact,
    tasks.list_tasks,
    digest.read_site_digest,
    tasks.resolve_task,
    twilio.take_status,
    health.live,
    health.ready,
    health.safety,
)
"""Every operation of the contract, in the order of its document."""


class Edge(Struct, frozen=True):
    """What the routes are given beside the trial."""

    mint: TokenMint
    provider_keys: ProviderKeys


def build_app(trial: Trial, edge: Edge, sandbox: Sandbox | None = None) -> ASGIApp:
    """Build the application for one running trial; the sandbox routes are there only with a sandbox.

    What the routes are given travels with each request, so that all trials of a process share the routes, which
    take longer to register than a small database takes to open.
    """
    values = {"trial": trial, "mint": edge.mint, "provider_keys": edge.provider_keys, "sandbox": sandbox}
    return traced(_routes(with_sandbox=sandbox is not None), values)


@functools.cache
def _routes(*, with_sandbox: bool) -> Litestar:
    given = ("trial", "mint", "provider_keys", "sandbox")
    return Litestar(
        route_handlers=[*ROUTES, *docs.HANDLERS, *(sandbox_routes.HANDLERS if with_sandbox else ())],
        dependencies={name: _given(name) for name in given},
        exception_handlers={Exception: errors.answer},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )


def _given(name: str) -> Provide:
    def provide(request: Request) -> Any:
        return request.state[name]

    def provide_after_trial(request: Request, trial: GivenTrial) -> Any:  # noqa: ARG001 - see below
        return request.state[name]

    # Litestar opens a task group for what it can provide at once, which costs a request more than all of it together.
    return Provide(provide if name == "trial" else provide_after_trial, sync_to_thread=False)
