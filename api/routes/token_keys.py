"""The public keys under which access and submission tokens are signed (RFC 7517, RFC 8037)."""

import msgspec
from litestar import Response, get

from api.given import GivenMint
from api.operations import Auth, Operation, contract
from api.shapes.enrolment import KeySet

_CACHE = "public, max-age=300"
"""A new key is published before it signs (docs/running.md), so nobody meets one that he cannot have read."""

_JWK_SET = "application/jwk-set+json"
"""RFC 7517 §8.5.2."""


@get(
    "/.well-known/jwks.json",
    **contract(
        Operation(
            name="token-key.publish",
            tag="Activation",
            summary="The public keys of our tokens",
            auth=Auth.NONE,
            answers={200: KeySet},
            media_type=_JWK_SET,
            is_public=True,
            needs_database=False,
        )
    ),
)
async def publish_token_keys(mint: GivenMint) -> Response[bytes]:
    """The public keys, the one that signs now first. A token whose `kid` is not among them is good no more.

    A key tells who issued a token, not whether its session goes on: that only a request to this server tells.
    """
    keys = KeySet(keys=mint.public_keys())
    return Response(msgspec.json.encode(keys), media_type=_JWK_SET, headers={"Cache-Control": _CACHE})
