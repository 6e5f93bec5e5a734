"""`nightbell staff invite` and `close`: what no administrator of one site may do with an account of two."""

import argparse
from collections.abc import Mapping
from uuid import UUID

from api.commands import at_work, person_named, say, unfit
from api.inviting import make, send
from domain import inviting, staff_accounts
from domain.decision import SYSTEM
from domain.errors import Fault
from domain.people import Staff
from domain.records import rota, sessions, staff, staff_access
from domain.records.write import write
from notifications.account_mail import invitation_code


async def invite(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Invite somebody anew who has lost password and authenticator: see first that it is she."""
    async with at_work(environment) as (trial, connection):
        person = await person_named(trial, connection, chosen.email)
        site_id = _site_of(person)
        await staff.lock(connection, person.id)
        context = trial.context(SYSTEM)
        made = make(trial.vault, person, site_id, context)
        decision = inviting.invite_again(made, await staff_access.unused(connection, person.id), context)
        mailed = await send(trial, connection, made, decision, person, context, "")
    shown = "goes to her by mail" if mailed else invitation_code(trial.vault, made.id)
    say(f"code  {shown}\nIt is good once, for 72 hours, and not shown again.")
    return 0


async def close(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Close the account of somebody who has left, at all sites: she is signed out, and rung no more."""
    async with at_work(environment) as (trial, connection):
        person = await person_named(trial, connection, chosen.email)
        await staff.lock(connection, person.id)
        going_on = await sessions.hold_of_staff(connection, person.id)
        context = trial.context(SYSTEM)
        decision = staff_accounts.close(person, going_on, _site_of(person), chosen.reason, context)
        await write(connection, decision)
        await rota.look_at_sites_of(connection, person.id, context.now)
    say(f"the account of {person.name} is closed")
    return 0


def _site_of(person: Staff) -> UUID:
    """Return the site in whose trail it is written: the first of hers."""
    if not person.roles:
        raise unfit(Fault("email", "is nobody of any site"))
    return person.roles[0].site_id
