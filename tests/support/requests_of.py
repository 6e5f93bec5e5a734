"""A valid request for every operation, as whoever may send it: the fresh state that it needs is made first.

An operation without a recipe gets its path filled with what is usual (`Ask.sent`) and the example of its body. Where
that is no request that can succeed, write a recipe: a function of an `Ask`, named here by the operation's id.
"""

from collections.abc import Mapping

from api.app import ROUTES
from api.openapi_operations import method_of, operation_of, path_of
from tests.support import requests_of_accounts as accounts
from tests.support import requests_of_phones as phones
from tests.support import requests_of_staff as staff
from tests.support.asks import Ask, Recipe, Sent

OPERATIONS = {f"{method_of(each).upper()} {path_of(each)}": operation_of(each) for each in ROUTES}

RECIPES: Mapping[str, Recipe] = {
    "activateDevice": phones.activate_device,
    "rotateToken": phones.rotate_token,
    "revokeToken": phones.revoke_token,
    "readCalendar": phones.read_calendar,
    "submitReport": phones.submit_report,
    "submitReportBatch": phones.submit_report_batch,
    "correctReport": phones.correct_report,
    "signInStaff": accounts.sign_in_staff,
    "rotateStaffToken": accounts.rotate_staff_token,
    "completeDirectorySignIn": staff.complete_directory_sign_in,
    "setPin": accounts.proven,
    "setPassword": accounts.set_password,
    "drawRecoveryCode": accounts.proven,
    "endStaffSession": accounts.end_staff_session,
    "endColleagueSession": accounts.end_colleague_session,
    "closeStaff": accounts.about_colleague,
    "inviteStaff": accounts.invite_staff,
    "inviteColleague": accounts.about_colleague,
    "readStaffInvitation": accounts.read_invitation,
    "acceptStaffInvitation": accounts.accept_invitation,
    "registerParticipant": staff.register_participant,
    "recordAdministration": staff.record_administration,
    "correctAdministration": staff.correct_administration,
    "revokeDevice": staff.revoke_device,
    "recordConsent": staff.record_consent,
    "withdrawConsent": staff.withdraw_consent,
    "recordSmsConsent": staff.record_sms_consent,
    "withdrawSmsConsent": staff.withdraw_sms_consent,
    "recordComplication": staff.record_complication,
    "endParticipant": staff.end_participant,
    "recordVisit": staff.record_visit,
    "replaceEscalationPolicy": staff.replace_escalation_policy,
    "replaceRota": staff.replace_rota,
    "overrideRota": staff.override_rota,
    "swapRota": staff.swap_rota,
    "importRota": staff.import_rota,
    "acknowledgeAlert": staff.of_an_alert,
    "declineAlert": staff.of_an_alert,
    "revealAlert": staff.of_a_held_alert,
    "contactAlert": staff.of_a_held_alert,
    "resolveAlert": staff.resolve_alert,
    "acknowledgeCode": staff.acknowledge_code,
    "listEventCandidate": staff.list_event_candidate,
    "startDrill": staff.start_drill,
    "resolveTask": staff.resolve_task,
    "pushReceipt": phones.push_receipt,
    "takeReceipt": phones.take_receipt,
    "takeCallStatus": phones.take_call_status,
    "answerKeypad": phones.answer_keypad,
    "takeInbound": phones.take_inbound,
}
"""By the operation's id; many lean on the example of the contract instead."""


async def request_for(ask: Ask) -> Sent:
    """Return the request."""
    recipe = RECIPES.get(ask.operation.operation_id)
    if recipe is not None:
        return await recipe(ask)
    return ask.sent(ask.body if ask.operation.body is not None else None)
