"""The fixed cast of the demo and the stories: one site, its people, a rota of a year."""

from datetime import timedelta

from msgspec import Struct
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.recruiting import Applicant, SignIn, recruit
from domain import staffing
from domain.decision import SYSTEM
from domain.enrolment import going_live
from domain.people import Role, Site, Staff
from domain.records import rota, sites
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial

SITE_NAME = "Zhongnan Hospital"
SITE_ZONE = "Asia/Shanghai"

PASSWORD = "sandbox-only-password"  # noqa: S105 - the sandbox's, printed at its start, refused nowhere else
ROTA = timedelta(days=400)

_QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
"""What everybody may know needs no costly hash, and a sandbox is opened and made anew in no time."""


class Member(Struct, frozen=True, kw_only=True):
    """One of the cast; `tier` is the place on the rota, None for none."""

    name: str
    phone: str
    role: Role
    totp_secret: str
    pin: str
    tier: int | None = None

    @property
    def email(self) -> str:
        """What she signs in with."""
        return f"{self.name.lower()}@example.org"


CAST = (
    Member(
        name="Alice",
        phone="+8619900000001",
        role=Role.COORDINATOR,
        totp_secret="HPCRAYUXHRCY2WTPFWGWJIBDERRVJLL6",
        pin="402917",
    ),
    Member(
        name="Bob",
        phone="+8619900000002",
        role=Role.INVESTIGATOR,
        totp_secret="ZWP3DYKIZTMEILS2U5EQJTDTX5X3KTI5",
        pin="318264",
        tier=1,
    ),
    Member(
        name="Dana",
        phone="+8619900000003",
        role=Role.INVESTIGATOR,
        totp_secret="BH5Z74ZMLKUBX46NAYHIF6F57ZX2IC4T",
        pin="750391",
        tier=2,
    ),
    Member(
        name="Erin",
        phone="+8619900000004",
        role=Role.INVESTIGATOR,
        totp_secret="QSO4IV2B2UVAOGYO2TFBJN5BQLUC7SWW",
        pin="629483",
        tier=3,
    ),
    Member(
        name="Frank",
        phone="+8619900000005",
        role=Role.INVESTIGATOR,
        totp_secret="3NQF5D3RSE6R6OLGVWII26FYVAEE6UCH",
        pin="847150",
    ),
)
"""Alice registers, Bob is rung first, Dana second, Erin third; Frank is the principal investigator."""

PRINCIPAL_INVESTIGATOR = "Frank"


def member(name: str) -> Member:
    """Return one of the cast by name."""
    return next(each for each in CAST if each.name == name)


async def seed(trial: Trial) -> Site:
    """Make sure the site and its people are there; a second time changes nothing."""
    with acting_as(THE_SYSTEM):
        async with transaction(trial.pool) as connection:
            known = await sites.lock(connection, SITE_NAME)
            return known or await _open_site(trial, connection)


async def _open_site(trial: Trial, connection: Connection) -> Site:
    site, decision = staffing.add_site(SITE_NAME, SITE_ZONE, trial.context(SYSTEM))
    await write(connection, decision)
    ids = {each.name: await _hire(trial, connection, site, each) for each in CAST}
    missing = going_live(trial.protocol, trial.mode, is_approved=trial.is_approved)
    principal = staffing.Principal(ids[PRINCIPAL_INVESTIGATOR], reachable=True)
    live, decision = staffing.go_live(site, principal, missing, trial.context(SYSTEM))
    await write(connection, decision)
    await rota.look_now(connection, live.id, trial.now())
    return live


async def _hire(trial: Trial, connection: Connection, site: Site, each: Member) -> Staff:
    applicant = Applicant(name=each.name, email=each.email, phone=each.phone, role=each.role)
    drawn = SignIn(email=each.email, password=PASSWORD, totp_secret=each.totp_secret, pin=each.pin)
    sealed, _ = await recruit(trial.vault, applicant, drawn, _QUICK)
    context = trial.context(SYSTEM)
    person, decision = staffing.add_staff(site, sealed, context)
    await write(connection, decision)
    if each.tier is not None:
        hours = (context.now - timedelta(days=1), context.now + ROTA)
        await write(connection, staffing.put_on_call(site, person.id, each.tier, hours, context))
    return person
