"""What a test asks of tokens: which session one belongs to, and whether one is let in."""

import httpx

from domain.people import Session
from domain.records import sessions
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person


async def session_of(person: Person) -> Session:
    """The session of a phone, as the database has it."""
    claims = person.clinic.demo.edge.mint.read(person.tokens["submissionToken"])
    async with transaction(person.clinic.trial.pool) as connection:
        session = await sessions.find(connection, claims.session_id)
    assert session is not None
    return session


async def present(clinic: Clinic, token: str) -> httpx.Response:
    """Ask who is signed in, by this token."""
    return await clinic.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
