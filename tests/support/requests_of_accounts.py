"""Valid requests about the accounts of site staff: who is let in, who proves again who she is, who is signed out."""

from uuid import UUID, uuid4

import pyotp

from domain.people import Role
from notifications.account_mail import invitation_code
from notifications.trial import machine_now
from tests.support.asks import Ask, Sent
from tests.support.clinic import Json
from tests.support.sites import Hired, hire, sign_in_body
from tests.support.two_sites import done

GEESE = "seven geese over the river"


async def sign_in_staff(ask: Ask) -> Sent:
    await ask.ward.clinic.forget_digits()
    return ask.sent(sign_in_body(ask.ward.sign_in))


async def rotate_staff_token(ask: Ask) -> Sent:
    body = (await sign_in_staff(ask)).body
    tokens = done(await ask.ward.clinic.http.post("/v1/staff/sessions", json=body)).json()
    return ask.sent({"refreshToken": tokens["refreshToken"], "deviceId": body["deviceId"]})


async def proven(ask: Ask) -> Sent:
    """The example, proven by whoever asks."""
    return ask.sent({**ask.body, "proof": await ask.proof()})


async def set_password(ask: Ask) -> Sent:
    """Of somebody new of the caller's role: what the caller signs in with stays as it is."""
    sent = ask.sent(ask.body)
    if ask.fresh and ask.role is not None:
        hired = await newcomer(ask, ask.role)
        sent.token = hired.person.tokens["accessToken"]
        await ask.ward.clinic.forget_digits()
        totp = pyotp.TOTP(hired.sign_in.totp_secret).at(machine_now())
        sent.body = {**ask.body, "proof": {"password": hired.sign_in.password, "totp": totp}}
    return sent


async def newcomer(ask: Ask, role: Role = Role.MONITOR) -> Hired:
    """Somebody new at the caller's site: the first one's, unless she is of the other."""
    ward = ask.ward
    site = ward.there if ask.column == "other site" else ward.here
    return await hire(ward.clinic, f"New{uuid4().hex[:12]}", role, site)


async def end_staff_session(ask: Ask) -> Sent:
    """Another session of the caller's; of somebody else's, one that there is."""
    mine = ask.person if ask.fresh and ask.person is not None else ask.desk
    if ask.fresh:
        await ask.ward.clinic.forget_digits()
        body = sign_in_body(ask.ward.keys[mine.device_id])
        done(await ask.ward.clinic.http.post("/v1/staff/sessions", json=body))
    sessions = done(await mine.get("/v1/staff/me/sessions")).json()["sessions"]
    chosen = next(each for each in sessions if each["isThisOne"] is not ask.fresh)
    return ask.sent(sessionId=chosen["sessionId"])


async def _staff_id(ask: Ask) -> str:
    """A colleague here: somebody new where something is going to happen to her."""
    if not ask.fresh:
        return str(ask.ward.ids[Role.MONITOR, False])
    hired = await newcomer(ask)
    return str(done(await hired.person.get("/v1/staff/me")).json()["staffId"])


async def end_colleague_session(ask: Ask) -> Sent:
    return ask.sent(staffId=await _staff_id(ask))


async def about_colleague(ask: Ask) -> Sent:
    staff_id = await _staff_id(ask)
    return ask.sent((await proven(ask)).body, staffId=staff_id)


async def invite_staff(ask: Ask) -> Sent:
    email = f"{uuid4().hex}@example.org"
    return ask.sent({**ask.body, "email": email, "proof": await ask.proof()})


async def _code(ask: Ask) -> str:
    """The code of an invitation of somebody new, as the mail has it."""
    ada = ask.ward.plain[Role.ADMINISTRATOR]
    body = {"name": "Grace", "email": f"{uuid4().hex}@example.org", "role": "monitor", "language": "en"}
    proof = await ask.ward.proof(ada)
    path = f"/v1/sites/{ask.ward.here.id}/staff-invitations"
    made = done(await ada.post(path, {**body, "proof": proof})).json()
    return invitation_code(ask.ward.clinic.trial.vault, UUID(made["invitationId"]))


async def read_invitation(ask: Ask) -> Sent:
    return ask.sent({"code": await _code(ask)})


async def accept_invitation(ask: Ask) -> Sent:
    code = await _code(ask)
    shown: Json = done(await ask.ward.clinic.http.post("/v1/staff/invitations", json={"code": code})).json()
    return ask.sent(
        {"code": code, "password": GEESE, "totp": pyotp.TOTP(shown["totpSecret"]).at(machine_now())}
    )
