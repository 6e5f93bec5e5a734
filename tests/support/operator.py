"""What an operator of production says and sees: a whole environment, and the database behind the program's back."""

import argparse
import base64
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from api import audit_commands

KEY = base64.b64encode(bytes(range(32))).decode()


def environment(database_url: str, **more: str) -> dict[str, str]:
    """All an operator of production must say."""
    return {
        "DATABASE_URL": database_url,
        "NIGHTBELL_PUBLIC_URL": "https://bell.example.org",
        "NIGHTBELL_TRUSTED_PROXIES": "none",
        "NIGHTBELL_SECRET": KEY,
        "NIGHTBELL_TOKEN_KEYS": f"t1:{KEY}",
        "NIGHTBELL_CONTACT_KEYS": f"c1:{KEY}",
        "NIGHTBELL_AUDIT_KEYS": f"a1:{KEY}",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "provider-secret",
        "TWILIO_SENDER": "+15005550006",
        **more,
    }


def chosen(**values: str) -> argparse.Namespace:
    return argparse.Namespace(**values)


async def verify_audit(values: Mapping[str, str], *public_keys: str, file: Path | None = None) -> int:
    """`nightbell audit verify [--checkpoints FILE] [--public-key …]`."""
    asked = argparse.Namespace(checkpoints=file, public_key=list(public_keys))
    return await audit_commands.verify(values, asked)


async def as_superuser(values: Mapping[str, str], statement: str) -> object:
    connection = await asyncpg.connect(values["DATABASE_URL"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
