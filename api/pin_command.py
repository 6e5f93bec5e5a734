"""`nightbell staff set-pin`: a drawn PIN for whoever has none, or has forgotten hers."""

import argparse
from collections.abc import Mapping

from api.commands import at_work, person_named, say
from api.pins import draw, hash_pin
from domain import pins
from domain.decision import SYSTEM
from domain.errors import NotFound
from domain.records import staff
from domain.records.write import write


async def set_pin(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Draw a PIN for a member of staff and show it, this once; the one before is good no more."""
    drawn = draw()
    async with at_work(environment) as (trial, connection):
        person = await person_named(trial, connection, chosen.email)
    # Between the two: a hash takes its time, and nobody's sign-in shall wait for it.
    pin_hash = await hash_pin(trial.vault, person.id, drawn)
    async with at_work(environment) as (trial, connection):
        credential = await staff.lock_credential(connection, person.id)
        if credential is None:
            raise NotFound("This account is closed.")
        await write(connection, pins.set_pin(credential, pin_hash, trial.context(SYSTEM)))
    say(f"PIN  {drawn}\nIt is not shown again. She can choose another when she is signed in.")
    return 0
