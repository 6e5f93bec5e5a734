"""The rota of a site as its routes and commands need it: loaded under the site's lock, or read from a calendar."""

import asyncio
from datetime import datetime
from uuid import UUID

from api import rota_file
from api.rota_file import RotaFile
from domain import local_time, rota_changes
from domain.decision import Context
from domain.errors import NotFound
from domain.people import ContactKind, Site
from domain.records import rota, sites
from domain.records.rows import Connection
from domain.records.sealing import Vault
from domain.records.write import write
from domain.rota_changes import Book, Replacement, Wanted

_NOBODY = UUID(int=0)


async def known_site(connection: Connection, site_id: UUID) -> Site:
    """Return a site; raise NotFound."""
    site = await sites.find(connection, site_id)
    if site is None:
        raise NotFound("There is no such thing here.")
    return site


async def load_book(connection: Connection, site_id: UUID, begins: datetime) -> Book:
    """Return the rota of a site from `begins` on, and who works there. To change it, lock the site first."""
    people = await rota.colleagues(connection, site_id)
    return Book(
        site_id=site_id,
        rows=await rota.since(connection, site_id, begins),
        people={each.staff_id: each for each in people},
    )


async def read_rota_file(content: bytes, site: Site, now: datetime) -> RotaFile:
    """Read a calendar in a thread of its own: it may say much, and nobody else shall wait for it."""
    return await asyncio.to_thread(rota_file.read, content, local_time.zone(site.time_zone), now)


async def take_in(
    connection: Connection, site: Site, file: RotaFile, vault: Vault, context: Context, request_id: str = ""
) -> Replacement:
    """Import what a calendar says into the rota of a locked site, or nothing of it."""
    indexes = {each.email: vault.index(ContactKind.EMAIL, each.email) for each in file.entries}
    known = await rota.staff_by_email(connection, tuple(indexes.values()))
    wanted = tuple(
        Wanted(
            staff_id=known.get(indexes[each.email], _NOBODY),
            tier=each.tier,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            pointer=each.pointer,
        )
        for each in file.entries
    )
    book = await load_book(connection, site.id, context.now)
    done = rota_changes.take_in(book, file.calendar, wanted, context)
    await write(connection, done.decision, request_id=request_id)
    if done.decision is not None:
        await rota.look_now(connection, site.id, context.now)
    return done
