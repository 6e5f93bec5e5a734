"""A signature is verified once. Whatever can change about a token is asked anew with every request."""

from datetime import timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from api.tokens import ACCESS_LIFE, Genuine, TokenMint
from domain.errors import TokenRefused
from domain.people import Session
from notifications.trial import machine_now
from tests.support.clinic import Clinic
from tests.support.problems import refused

SECRET, OLD, NEW = b"s" * 32, b"o" * 32, b"n" * 32


class Counting(TokenMint):
    """A mint that says how often it has verified a signature."""

    verified = 0

    @override
    def _verify(self, token: str) -> Genuine:
        self.verified += 1
        return super()._verify(token)


def session(number: int = 1) -> Session:
    now = machine_now()
    return Session(
        id=UUID(int=number),
        device_id=UUID(int=0),
        created_at=now,
        generation=1,
        rotated_at=now,
        account_id=UUID(int=0),
    )


def test_a_signature_is_verified_once() -> None:
    mint = Counting(SECRET, {"old": OLD})
    token = mint.access(session(), "participant", machine_now())
    assert mint.read(token) == mint.read(token) == mint.read(token, even_expired=True)
    assert mint.verified == 1


def test_a_remembered_token_still_expires() -> None:
    mint = Counting(SECRET, {"old": OLD})
    token = mint.access(session(), "participant", machine_now() - ACCESS_LIFE)
    for _ in range(2):
        mint.read(token, even_expired=True)
        with pytest.raises(TokenRefused):
            mint.read(token)
    assert mint.verified == 1


def test_a_submission_token_never_expires_of_itself() -> None:
    mint = Counting(SECRET, {"old": OLD})
    token = mint.submission(session())
    assert mint.read(token) == mint.read(token)


def test_a_host_that_is_slow_refuses_no_token_of_another() -> None:
    mint, soon = Counting(SECRET, {"old": OLD}), machine_now() + timedelta(minutes=1)
    for even_expired in (True, False):
        mint.read(mint.access(session(), "participant", soon), even_expired=even_expired)
    late = Session(
        id=UUID(int=2),
        device_id=UUID(int=0),
        created_at=soon,
        generation=1,
        rotated_at=soon,
        account_id=UUID(int=0),
    )
    assert mint.read(mint.submission(late)).session_id == late.id


def test_what_was_refused_is_not_remembered() -> None:
    mint = Counting(SECRET, {"old": OLD})
    stranger = TokenMint(SECRET, {"old": NEW}).access(session(), "participant", machine_now())
    for _ in range(2):
        with pytest.raises(TokenRefused):
            mint.read(stranger)
    assert mint.verified == 2


def test_a_token_of_an_earlier_key_is_verified_anew_and_refused_when_its_key_is_gone() -> None:
    token = Counting(SECRET, {"old": OLD}).access(session(), "participant", machine_now())
    both = Counting(SECRET, {"new": NEW, "old": OLD})
    both.read(token)
    assert both.verified == 1
    with pytest.raises(TokenRefused):
        Counting(SECRET, {"new": NEW}).read(token)


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    mint = Counting(SECRET, {"old": OLD}, remembered=2)
    tokens = [mint.access(session(number), "participant", machine_now()) for number in range(3)]
    assert [mint.read(token).session_id for token in tokens] == [UUID(int=number) for number in range(3)]
    mint.read(tokens[2])
    assert mint.verified == 3
    mint.read(tokens[0])
    assert mint.verified == 4


async def test_a_remembered_token_of_a_session_that_was_ended_is_refused(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    assert (await lin.get("/v1/me")).status_code == 200
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    refused(await lin.get("/v1/me"), 401, "token.refused")


async def test_a_remembered_token_is_refused_once_its_time_is_over(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    mint = ward.demo.edge.mint
    claims = mint.read(lin.tokens["accessToken"])
    stale = mint.access(session(claims.session_id.int), "participant", machine_now() - timedelta(minutes=16))
    body = ward.submission("participant", {"fainted": "no"})
    lin.tokens["accessToken"] = stale
    # A report is taken with it, which remembers it; nothing else is.
    assert (await lin.put(f"/v1/me/reports/{UUID(int=7)}", body)).status_code == 201
    refused(await lin.get("/v1/me"), 401, "token.refused")
