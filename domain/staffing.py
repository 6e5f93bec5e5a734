"""Setting a site up: the site, its people with what they sign in and are rung with, its rota."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import Fault, SiteNotLive
from domain.people import Contact, Credential, Role, Shift, Site, Staff, StaffRole


class Recruit(Struct, frozen=True, kw_only=True):
    """A member of staff to be added; the sealed parts are bound to `staff_id`."""

    staff_id: UUID
    name: str
    language: str
    role: Role
    contacts: tuple[Contact, ...]
    credential: Credential


def add_site(name: str, time_zone: str, context: Context) -> tuple[Site, Decision]:
    """Add a site, not live yet."""
    site = Site(id=context.entropy.uuid(f"site/{name}"), name=name, time_zone=time_zone)
    return site, context.decide("site.add", (Change(site),), site_id=site.id)


def add_staff(site: Site, recruit: Recruit, context: Context) -> tuple[Staff, Decision]:
    """Add a member of staff with one role at one site."""
    person = Staff(
        id=recruit.staff_id,
        name=recruit.name,
        language=recruit.language,
        roles=(StaffRole(site_id=site.id, role=recruit.role),),
        created_at=context.now,
    )
    changes = (Change(person), Change(recruit.credential), *map(Change, recruit.contacts))
    return person, context.decide("staff.add", changes, site_id=site.id)


class Principal(Struct, frozen=True):
    """Who is rung when all others fail, and whether a number is on file that is not known to be dead."""

    staff: Staff
    reachable: bool


def go_live(
    site: Site, principal: Principal, missing: tuple[Fault, ...], context: Context
) -> tuple[Site, Decision]:
    """Let a site take participants; raise SiteNotLive with everything that is missing.

    A site cannot go live without a reachable fallback contact (contract.md, `/v1/sites`).
    """
    faults = (*missing, *_principal_faults(site, principal))
    if faults:
        raise SiteNotLive("This site cannot go live yet.", faults=faults)
    live = replace(site, live_since=context.now, principal_investigator_id=principal.staff.id)
    return live, context.decide("site.go-live", (Change(live, site),), site_id=site.id)


def _principal_faults(site: Site, principal: Principal) -> tuple[Fault, ...]:
    staff = principal.staff
    fits = staff.disabled_at is None and staff.role_at(site.id) is Role.INVESTIGATOR
    return (
        *([] if fits else [Fault("principal-investigator", "is no investigator of this site")]),
        *(
            []
            if principal.reachable
            else [Fault("principal-investigator", "has no phone number on file that texts reach")]
        ),
    )


def set_phone(person: Staff, before: Contact | None, phone: Contact, context: Context) -> Decision:
    """Put another phone in the place of the one on file: whatever was known of the old one says nothing of it."""
    site_id = next((bound.site_id for bound in person.roles), None)
    return context.decide("staff.set-phone", (Change(phone, before),), site_id=site_id)


def put_on_call(
    site: Site, staff_id: UUID, tier: int, hours: tuple[datetime, datetime], context: Context
) -> Decision:
    """Put a member of staff on call in a tier (1 is rung first) for these hours."""
    starts_at, ends_at = hours
    shift = Shift(
        id=context.entropy.uuid(f"shift/{staff_id}/{tier}/{starts_at}"),
        site_id=site.id,
        staff_id=staff_id,
        tier=tier,
        starts_at=starts_at,
        ends_at=ends_at,
        added_at=context.now,
    )
    return context.decide("shift.add", (Change(shift),), site_id=site.id)
