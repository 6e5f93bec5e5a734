"""The example requests of the contract as they are sent: word for word, but for what only this very trial can know."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from api.examples import EXAMPLES
from api.operations import Auth
from api.shapes.base import Language
from domain.people import Role
from tests.support.asks import Ask, Sent
from tests.support.clinic import Json
from tests.support.phones import give_phone
from tests.support.requests_of_phones import signed
from tests.support.two_sites import done

REPLACED: Mapping[str, tuple[str, ...]] = {
    # Codes and tokens that were drawn a moment ago, and to whom.
    "activateDevice": ("code",),
    "rotateToken": ("refreshToken", "deviceId"),
    "rotateStaffToken": ("refreshToken", "deviceId"),
    "completeDirectorySignIn": ("code", "state", "deviceId"),
    "readStaffInvitation": ("code",),
    "acceptStaffInvitation": ("code", "totp"),
    "acknowledgeCode": ("code",),
    # What her authenticator shows at this moment, and what signs somebody in who is there.
    "signInStaff": ("email", "password", "totp"),
    "setPin": ("proof",),
    "setPassword": ("proof",),
    "drawRecoveryCode": ("proof",),
    "closeStaff": ("proof",),
    "inviteStaff": ("proof",),
    "inviteColleague": ("proof",),
    "resolveAlert": ("proof", "version"),
    # Ids of what is there.
    "registerParticipant": ("siteId",),
    "overrideRota": ("staffId",),
    "swapRota": ("shiftId", "otherShiftId"),
}
"""Fields of an example that a test puts in anew, by the operation's id; all others are sent as they are written."""


async def as_documented(ask: Ask, sent: Sent, language: Language) -> Sent:
    """Return a request that succeeds with the example in place of what it says."""
    name = ask.operation.name
    if name not in EXAMPLES:
        return sent
    example = msgspec.to_builtins(next(each.value for each in EXAMPLES[name] if each.name == language))
    if ask.operation.auth is Auth.PROVIDER:
        return await _called_back(ask, example)
    if sent.content is not None:
        content = example.encode() if isinstance(example, str) else msgspec.json.encode(example)
        return Sent(path=sent.path, content=content, headers=sent.headers, token=sent.token)
    return Sent(path=sent.path, body=_merged(ask, example, sent.body), headers=sent.headers, token=sent.token)


def _merged(ask: Ask, example: Json, known: Json) -> Json:
    if not isinstance(example, dict):
        return example
    if ask.operation.operation_id == "replaceRota":
        staff = (ask.ward.ids[role, True] for role in (Role.INVESTIGATOR, Role.COORDINATOR))
        shifts = zip(example["shifts"], staff, strict=True)
        return {"shifts": [{**shift, "staffId": str(staff_id)} for shift, staff_id in shifts]}
    return example | {field: known[field] for field in REPLACED.get(ask.operation.operation_id, ())}


async def furnish(ask: Ask, sent: Sent) -> None:
    """Let there be a number to call, for whoever asks for it."""
    if ask.operation.operation_id == "revealAlert":
        alert_id = sent.path.split("/")[3]
        lin = await ask.ward.value("select participant_id from alerts where id = $1", UUID(alert_id))
        path = f"/v1/participants/{lin}/phone-numbers/caregiver"
        done(await ask.desk.put(path, {"phone": "+8619900000101", "language": "zh-CN"}))


async def _called_back(ask: Ask, example: Json) -> Sent:
    """What the provider posts about a text or a call that just went out, and what whoever got it texts."""
    rung, alert = ask.ward.ids[Role.INVESTIGATOR, True], UUID((await ask.ward.ring()).alert_id)
    if ask.operation.operation_id == "takeInbound":
        await give_phone(ask.ward.clinic, "RungInvestigator", example["From"])
        code = await ask.ward.value(_CODE, alert, rung)
        return signed(ask, example | {"Body": f"NO {code}"})
    field = next(each for each in ("CallSid", "MessageSid") if each in example)
    found = await ask.ward.row(_ATTEMPT, alert, rung, "voice" if field == "CallSid" else "sms")
    return signed(ask, example | {field: found["provider_id"]}, f"?attempt={found['id']}")


_CODE = "select code from messages where alert_id = $1 and staff_id = $2 order by created_at limit 1"
_ATTEMPT = """
    select attempts.id, provider_id from attempts join messages on messages.id = message_id
    where alert_id = $1 and staff_id = $2 and attempts.channel = $3 limit 1
"""
