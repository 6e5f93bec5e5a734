"""The seeded staff of a sandbox, with what signs each of them in now."""

import pyotp

from api import seed
from api.sandbox import Sandbox
from api.shapes.sandbox import StaffKey, StaffKeys
from domain.errors import NotFound
from domain.people import Site
from domain.records import sites
from domain.records.rows import Connection, reading
from notifications.trial import machine_now


async def staff_keys(sandbox: Sandbox) -> StaffKeys:
    """Return the cast of a sandbox."""
    async with reading(sandbox.trial.pool) as connection:
        site = await seeded_site(connection)
    return StaffKeys(site_id=site.id, staff=tuple(map(_key, seed.CAST)))


async def seeded_site(connection: Connection) -> Site:
    """Return the one site of a sandbox."""
    site = await sites.named(connection, seed.SITE_NAME)
    if site is None:
        raise NotFound("The sandbox has not been seeded.")
    return site


def _key(each: seed.Member) -> StaffKey:
    return StaffKey(
        name=each.name,
        role=each.role.value,
        phone=each.phone,
        email=each.email,
        password=seed.PASSWORD,
        totp=pyotp.TOTP(each.totp_secret).at(machine_now()),
        pin=each.pin,
    )
