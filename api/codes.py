"""Issuing a one-time code: drawn, stored as a hash, shown once, as letters and as a square to be scanned."""

import io
import secrets
from datetime import datetime

import segno
from msgspec import Struct

from api.tokens import TokenMint
from domain import activation_code, enrolment
from domain.consents import require_for_code
from domain.decision import Context
from domain.enrolment import Invitation
from domain.entropy import Entropy
from domain.people import ActivationCode, Participant
from domain.records import accounts, consents, plans, sessions
from domain.records.rows import Connection
from domain.records.write import write


class Issued(Struct, frozen=True):
    """A code, plain, and when it expires."""

    code: str
    expires_at: datetime


async def issue(
    connection: Connection,
    mint: TokenMint,
    participant: Participant,
    invitation: Invitation,
    context: Context,
    request_id: str = "",
    *,
    ends_phones: bool = False,
) -> Issued:
    """Issue a code for an account of a locked participant, opening the account if need be.

    `ends_phones` signs every phone out that the account has now.
    """
    plain = activation_code.draw(Entropy(secrets.token_bytes(32)))
    account = await accounts.of_participant(connection, participant.id, invitation.role)
    unused: tuple[ActivationCode, ...] = ()
    if account is not None:
        unused = await accounts.unused_codes(connection, account.id, context.machine_now)
    phones = await sessions.going_on(connection, participant.id) if ends_phones else ()
    lost = tuple(each for each in phones if account is not None and each.account_id == account.id)
    code_hash = mint.code_hash(plain)
    known = await consents.of_participant(connection, participant.id)
    decision = enrolment.issue_code(participant, account, unused, lost, invitation, code_hash, context)
    # After what the end of a participation refuses, and before anything is written.
    require_for_code(invitation.role, known)
    await write(connection, decision, request_id=request_id)
    # Somebody more may be reminded now.
    await plans.look_now(connection, participant.id, context.now)
    return Issued(plain, context.machine_now + enrolment.CODE_LIFE)


def square(link: str) -> str:
    """Return a link as a QR code (ISO/IEC 18004) in SVG, with the white border that scanners need.

    It has no size of its own: whoever shows it chooses one. Up to 15 % of it may be torn or stained.
    """
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawn,
        kind="svg",
        light="white",
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return drawn.getvalue().decode()
