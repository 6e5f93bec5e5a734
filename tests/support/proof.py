"""Proving again who one is, as tests do: with digits that are good although others were used a moment ago."""

import pyotp

from api import seed
from api.recruiting import SignIn
from api.seed import member
from notifications.trial import machine_now
from tests.support.clinic import Clinic


def keys_of(name: str) -> SignIn:
    """What one of the cast signs in with."""
    who = member(name)
    return SignIn(email=who.email, password=seed.PASSWORD, totp_secret=who.totp_secret)


async def proof(clinic: Clinic, keys: SignIn) -> dict[str, str]:
    """The body of a proof that this is she, good once."""
    await clinic.forget_digits()
    return {"password": keys.password, "totp": digits(keys)}


def digits(keys: SignIn) -> str:
    """What her authenticator shows now."""
    return pyotp.TOTP(keys.totp_secret).at(machine_now())


def another(shown: str) -> str:
    """Six digits that are certainly others than these."""
    return "".join(str((int(digit) + 5) % 10) for digit in shown)
