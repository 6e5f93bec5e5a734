"""What an administrator needs of a colleague: one who works at a site of hers, and nobody else."""

from uuid import UUID

from domain.errors import NotFound
from domain.people import Staff
from domain.records import staff
from domain.records.rows import Connection


async def colleague_at(connection: Connection, site_id: UUID, staff_id: UUID) -> Staff:
    """Return who works at a site, with a closed account too; raise NotFound."""
    person = await staff.find(connection, staff_id)
    if person is None or person.role_at(site_id) is None:
        raise NotFound("There is no such thing here.")
    return person
