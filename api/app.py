"""The application: routes, and what every one of them is given."""

import functools
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp
from msgspec import Struct

from api import errors, queries
from api.addresses import Proxies
from api.directory import Directory
from api.editions import edition
from api.exchange import BODY_LIMIT, Request
from api.given import GivenTrial
from api.methods import options_of
from api.middleware import traced
from api.operations import Auth
from api.routes import (
    account,
    activation_page,
    administrations,
    alert_acts,
    alert_resolution,
    alert_stream,
    alerts,
    answers,
    audit,
    calendar,
    colleague,
    consents,
    coverage,
    devices,
    digest,
    directory,
    docs,
    drills,
    dysms,
    enrolment,
    event_candidates,
    export,
    health,
    invitations,
    me,
    on_call,
    participants,
    participation,
    phone_numbers,
    policy,
    reminders,
    reports,
    site_schedule,
    staff_accounts,
    staff_sessions,
    tasks,
    token_keys,
    twilio,
    twilio_inbound,
    twilio_voice,
    visits,
)
from api.routes import sandbox as sandbox_routes
from api.sandbox import Sandbox
from api.tokens import TokenMint
from api.wall import Wall
from api.webhooks import ProviderKeys
from domain.errors import NotFound
from domain.records.identity import THE_SYSTEM, act_as
from notifications.trial import Trial

ROUTES: Sequence[HTTPRouteHandler] = (
    enrolment.activate,
    enrolment.rotate,
    enrolment.sign_out,
    token_keys.publish_token_keys,
    account.me,
    account.update_me,
    consents.withdraw_own_consent,
    export.export_me,
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
    directory.begin,
    directory.complete,
    enrolment.rotate_staff,
    colleague.read_me,
    colleague.set_pin,
    colleague.set_password,
    colleague.draw_recovery_codes,
    staff_sessions.list_sessions,
    staff_sessions.end_session,
    staff_sessions.end_colleagues_sessions,
    staff_accounts.close_account,
    invitations.invite,
    invitations.invite_again,
    invitations.read_invitation,
    invitations.accept,
    tasks.list_sites,
    participants.register,
    participants.list_participants,
    participants.read_participant,
    participants.list_participant_reports,
    administrations.administer,
    administrations.correct,
    participants.issue_code,
    devices.list_devices,
    devices.revoke_device,
    phone_numbers.record_number,
    phone_numbers.remove_number,
    participation.record_sms_consent,
    participation.withdraw_sms_consent,
    consents.list_consents,
    consents.record_consent,
    consents.withdraw_consent,
    participation.record_complication,
    participation.end,
    visits.read_participant_schedule,
    visits.record_visit,
    site_schedule.list_site_schedule,
    site_schedule.list_holidays,
    site_schedule.replace_holidays,
    policy.read_policy,
    policy.replace_policy,
    on_call.read_rota,
    on_call.replace_rota,
    on_call.override,
    on_call.swap,
    on_call.import_rota,
    coverage.read_coverage,
    coverage.list_colleagues,
    alerts.list_alerts,
    alert_stream.stream,
    alerts.read_alert,
    alerts.acknowledge,
    alert_acts.decline,
    alert_acts.reveal,
    alerts.record_contact,
    drills.start_drill,
    drills.list_drills,
    drills.read_drill,
    drills.read_drill_schedule,
    drills.replace_drill_schedule,
    answers.acknowledge_by_code,
    alert_resolution.resolve,
    event_candidates.list_event_candidates,
    tasks.list_tasks,
    digest.read_site_digest,
    tasks.resolve_task,
    audit.list_audit,
    twilio.take_status,
    dysms.take_reports,
    twilio_voice.take_call_status,
    twilio_voice.answer_keypad,
    twilio_inbound.take_inbound,
    health.live,
    health.ready,
    health.safety,
)
"""Every operation of the contract, in the order of its document."""


class Edge(Struct, frozen=True):
    """What the routes are given beside the trial."""

    mint: TokenMint
    provider_keys: ProviderKeys
    wall: Wall
    proxies: Proxies = Proxies()
    directory: Directory | None = None


def build_app(trial: Trial, edge: Edge, sandbox: Sandbox | None = None) -> ASGIApp:
    """Build the application for one running trial; the sandbox routes are there only with a sandbox.

    What the routes are given travels with each request, so that all trials of a process share the routes, which
    take longer to register than a small database takes to open.
    """
    values = {
        "trial": trial,
        "sandbox": sandbox,
        **{name: getattr(edge, name) for name in edge.__struct_fields__},
    }
    routes = _routes(with_sandbox=sandbox is not None)
    # Now: once a new release lies where this one was read from, its hash would vouch for the bytes of this one.
    edition()
    return traced(routes, values, trial.meters, tls_only=trial.mode == "production")


@functools.cache
def _routes(*, with_sandbox: bool) -> Litestar:
    given = ("trial", "sandbox", *Edge.__struct_fields__)
    handlers = (
        *ROUTES,
        *docs.HANDLERS,
        *answers.PAGES,
        *activation_page.PAGES,
        *(sandbox_routes.HANDLERS if with_sandbox else ()),
    )
    return Litestar(
        # Theirs come first: the framework adds its own to an address that has none yet.
        route_handlers=[*options_of(handlers), *handlers],
        dependencies={name: _given(name) for name in given},
        guards=[begin_as, look_at_ids, look_at_query],
        exception_handlers={Exception: errors.answer},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )


BEGIN_AS_THE_SYSTEM = frozenset({Auth.NONE, Auth.PROVIDER, Auth.ADDRESS})
"""What shows no token that says who calls. Whatever is not named here begins as nobody, who sees no row."""


async def begin_as(_: Any, handler: BaseRouteHandler) -> None:
    """Begin each request as nobody, until its token has said who calls; as the system where none is asked for."""
    operation = handler.opt.get("operation")
    is_open = operation is not None and operation.auth in BEGIN_AS_THE_SYSTEM
    act_as(THE_SYSTEM if is_open else None)


async def look_at_ids(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise NotFound where an id in the address lacks its dashes.

    Neither a report nor what is done about a bell is refused for it, nor the question what became of a report.
    """
    operation = handler.opt.get("operation")
    if operation is None or not operation.refuses_queries or operation.tag == "Reports":
        return
    path = connection.scope["path"].lower()
    if any(isinstance(each, UUID) and str(each) not in path for each in connection.path_params.values()):
        raise NotFound(errors.NOWHERE)


async def look_at_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Look at the whole query of a request before anything of it is done; raise QueryInvalid or FieldRefused."""
    operation = handler.opt.get("operation")
    if operation is not None and operation.refuses_queries:
        queries.look_at(connection.scope["query_string"], operation)


def _given(name: str) -> Provide:
    def provide(request: Request) -> Any:
        return request.state[name]

    def provide_after_trial(request: Request, trial: GivenTrial) -> Any:  # noqa: ARG001 - see below
        return request.state[name]

    # Litestar opens a task group for what it can provide at once, which costs a request more than all of it together.
    return Provide(provide if name == "trial" else provide_after_trial, sync_to_thread=False)
