"""Valid requests of participants, caregivers and providers, with the state that each of them needs."""

from collections.abc import Mapping
from uuid import uuid4

from notifications.emulator import Fault, FaultKind
from notifications.emulator.callbacks import sign
from tests.support.asks import Ask, Sent
from tests.support.clinic import Json
from tests.support.desk import invite
from tests.support.two_sites import REPORT_SECRET, done


async def activate_device(ask: Ask) -> Sent:
    return ask.sent({"code": await invite(ask.desk, ask.ward.spare), "deviceId": str(uuid4())})


async def rotate_token(ask: Ask) -> Sent:
    phone = await ask.ward.new_phone(ask.ward.spare)
    return ask.sent({"refreshToken": phone.tokens["refreshToken"], "deviceId": phone.device_id})


async def revoke_token(ask: Ask) -> Sent:
    sent = ask.sent()
    if ask.fresh:
        owner = {"caregiver": ask.ward.caregiver, "participant": ask.ward.lin}.get(ask.column, ask.ward.other)
        role = "caregiver" if ask.column == "caregiver" else "participant"
        sent.token = (await ask.ward.new_phone(owner, role)).tokens["accessToken"]
    return sent


async def read_calendar(ask: Ask) -> Sent:
    feed = done(await ask.ward.spare.post("/v1/me/calendar-feed")).json()
    path = "/v1" + feed["url"].partition("/v1")[2]
    return Sent(path=path if ask.meets else ask.path.format(secret="x" * 43))


def _report(ask: Ask) -> Json:
    """A report that rings nobody."""
    role = "caregiver" if ask.column == "caregiver" else "participant"
    item = "nose-or-gum-bleeding" if role == "caregiver" else "vomited-blood"
    return ask.ward.clinic.submission(role, {item: "no"})


async def submit_report(ask: Ask) -> Sent:
    # Another participant takes the id that lin has used already.
    return ask.sent(_report(ask), reportId=_shared(ask, str(uuid4())))


def _shared(ask: Ask, own: str) -> str:
    return ask.ward.reports["shared"] if ask.column == "other participant" else own


async def submit_report_batch(ask: Ask) -> Sent:
    return ask.sent({"reports": [{**_report(ask), "reportId": str(uuid4())}]})


async def correct_report(ask: Ask) -> Sent:
    own = ask.ward.reports["caregiver" if ask.column == "caregiver" else "participant"]
    body = {**_report(ask), "correctionId": str(uuid4()), "reason": "a mistake"}
    return ask.sent(body, reportId=_shared(ask, own))


async def push_receipt(ask: Ask) -> Sent:
    return Sent(path=ask.path.format(reportSecret=REPORT_SECRET if ask.meets else "x" * 36), content=b"[]")


def signed(ask: Ask, form: Mapping[str, str], query: str = "") -> Sent:
    """A form as the provider posts it; signed with another secret where its signature is not to hold."""
    settings, place = ask.ward.clinic.settings, ask.path + query
    token = settings.twilio_auth_token if ask.meets else "another secret"
    signature = sign(token, settings.public_url + place, form)
    content = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in form.items()).encode()
    form_type = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Sent(path=place, content=content, headers=form_type)


async def take_receipt(ask: Ask) -> Sent:
    found = await ask.ward.row("select id, provider_id from attempts where channel = 'sms' limit 1")
    form = {"MessageSid": found["provider_id"], "MessageStatus": "delivered"}
    return signed(ask, form, f"?attempt={found['id']}")


_CALLS = "select id, provider_id from attempts where channel = 'voice' order by started_at limit 1"


async def _of_a_call(ask: Ask, form: Mapping[str, str]) -> Sent:
    """About a call to somebody on call whose text has failed."""
    if await ask.ward.value(_CALLS) is None:
        emulator = ask.ward.clinic.emulator
        emulator.script(Fault(kind=FaultKind.UNDELIVERED, code=30003, channel="sms"))
        await ask.ward.ring()
        emulator.script()
    found = await ask.ward.row(_CALLS)
    return signed(ask, {"CallSid": found["provider_id"], **form}, f"?attempt={found['id']}")


async def take_call_status(ask: Ask) -> Sent:
    return await _of_a_call(ask, {"CallStatus": "ringing"})


async def answer_keypad(ask: Ask) -> Sent:
    return await _of_a_call(ask, {"Digits": "3"})


async def take_inbound(ask: Ask) -> Sent:
    return signed(ask, {"From": "+15005550999", "Body": "STOP"})
