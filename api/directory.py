"""The hospital's directory as this server asks it: discovery, keys, and a code for a signed word (OpenID Connect).

Every call is bounded in time and size, follows nobody elsewhere and is never repeated by itself. Few are made at once,
in slots of their own: a directory that hangs must keep nobody from signing in by password.
"""

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import jwt
import msgspec
import structlog
from jwt import PyJWK, PyJWKSet
from msgspec import Struct
from typing_extensions import override

from api.directory_state import DirectoryStates, challenge
from api.oidc_settings import OidcSettings
from api.proving import Slots
from domain.directory import LEEWAY, Begun, Word, why_not
from domain.errors import DirectoryRefused, DirectoryUnavailable

SECONDS = 5.0
"""One call to the directory; ours."""

ALL_SECONDS = 10.0
"""All calls of one request; ours."""

MOST_BYTES = 256 * 1024
"""Of one answer; the keys of a large directory are some 10 KiB."""

KEPT_SECONDS = 3600.0
"""How long its addresses and keys are kept: a key that it has taken out of use is believed no longer; ours."""

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Signatures by a key that the directory alone has (RFC 8725 §3.1): no `none`, and no shared secret."""

_REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")

T = TypeVar("T")

log = structlog.get_logger("nightbell.directory")


class Discovered(Struct, frozen=True, kw_only=True):
    """Where what is (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def algorithms(self) -> list[str]:
        """Those it may sign with and that we believe."""
        return [each for each in ALGORITHMS if each in self.id_token_signing_alg_values_supported]


class Granted(Struct, frozen=True):
    """What a code is exchanged for. Its access token is nothing to us."""

    id_token: str


class _Refusal(Struct, frozen=True):
    """RFC 6749 §5.2."""

    error: str = ""


class _Kept(Struct, frozen=True):
    where: Discovered
    keys: Mapping[str, PyJWK]
    until: float


class Directory:
    """The directory of one deployment, and the sign-ins by it that are under way."""

    def __init__(self, settings: OidcSettings, secret: bytes) -> None:
        self.states = DirectoryStates(secret, f"{settings.issuer}\x00{settings.client_id}")
        self._settings = settings
        self._calls = Slots(4)
        self._kept: _Kept | None = None

    @override
    def __repr__(self) -> str:
        return f"Directory({self._settings.issuer})"

    async def address(self, begun: Begun) -> str:
        """Return where the browser goes to sign in. Raise DirectoryUnavailable, SignInBusy."""
        async with self._asking():
            known = await self._known()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_url,
            "scope": "openid email",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge(begun),
            "code_challenge_method": "S256",
            # The desk of a ward: whoever is signed in there already may not be who begins.
            "prompt": "login",
        }
        joint = "&" if urlsplit(known.where.authorization_endpoint).query else "?"
        return f"{known.where.authorization_endpoint}{joint}{urlencode(query)}"

    async def email(self, code: str, begun: Begun) -> str:
        """Return the e-mail vouched for. Raise DirectoryRefused, DirectoryUnavailable, SignInBusy."""
        async with self._asking():
            known = await self._known()
            token = await self._exchange(known.where, code, begun)
            word = await self._read(known, token)
        fault = why_not(word, begun, self._settings.client_id)
        if fault:
            raise DirectoryRefused("Begin again.", inside=fault)
        return word.email

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        async with self._calls.one():
            try:
                async with asyncio.timeout(ALL_SECONDS):
                    yield
            except TimeoutError:
                raise _away("TimeoutError") from None

    async def _known(self, *, anew: bool = False) -> _Kept:
        if self._kept is None or anew or time.monotonic() >= self._kept.until:
            address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            where = _decoded(await _ask("GET", address), Discovered)
            self._require_ours(where)
            keys = _keys(await _ask("GET", where.jwks_uri))
            self._kept = _Kept(where, keys, time.monotonic() + KEPT_SECONDS)
        return self._kept

    def _require_ours(self, where: Discovered) -> None:
        """Refuse a document of another issuer, without a signature that we believe, or that leads out of TLS."""
        if where.issuer != self._settings.issuer:
            raise _away("another-issuer")
        if not where.algorithms:
            raise _away("no-algorithm")
        least = urlsplit(self._settings.issuer).scheme
        for each in (where.authorization_endpoint, where.token_endpoint, where.jwks_uri):
            if urlsplit(each).scheme not in {"https", least}:
                raise _away("no-tls")

    async def _exchange(self, where: Discovered, code: str, begun: Begun) -> str:
        """Exchange a code for the directory's signed word (OpenID Connect Core 1.0 §3.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_url,
            "code_verifier": begun.verifier,
        }
        headers, more = self._authentication(where)
        return _decoded(await _ask("POST", where.token_endpoint, {**form, **more}, headers), Granted).id_token

    def _authentication(self, where: Discovered) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Say who we are as the directory wants it: in a header, else in the form (RFC 6749 §2.3.1)."""
        name, secret = self._settings.client_id, self._settings.client_secret
        if "client_secret_basic" in where.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}, {}
        return {}, {"client_id": name, "client_secret": secret}

    async def _read(self, known: _Kept, token: str) -> Word:
        """Verify a word of the directory's (§3.1.3.7); keys that it has made since are asked for once."""
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            if kid not in known.keys:
                known = await self._known(anew=True)
            claims = jwt.decode(
                token,
                known.keys[kid],
                algorithms=known.where.algorithms,
                issuer=self._settings.issuer,
                audience=self._settings.client_id,
                leeway=LEEWAY,
                options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
            )
            return msgspec.convert(claims, Word)
        except (jwt.PyJWTError, msgspec.ValidationError, KeyError, ValueError) as fault:
            raise DirectoryRefused("Begin again.", inside=type(fault).__name__) from None


async def _ask(
    method: str, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Ask once; return the body of a 200. Raise DirectoryRefused for a code that is none, else DirectoryUnavailable."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        # A connection for each call: aiohttp repeats by itself what a kept one has lost.
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.request(method, address, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            status, body = answer.status, await _bounded(answer)
    except (aiohttp.ClientError, OSError) as trouble:  # a TimeoutError is an OSError
        raise _away(type(trouble).__name__) from None
    if status == 400 and _said(body) == "invalid_grant":  # noqa: PLR2004 - RFC 6749 §5.2
        raise DirectoryRefused("Begin again.", inside="code-refused")
    if status != 200:  # noqa: PLR2004 - RFC 6749 §5.1
        raise _away(f"status-{status}")
    return body


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > MOST_BYTES:
            raise _away("too-large")
    return bytes(body)


def _said(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Refusal).error
    except msgspec.DecodeError:
        return ""


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _away("unreadable") from None


def _keys(body: bytes) -> Mapping[str, PyJWK]:
    """Return the keys for signatures by their names (RFC 7517 §4.2, §4.5); one without a name has the empty one."""
    members = _decoded(body, dict[str, list[dict[str, object]]]).get("keys", [])
    try:
        keys = PyJWKSet([each for each in members if each.get("use", "sig") == "sig"]).keys
    except jwt.PyJWTError:
        raise _away("no-key") from None
    return {each.key_id or "": each for each in keys if each.algorithm_name in ALGORITHMS}


def _away(cause: str) -> DirectoryUnavailable:
    log.warning("directory.trouble", cause=cause)
    return DirectoryUnavailable(
        "The directory does not answer. The password signs in without it.", inside=cause
    )
