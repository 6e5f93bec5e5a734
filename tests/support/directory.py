"""A hospital's directory: a small OpenID Connect provider over real HTTP, with keys of its own, that can misbehave."""

import asyncio
import base64
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from litestar import Litestar, Request, Response, get, post
from msgspec import Struct

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.http import serve
from tests.support.patience import PATIENCE_SECONDS

CLIENT_ID, CLIENT_SECRET = "nightbell at Zhongnan", "directory:canary/93"
REDIRECT_URL = "http://127.0.0.1:9/signed-in"
"""Where nobody listens: a test reads the address that the browser is sent to."""

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def new_key(algorithm: str) -> Key:
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def public_jwk(kid: str, algorithm: str, key: Key) -> Json:
    written = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**written, "kid": kid, "alg": algorithm, "use": "sig"}


class _Asked(Struct, frozen=True):
    """What somebody was signed in for."""

    query: dict[str, str]
    claims: dict[str, Json]


class Provider:
    """The directory. What a test changes is public."""

    def __init__(self) -> None:
        self.url = ""
        self.algorithm = "EdDSA"
        self.keys: dict[str, tuple[str, Key]] = {}
        self.more_claims: dict[str, Json] = {}
        """Put over what it would say; None takes a claim away."""
        self.more_document: dict[str, Json] = {}
        """Put over its discovery document."""
        self.status = 200
        """What it answers to everything; anything but 200 is a fault."""
        self.hang: asyncio.Event | None = None
        """It answers nothing before this is set."""
        self.forget_codes = True
        """A code is good once, as RFC 6749 §4.1.2 wants it."""
        self.sign: Callable[[dict[str, Json]], str] = self._sign
        self.asked: list[str] = []
        self._heard = asyncio.Event()
        self.codes: dict[str, _Asked] = {}
        self.rotate()

    def rotate(self) -> None:
        """Take the old keys out of use, and sign with a new one."""
        self.keys = {f"k-{uuid4().hex[:6]}": (self.algorithm, new_key(self.algorithm))}

    def behave(self) -> None:
        """Be as it was at first, with the keys of now."""
        self.more_claims, self.more_document, self.status, self.hang = {}, {}, 200, None
        self.forget_codes, self.sign = True, self._sign

    async def is_asked(self, times: int) -> None:
        """Wait until it has been asked so often."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.asked) < times:
                self._heard.clear()
                await self._heard.wait()

    @property
    def settings(self) -> dict[str, str]:
        return {
            "NIGHTBELL_OIDC_ISSUER": self.url,
            "NIGHTBELL_OIDC_CLIENT_ID": CLIENT_ID,
            "NIGHTBELL_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "NIGHTBELL_OIDC_REDIRECT_URL": REDIRECT_URL,
        }

    def document(self) -> Json:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA", "HS256", "none"],
            **self.more_document,
        }

    def key_set(self) -> Json:
        return {"keys": [public_jwk(kid, algorithm, key) for kid, (algorithm, key) in self.keys.items()]}

    def signed_in(self, query: dict[str, str], email: str) -> str:
        """Let somebody have signed in; return where her browser is sent."""
        code = uuid4().hex
        now = int(time.time())
        said = {"sub": f"uid-{email}", "email": email, "email_verified": True, "auth_time": now}
        self.codes[code] = _Asked(query, said)
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def granted(self, form: dict[str, str], authorization: str) -> tuple[int, Json]:
        """Exchange a code (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
        found = self.codes.get(form["code"])
        if not self._is_ours(form, authorization):
            return 401, {"error": "invalid_client"}
        if found is None or not _fits(found.query, form):
            return 400, {"error": "invalid_grant"}
        if self.forget_codes:
            del self.codes[form["code"]]
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **found.claims}
        claims = {**claims, "nonce": found.query["nonce"], **self.more_claims}
        token = self.sign({name: value for name, value in claims.items() if value is not None})
        return 200, {"access_token": "of no use here", "token_type": "Bearer", "id_token": token}

    def _is_ours(self, form: dict[str, str], authorization: str) -> bool:
        """Know the client as the document says that it wants to."""
        if "token_endpoint_auth_methods_supported" in self.more_document:
            return not authorization and (form["client_id"], form["client_secret"]) == (
                CLIENT_ID,
                CLIENT_SECRET,
            )
        scheme, _, pair = authorization.partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return (scheme, unquote_plus(name), unquote_plus(secret)) == ("Basic", CLIENT_ID, CLIENT_SECRET)

    def _sign(self, claims: dict[str, Json]) -> str:
        kid, (algorithm, key) = next(iter(self.keys.items()))
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})

    def app(self) -> Litestar:
        async def ready(request: Request[Any, Any, Any]) -> None:
            self.asked.append(request.url.path)
            self._heard.set()
            if self.hang is not None:
                await self.hang.wait()

        def said(body: Json, status: int = 200) -> Response[bytes]:
            whole = json.dumps(body).encode()
            return Response(whole, status_code=status if self.status == 200 else self.status)

        @get("/.well-known/openid-configuration")
        async def discover(request: Request[Any, Any, Any]) -> Response[bytes]:
            await ready(request)
            return said(self.document())

        @get("/keys")
        async def keys(request: Request[Any, Any, Any]) -> Response[bytes]:
            await ready(request)
            return said(self.key_set())

        @get("/authorize")
        async def authorize(request: Request[Any, Any, Any]) -> Response[bytes]:
            query = {name: values[0] for name, values in parse_qs(request.url.query).items()}
            where = self.signed_in(query, request.headers["x-typed"])
            return Response(b"", status_code=302, headers={"Location": where})

        @post("/token", status_code=200)
        async def token(request: Request[Any, Any, Any]) -> Response[bytes]:
            await ready(request)
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            status, body = self.granted(form, request.headers.get("authorization", ""))
            return said(body, status)

        return Litestar([discover, keys, authorize, token], openapi_config=None, logging_config=None)


def _fits(query: dict[str, str], form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    return (
        form["grant_type"] == "authorization_code"
        and form["redirect_uri"] == query["redirect_uri"] == REDIRECT_URL
        and query["code_challenge_method"] == "S256"
        and base64.urlsafe_b64encode(digest).decode().rstrip("=") == query["code_challenge"]
    )


@contextlib.asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """Serve a directory until the block is left."""
    running = Provider()
    async with serve(running.app()) as url:
        running.url = url
        yield running


async def begin(clinic: Clinic, device_id: str) -> Json:
    """Begin on a device."""
    answer = await clinic.http.post("/v1/staff/directory-sign-ins", json={"deviceId": device_id})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def browser(url: str, email: str) -> dict[str, str]:
    """Somebody types at the directory who she is; return what her browser brings back."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(url, headers={"X-Typed": email})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{REDIRECT_URL}?")
    return {name: each[0] for name, each in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def brought(clinic: Clinic, email: str) -> dict[str, str]:
    """What ends a whole sign-in on a new device, not sent yet."""
    device_id = str(uuid4())
    begun = await begin(clinic, device_id)
    back = await browser(begun["authorizationUrl"], email)
    assert back["state"] == begun["state"]
    return {**back, "deviceId": device_id}


async def end(clinic: Clinic, body: dict[str, str]) -> httpx.Response:
    return await clinic.http.post("/v1/staff/directory-sessions", json=body)


async def by_directory(clinic: Clinic, email: str) -> Person:
    """Somebody signed in by the directory."""
    body = await brought(clinic, email)
    answer = await end(clinic, body)
    assert answer.status_code == 201, answer.text
    return Person(clinic, body["deviceId"], answer.json())


def fresh(ward: Clinic) -> None:
    """Let this server know nothing of the directory, as after an hour."""
    known = ward.demo.edge.directory
    assert known is not None
    known._kept = None  # noqa: SLF001 - a test waits no hour


async def sign_ins(ward: Clinic) -> list[tuple[str, str]]:
    """Who has signed in, oldest first, and how, as the audit trail says."""
    async with transaction(ward.trial.pool) as connection:
        found = await connection.fetch(
            """
            select convert_from(body, 'utf8')::jsonb as said from audit_entries
            where action = 'staff.sign-in' order by position
            """
        )
    return [(row["said"]["actor"]["id"], row["said"].get("reason", "")) for row in found]
