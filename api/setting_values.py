"""How each value of the settings is written; each function raises ValueError with what it must be."""

import base64
import binascii
import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

_KEY_BYTES = 32
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
"""E.164."""


def mode(text: str) -> str:
    """Read the mode. Raise ValueError for anything else."""
    if text not in {"production", "sandbox"}:
        raise ValueError("must be production or sandbox")
    return text


def database_url(text: str) -> str:
    """Read the address of a database. Raise ValueError for anything else."""
    if urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must be a postgresql:// address")
    return text


def address(text: str) -> str:
    """Read an address on the web. Raise ValueError for anything else."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be an http(s) address")
    return text


def web_url(text: str) -> str:
    """Read an address on the web, without a slash at its end. Raise ValueError for anything else."""
    return address(text).rstrip("/")


def public_url(text: str) -> str:
    """Read the address of the whole server. Raise ValueError for anything else."""
    url = web_url(text)
    if urlsplit(url).path or urlsplit(url).query:
        raise ValueError("must have no path: it is the address of the whole server")
    return url


def port(text: str) -> int:
    """Read a TCP port. Raise ValueError for anything else."""
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the range of TCP ports
        raise ValueError("must be a port from 0 to 65535")
    return port


def pause(text: str) -> timedelta:
    """Read a pause in seconds. Raise ValueError for anything else."""
    seconds = int(text) if text.isdecimal() else 0
    if not 10 <= seconds <= 3600:  # noqa: PLR2004 - shorter asks too often, longer is no watch
        raise ValueError("must be from 10 to 3600 seconds")
    return timedelta(seconds=seconds)


def secret(text: str) -> bytes:
    """Read 32 random bytes in base64. Raise ValueError for anything else."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("must be 32 random bytes in base64")
    return key


def keys(text: str) -> dict[str, bytes]:
    """Read keys by name, the newest first. Raise ValueError for anything else."""
    keys = {}
    for entry in text.split(","):
        name, colon, value = entry.strip().partition(":")
        if not name or not colon:
            raise ValueError("must be name:base64 entries, separated by commas, the newest first")
        keys[name] = secret(value)
    return keys


def public_keys(texts: list[str]) -> dict[str, bytes]:
    """Read public keys as `nightbell audit public-keys` prints them. Raise ValueError for anything else."""
    return {name: key for text in texts for name, key in keys(text).items()}


def directory(text: str) -> Path:
    """Read a directory that is there and can be written into. Raise ValueError for anything else."""
    path = Path(text)
    if not path.is_absolute() or not path.is_dir() or not os.access(path, os.W_OK):
        raise ValueError("must be the full path of a directory that this program may write into")
    return path


def account_sid(text: str) -> str:
    """Read the sid of an account. Raise ValueError for anything else."""
    if not re.fullmatch("AC[0-9a-fA-F]{32}", text):
        raise ValueError("must be an account sid: AC and 32 hexadecimal digits")
    return text


def sender(text: str) -> str:
    """Read who texts come from. Raise ValueError for anything else."""
    if not (text.startswith("MG") or (text.startswith("+") and text[1:].isdecimal())):
        raise ValueError("must be an E.164 number or the sid of a messaging service (MG…)")
    return text


def number(text: str) -> str:
    """Read a number that makes calls. Raise ValueError for anything else."""
    if not NUMBER.fullmatch(text):
        raise ValueError("must be an E.164 number: a messaging service makes no calls")
    return text


def log_level(text: str) -> str:
    """Read a level of the log. Raise ValueError for anything else."""
    if text not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return text
