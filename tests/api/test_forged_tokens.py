"""A forged token is nothing: another algorithm, another key, another audience, or only half of one."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.tokens import TokenMint
from notifications.trial import machine_now
from tests.support.clinic import SECRETS, Clinic
from tests.support.problems import refused
from tests.support.tokens import present, session_of


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def retold(token: str, **claims: object) -> str:
    head, _, signature = token.split(".")
    return ".".join((head, encoded({**claims_of(token), **claims}), signature))


def foreign(token: str, *, kid: str = "demo", **claims: object) -> str:
    """A token under a key that is not ours."""
    key = Ed25519PrivateKey.generate()
    return jwt.encode({**claims_of(token), **claims}, key, algorithm="EdDSA", headers={"kid": kid})


def confused(token: str, *, as_pem: bool) -> str:
    """A token whose signature is made with what everybody may know (RFC 8725 §2.1); no library of ours makes one."""
    seed = base64.b64decode(SECRETS["NIGHTBELL_TOKEN_KEYS"].partition(":")[2])
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = pem if as_pem else public.public_bytes_raw()
    signed = f"{encoded({'alg': 'HS256', 'kid': 'demo'})}.{encoded(claims_of(token))}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


FORGERIES: dict[str, Callable[[str], str]] = {
    "another session": lambda token: retold(token, sub=str(uuid4())),
    "a later end": lambda token: retold(token, exp=2**33),
    "alg none": lambda token: ".".join((encoded({"alg": "none", "kid": "demo"}), token.split(".")[1], "")),
    "alg HS256": lambda token: jwt.encode(claims_of(token), "demo" * 8, "HS256", headers={"kid": "demo"}),
    "our public key as the secret of HS256": lambda token: confused(token, as_pem=False),
    "our public key's file as the secret of HS256": lambda token: confused(token, as_pem=True),
    "a foreign key under our name": foreign,
    "an unknown key": lambda token: foreign(token, kid="other"),
    "a name that is no text": lambda token: ".".join(
        (encoded({"alg": "EdDSA", "kid": ["demo"]}), *token.split(".")[1:])
    ),
    "no signature": lambda token: token.rpartition(".")[0] + ".",
    "half a token": lambda token: token[: len(token) // 2],
    "ten thousand brackets": lambda _: base64.urlsafe_b64encode(b"[" * 10_000).decode() + ".e30.AA",
    "words": lambda _: "let me in",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_token_is_nothing(ward: Clinic, forge: Callable[[str], str]) -> None:
    lin, _ = await ward.lin()
    answer = await present(ward, forge(lin.tokens["accessToken"]))
    refused(answer, 401, "token.refused")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_genuine_signature_does_not_make_up_for_a_wrong_audience_or_issuer(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    session = await session_of(lin)
    stranger = TokenMint(ward.settings.secret, ward.settings.token_keys)
    key = Ed25519PrivateKey.from_private_bytes(ward.settings.token_keys["demo"])
    genuine = claims_of(stranger.access(session, "participant", machine_now()))
    for wrong in ({"aud": "elsewhere"}, {"iss": "elsewhere"}, {"aud": ["access"]}, {"sub": "lin"}):
        token = jwt.encode({**genuine, **wrong}, key, algorithm="EdDSA", headers={"kid": "demo"})
        refused(await present(ward, token), 401, "token.refused")
