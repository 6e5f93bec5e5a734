"""Issuing a one-time code: drawn, stored as a hash, shown once."""

import secrets
from datetime import datetime

from msgspec import Struct

from api.tokens import TokenMint
from domain import enrolment
from domain.decision import Context
from domain.enrolment import Invitation
from domain.entropy import Entropy
from domain.people import ActivationCode, Participant
from domain.records import accounts, plans, sessions
from domain.records.rows import Connection
from domain.records.write import write

_GROUP = 4


class Issued(Struct, frozen=True):
    """A code in groups of four, and when it expires."""

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
    plain = Entropy(secrets.token_bytes(32)).code("activation", enrolment.CODE_LENGTH)
    account = await accounts.of_participant(connection, participant.id, invitation.role)
    unused: tuple[ActivationCode, ...] = ()
    if account is not None:
        unused = await accounts.unused_codes(connection, account.id, context.machine_now)
    phones = await sessions.going_on(connection, participant.id) if ends_phones else ()
    lost = tuple(each for each in phones if account is not None and each.account_id == account.id)
    code_hash = mint.code_hash(plain)
    decision = enrolment.issue_code(participant, account, unused, lost, invitation, code_hash, context)
    await write(connection, decision, request_id=request_id)
    # Somebody more may be reminded now.
    await plans.look_now(connection, participant.id, context.now)
    shown = "-".join(plain[place : place + _GROUP] for place in range(0, len(plain), _GROUP))
    return Issued(shown, context.machine_now + enrolment.CODE_LIFE)
