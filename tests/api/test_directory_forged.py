"""Sign-in of staff by a hospital's directory: everything that must let nobody in."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.directory_state import DirectoryStates
from api.seed import member
from domain.directory import LIFE
from domain.errors import DirectoryRefused
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json
from tests.support.directory import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    begin,
    brought,
    by_directory,
    end,
    fresh,
    new_key,
    sign_ins,
)
from tests.support.problems import refused, without_id

BOB, FRANK = member("Bob").email, member("Frank").email


Sign = Callable[[Provider, Json], str]


def _by_nobody(_: Provider, claims: Json) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "k"})


def _named_but_unsigned(hospital: Provider, claims: Json) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": next(iter(hospital.keys))})


def _hmac(hospital: Provider, claims: Json, secret: bytes) -> str:
    head = {"kid": next(iter(hospital.keys))}
    return jwt.PyJWS().encode(  # the library itself refuses to take a public key for a shared secret
        json.dumps(claims).encode(), secret, algorithm="HS256", headers=head
    )


def _by_another(hospital: Provider, claims: Json) -> str:
    head = {"kid": next(iter(hospital.keys))}
    return jwt.encode(claims, new_key("EdDSA"), algorithm="EdDSA", headers=head)


def _by_client_secret(hospital: Provider, claims: Json) -> str:
    return _hmac(hospital, claims, CLIENT_SECRET.encode().ljust(32, b"="))


def _by_public_key(hospital: Provider, claims: Json) -> str:
    ((_, key),) = hospital.keys.values()
    return _hmac(hospital, claims, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _cut(hospital: Provider, claims: Json) -> str:
    return hospital._sign(claims)[:-8]  # noqa: SLF001 - as it signs


SIGNED_BADLY: dict[str, Sign] = {
    "no signature, alg none": _by_nobody,
    "no signature, under a known key's name": _named_but_unsigned,
    "HS256 with the client's secret": _by_client_secret,
    "HS256 with the public key": _by_public_key,
    "another key under a known name": _by_another,
    "a signature cut short": _cut,
    "no token at all": lambda _, __: "not.a.token",
}


NOW = int(time.time())


SAID_BADLY: dict[str, Json] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "for another client": {"aud": "another client"},
    "for us among others, made for one of them": {"aud": [CLIENT_ID, "pharmacy"], "azp": "pharmacy"},
    "for us among others, made for nobody known": {"aud": [CLIENT_ID, "pharmacy"]},
    "made for another client": {"azp": "pharmacy"},
    "by another issuer": {"iss": "https://another.example.org"},
    "by no issuer": {"iss": None},
    "expired": {"iat": NOW - 900, "exp": NOW - 600},
    "without an end": {"exp": None},
    "made in the future": {"iat": NOW + 36000, "exp": NOW + 72000},
    "an e-mail that is not verified": {"email_verified": False},
    "an e-mail of which it does not say that it is verified": {"email_verified": None},
    "verified, in a word": {"email_verified": "true"},
    "no e-mail": {"email": None},
    "of nobody": {"sub": None},
    "an e-mail that is Frank's only in small letters": {"email": FRANK.replace("k", "\u212a")},
    "letters that are half of one": {"email": "\ud800@example.org"},
    "an e-mail that nobody has here": {"email": "nobody@example.org"},
    "an e-mail like hers": {"email": f"x{BOB}"},
    "signed in long before at the same desk": {"auth_time": NOW - 3600},
}


@pytest.mark.parametrize("sign", SIGNED_BADLY.values(), ids=SIGNED_BADLY)
async def test_a_word_that_the_directory_has_not_signed_lets_nobody_in(
    desk: Clinic, gone_astray: Provider, sign: Sign
) -> None:
    await by_directory(desk, BOB)
    before = await sign_ins(desk)
    gone_astray.sign = lambda claims: sign(gone_astray, claims)
    refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused")
    assert await sign_ins(desk) == before


@pytest.mark.parametrize("claims", SAID_BADLY.values(), ids=SAID_BADLY)
async def test_a_word_that_is_not_about_this_sign_in_of_somebody_here_lets_nobody_in(
    desk: Clinic, gone_astray: Provider, claims: Json
) -> None:
    await by_directory(desk, BOB)
    before = await sign_ins(desk)
    gone_astray.more_claims = claims
    refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused")
    assert await sign_ins(desk) == before
    gone_astray.behave()
    await by_directory(desk, BOB)


async def test_every_refusal_is_the_same(desk: Clinic, gone_astray: Provider) -> None:
    problems = []
    for claims in SAID_BADLY.values():
        gone_astray.more_claims = claims
        problems.append(
            without_id(refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused"))
        )
    gone_astray.behave()
    forged = {"code": "none", "state": "none", "deviceId": str(uuid4())}
    problems.append(without_id(refused(await end(desk, forged), 401, "directory.refused")))
    assert [each for each in problems if each != problems[0]] == []


async def test_the_operator_reads_in_the_log_why_and_not_who(
    desk: Clinic, gone_astray: Provider, log: StringIO
) -> None:
    gone_astray.more_claims = {"email_verified": False}
    body = await brought(desk, BOB)
    await end(desk, body)
    assert '"inside": "email-unverified"' in log.getvalue()
    for hidden in (BOB, body["code"], body["state"]):
        assert hidden not in log.getvalue()


async def test_a_small_key_of_the_directory_is_not_believed(desk: Clinic, gone_astray: Provider) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - what must be refused
    gone_astray.keys = {"small": ("RS256", small)}
    fresh(desk)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        refused(await end(desk, await brought(desk, BOB)), 401, "directory.refused")
    gone_astray.rotate()


async def test_a_state_that_is_forged_or_changed_is_refused_and_the_directory_not_asked(
    desk: Clinic, hospital: Provider
) -> None:
    body = await brought(desk, BOB)
    strange = DirectoryStates(bytes(32), f"{hospital.url}\x00{CLIENT_ID}")
    flipped = body["state"][:-2] + ("AA" if body["state"][-2:] != "AA" else "BB")
    forged = [
        strange.begin(UUID(body["deviceId"]), machine_now()).state,
        flipped,
        body["state"][:40],
        body["state"] + "=",
        "x",
        "é" * 20,
    ]
    before = len(hospital.asked)
    for state in forged:
        refused(await end(desk, {**body, "state": state}), 401, "directory.refused")
    assert len(hospital.asked) == before
    assert (await end(desk, body)).status_code == 201


async def test_what_one_device_has_begun_no_other_can_end(desk: Clinic, hospital: Provider) -> None:
    body = await brought(desk, BOB)
    before = len(hospital.asked)
    refused(await end(desk, {**body, "deviceId": str(uuid4())}), 401, "directory.refused")
    assert len(hospital.asked) == before
    assert (await end(desk, body)).status_code == 201


async def test_a_code_of_somebody_elses_sign_in_is_of_no_use_under_ones_own_state(desk: Clinic) -> None:
    mallory = str(uuid4())
    own, bobs = await begin(desk, mallory), await brought(desk, BOB)
    stolen = {"code": bobs["code"], "state": own["state"], "deviceId": mallory}
    refused(await end(desk, stolen), 401, "directory.refused")


@pytest.mark.parametrize("forgets", [True, False], ids=["a directory that counts codes", "one that does not"])
async def test_what_was_brought_is_good_once(desk: Clinic, gone_astray: Provider, *, forgets: bool) -> None:
    gone_astray.forget_codes = forgets
    body = await brought(desk, BOB)
    answers = await asyncio.gather(*(end(desk, body) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [201, 401, 401]
    refused(await end(desk, body), 401, "directory.refused")


async def test_after_ten_minutes_it_is_too_late_and_with_another_directory_void() -> None:
    states, device_id, now = DirectoryStates(bytes(32), "a"), uuid4(), machine_now()
    state = states.begin(device_id, now).state
    assert states.read(state, device_id, now + LIFE - timedelta(seconds=2)).device_id == device_id
    for reader, at in ((states, now + LIFE), (DirectoryStates(bytes(32), "b"), now)):
        with pytest.raises(DirectoryRefused):
            reader.read(state, device_id, at)
