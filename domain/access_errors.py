"""The errors of whoever proves who she is. `domain/errors.py` is the catalogue, and has these too."""

from domain.fault import NightbellError


class ActivationRefused(NightbellError):
    """The code is mistyped, wrong, used, expired or revoked: deliberately one answer. Ask the site for a new one."""

    code = "activation.refused"

    def __init__(self) -> None:
        super().__init__("This code signs nobody in.")


class ActivationSlowed(NightbellError):
    """Too many codes from where this one comes from were none. This one was not looked at: wait, and send it again."""

    code = "activation.slowed"
    retry_safe = True

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class SignInRefused(NightbellError):
    """E-mail, password or one-time password do not fit together."""

    code = "sign-in.refused"


class SignInSlowed(NightbellError):
    """There were too many failed tries from where this one comes from, or on this one link. Wait, and try again."""

    code = "sign-in.slowed"
    retry_safe = True

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class SignInBusy(NightbellError):
    """Too many sign-ins and PINs are being checked at once. This one was not looked at; try again."""

    code = "sign-in.busy"
    retry_safe = True


class DirectoryRefused(NightbellError):
    """What the directory said signs nobody in here, or is not of what this device has begun: deliberately one answer.

    Begin again, or sign in with the password.
    """

    code = "directory.refused"


class DirectoryUnavailable(NightbellError):
    """The directory does not answer as it should. Try again, or sign in with the password, which does not need it."""

    code = "directory.unavailable"
    retry_safe = True


class ProofRefused(NightbellError):
    """Password and one-time password do not prove that it is you: deliberately one answer, whichever of them it was.

    Six digits are good once: where they fit and were used before, the detail says so, and it is no failed try; wait for
    the next ones. The session goes on.
    """

    code = "proof.refused"


class PasswordWeak(NightbellError):
    """The password is shorter than 12 characters, or one that is tried first. No kinds of characters are asked for."""

    code = "password.weak"


class PinTrivial(NightbellError):
    """The PIN is one that everybody tries first: one digit again and again, or a run up or down."""

    code = "pin.trivial"


class TokenRefused(NightbellError):
    """The token is missing, malformed, expired or revoked. Rotate it, or sign in again."""

    code = "token.refused"
