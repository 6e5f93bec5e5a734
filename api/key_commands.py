"""`nightbell keys`: sealing everything under the newest key, and saying which key may be removed."""

import argparse
from collections.abc import Mapping

from api.commands import opened, say, unfit
from api.keyring import seal_anew, survey
from domain import keys
from domain.decision import SYSTEM
from domain.errors import Fault
from domain.keys import Survey
from domain.records.rows import transaction
from domain.records.write import write
from notifications.trial import Trial


async def check(environment: Mapping[str, str]) -> int:
    """Open every sealed row and say which key seals how many; 0 if all is under the newest one and opens."""
    async with opened(environment) as trial:
        found = await survey(trial)
    return _report(trial, found)


async def rotate(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Seal every row under the newest key, beside whoever serves and works; may be cut off and run again.

    With `reindex` the index by which rows are found is made anew as well, after a change of NIGHTBELL_SECRET. Without
    it rows of another index end the run: a wrong secret would hide every e-mail from those who sign in.
    """
    async with opened(environment) as trial:
        before = await survey(trial)
        if before.foreign_index and not chosen.reindex:
            raise unfit(_foreign(before))
        if not before.is_done(trial.vault.current):
            async with transaction(trial.pool) as connection:
                await write(connection, keys.rotation(before, trial.vault.current, trial.context(SYSTEM)))
            await seal_anew(trial.pool, trial.vault)
        return _report(trial, await survey(trial))


def _foreign(found: Survey) -> Fault:
    rows = found.foreign_index
    return Fault(
        "NIGHTBELL_SECRET",
        f"is not the one that {rows} rows are found by; if it was changed on purpose, say --reindex",
    )


def _report(trial: Trial, found: Survey) -> int:
    configured = tuple(trial.vault.keys)
    for key in dict.fromkeys((*configured, *found.sealed)):
        say(f"{key}  seals {found.sealed.get(key, 0)} rows{_standing(key, configured)}")
    for name in found.broken:
        say(f"BROKEN {name} does not open")
    if found.foreign_index:
        say(f"{found.foreign_index} rows are not found by this NIGHTBELL_SECRET: keys rotate --reindex")
    for key in keys.removable(found, configured):
        say(f"{key} may be removed, once no backup that it opens is needed any more")
    if not (done := found.is_done(trial.vault.current)):
        say("No key may be removed.")
    return int(not done)


def _standing(key: str, configured: tuple[str, ...]) -> str:
    if key not in configured:
        return ", and is not in NIGHTBELL_CONTACT_KEYS"
    return ", is the newest" if key == configured[0] else ""
