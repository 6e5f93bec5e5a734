"""What an administrator needs of a colleague: one who works at a site of hers, and nobody else."""

from uuid import UUID

from api.callers import StaffCaller
from domain.errors import NotEntitled, NotFound
from domain.people import Role, Staff
from domain.records import staff
from domain.records.rows import Connection


async def colleague_at(connection: Connection, site_id: UUID, staff_id: UUID) -> Staff:
    """Return who works at a site, with a closed account too; raise NotFound."""
    person = await staff.find(connection, staff_id)
    if person is None or person.role_at(site_id) is None:
        raise NotFound("There is no such thing here.")
    return person


def require_all_sites(caller: StaffCaller, person: Staff) -> None:
    """Raise NotEntitled unless she is administrator wherever a colleague works: an account has no parts."""
    if any(caller.staff.role_at(bound.site_id) is not Role.ADMINISTRATOR for bound in person.roles):
        raise NotEntitled("This account is also of a site that is not yours: ask the operator.")
