"""Phones in countries where replies and calls work: the cast's own are all in mainland China."""

from uuid import UUID

from api.seed import member
from domain.decision import SYSTEM, Change
from domain.people import ContactKind
from domain.records import contacts
from domain.records.rows import transaction
from domain.records.write import write
from tests.support.clinic import Clinic

BOBS, DANAS = "+15005550102", "+15005550103"
"""Numbers of the fictitious exchange, with calls and replies."""


async def staff_id(clinic: Clinic, name: str) -> UUID:
    """The id of one of the cast."""
    async with transaction(clinic.trial.pool) as connection:
        return UUID(str(await connection.fetchval("select id from staff where name = $1", name)))


async def give_phone(clinic: Clinic, name: str, number: str) -> str:
    """Put another number on file for one of the cast, sealed as the program does; return it."""
    person = await staff_id(clinic, name)
    async with transaction(clinic.trial.pool) as connection:
        known = await contacts.of_staff(connection, person, ContactKind.PHONE)
        assert known is not None
        sealed = clinic.trial.vault.contact_of_staff(known.id, person, ContactKind.PHONE, number)
        context = clinic.trial.context(SYSTEM)
        await write(connection, context.decide("contact.replace", (Change(sealed, known),), site_id=None))
    return number


def texts_on(clinic: Clinic, number: str) -> list[str]:
    """What a phone received as texts, oldest first."""
    return [text.body for text in clinic.emulator.phone(number)]


def calls_on(clinic: Clinic, number: str) -> list[str]:
    """How each call to a phone stands, oldest first."""
    return [call.status for call in clinic.emulator.switchboard.phone(number)]


def old_phone(name: str) -> str:
    """The number with which one of the cast was seeded."""
    return member(name).phone
