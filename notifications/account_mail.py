"""Telling a member of staff about her own account: by mail where there is a mail server, else in the log."""

from collections.abc import Mapping
from uuid import UUID

import structlog

from domain import account_mail
from domain.decision import Context
from domain.entropy import Entropy
from domain.inviting import CODE_LENGTH
from domain.people import Staff
from domain.records import sites
from domain.records.rows import Connection
from domain.records.sealing import Vault
from domain.records.write import write
from notifications.trial import Trial

_GROUP = 4

log = structlog.get_logger("nightbell.accounts")


async def tell(
    trial: Trial,
    connection: Connection,
    person: Staff,
    template: str,
    numbers: Mapping[str, int],
    context: Context,
    *,
    notice_id: UUID | None = None,
    request_id: str = "",
) -> bool:
    """Have a mail sent to somebody about her own account; say whether there is a server that could."""
    site = None if not person.roles else await sites.find(connection, person.roles[0].site_id)
    if site is None or not trial.lines.mailers:
        log.warning("account.untold", template=template, staff_id=str(person.id))
        return False
    notice = notice_id or context.entropy.uuid(f"{template}/{person.id}")
    decision = account_mail.tell(person, site, template, numbers, notice, trial.protocol, context)
    await write(connection, decision, request_id=request_id)
    return True


def invitation_code(vault: Vault, invitation_id: UUID) -> str:
    """Return the code of an invitation, in groups of four: made of its id and a key, so that no stored mail has it."""
    plain = Entropy(vault.keyed("staff-invitation", str(invitation_id))).code("code", CODE_LENGTH)
    return "-".join(plain[place : place + _GROUP] for place in range(0, CODE_LENGTH, _GROUP))
