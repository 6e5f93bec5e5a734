"""The keys of tokens are changed over restarts, and nobody is signed out; a key that is gone vouches for nothing."""

import base64
import secrets
from typing import Any
from uuid import uuid4

import httpx
import jwt

from tests.support.clinic import SECRETS, Clinic, Json, Person, open_clinic
from tests.support.desk import trail
from tests.support.problems import refused

OLD = SECRETS["NIGHTBELL_TOKEN_KEYS"]
NEW = f"new:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def at(clinic: Clinic, person: Person) -> Person:
    """The same phone before the restarted clinic."""
    there = Person(clinic, person.device_id, person.tokens)
    there.participant_id = person.participant_id
    return there


def key_of(person: Person, token: str) -> str:
    return str(jwt.get_unverified_header(person.tokens[token])["kid"])


async def rotate(person: Person, path: str = "/v1/tokens") -> httpx.Response:
    body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
    answer = await person.clinic.http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    person.tokens |= answer.json()
    return answer


async def hand_in(person: Person) -> httpx.Response:
    body = person.clinic.submission("participant", {"fainted": "no"})
    return await person.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")


async def published(clinic: Clinic) -> list[Json]:
    answer = await clinic.http.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    return list(answer.json()["keys"])


async def test_a_key_is_changed_in_three_restarts_and_nobody_is_signed_out(clinic_url: str) -> None:
    async with open_clinic(clinic_url) as clinic:
        lin, _ = await clinic.lin()
        alice = await clinic.staff("Alice")
    for keys, signs in ((f"{OLD},{NEW}", "demo"), (f"{NEW},{OLD}", "new"), (NEW, "new")):
        async with open_clinic(clinic_url, NIGHTBELL_TOKEN_KEYS=keys) as clinic:
            lin, alice = at(clinic, lin), at(clinic, alice)
            assert (await lin.get("/v1/me")).status_code == 200
            assert (await alice.get("/v1/staff/me")).status_code == 200
            assert (await hand_in(lin)).status_code == 201
            await rotate(lin)
            await rotate(alice, "/v1/staff/tokens")
            assert {key_of(lin, token) for token in ("accessToken", "submissionToken")} == {signs}
            assert key_of(alice, "accessToken") == signs
            assert [each["kid"] for each in await published(clinic)] == [
                each.partition(":")[0] for each in keys.split(",")
            ]
            told = [line["action"] for line in await trail(clinic, lin)]
            assert "token.reuse" not in told


async def test_a_key_that_is_gone_vouches_for_nothing_and_the_phone_renews_what_it_has(
    clinic_url: str,
) -> None:
    async with open_clinic(clinic_url) as clinic:
        lin, _ = await clinic.lin()
        assert (await lin.get("/v1/me")).status_code == 200
    async with open_clinic(clinic_url, NIGHTBELL_TOKEN_KEYS=NEW) as clinic:
        lin = at(clinic, lin)
        refused(await lin.get("/v1/me"), 401, "token.refused")
        refused(await hand_in(lin), 401, "token.refused")
        await rotate(lin)
        assert (await lin.get("/v1/me")).status_code == 200
        assert (await hand_in(lin)).status_code == 201


async def test_a_stranger_verifies_a_token_by_the_published_key_and_reads_its_claims(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    keys = jwt.PyJWKSet.from_dict({"keys": await published(clinic)})
    for token, audience in (("accessToken", "access"), ("submissionToken", "submission")):
        claims: dict[str, Any] = jwt.decode(
            lin.tokens[token],
            keys[key_of(lin, token)].key,
            algorithms=["EdDSA"],
            audience=audience,
            issuer="nightbell",
        )
        if audience == "access":
            assert claims["exp"] - claims["iat"] == 15 * 60
            assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "role"}
    assert all(set(each) == {"kid", "x", "kty", "crv", "use", "alg"} for each in await published(clinic))
