"""Activation, tokens, sign-in of staff."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, Language, TimeZoneName, View
from api.shapes.reauthentication import Reauthentication, Secret, SixDigits


class Activation(Body, frozen=True, kw_only=True):
    """A one-time code from the site, and the device that redeems it."""

    code: Annotated[str, Meta(min_length=1, max_length=64, examples=["K7Q4-MM3P-9X3Q"])]
    """Twelve letters of 34679ACDEFGHJKMNPQRTUVWXY; case, blanks and dashes do not matter. With a letter counting as its
    place in that row, from 0 on, and the weights 1, 2, 4 … 2048, the sum is a multiple of 29: so slips are found."""
    device_id: UUID
    """A UUID the app makes once and keeps; a lost answer is given again to the same device for 10 minutes."""


class Rotation(Body, frozen=True, kw_only=True):
    """A refresh token and the device it was given to."""

    refresh_token: Secret
    device_id: UUID


class Tokens(View, frozen=True, kw_only=True):
    """A fresh pair of tokens. Only the newest refresh token is good; an older one used later ends the session."""

    access_token: str
    access_expires_at: Instant
    """By the server's clock. Not to decide by, which no phone's clock can: an answer of 401 says that it is over."""
    refresh_token: str


class DeviceTokens(Tokens, frozen=True, kw_only=True):
    """What an activated device holds. Keep all of it each time: a new submission token is signed by the newest key."""

    submission_token: str
    """Hands in reports, nothing else, for 30 days after the session has ended; keep it with the offline queue."""
    role: Literal["participant", "caregiver"]


class PublicKey(View, frozen=True, kw_only=True):
    """A public key of ours, as a JSON Web Key: Ed25519 (RFC 8037)."""

    kid: str
    """What the head of a token names."""
    x: str
    """32 bytes, base64url without padding."""
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"


class KeySet(View, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517 §5)."""

    keys: tuple[PublicKey, ...]


class StaffSignIn(Body, frozen=True, kw_only=True):
    """E-mail, password and the six digits of the authenticator (RFC 6238), or a recovery code in their place."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    password: Secret
    totp: SixDigits | UnsetType = UNSET
    recovery_code: (
        Annotated[str, Meta(min_length=1, max_length=64, examples=["K7Q4-MM9P-GXRT"])] | UnsetType
    ) = UNSET
    """In place of the digits, for whoever has lost her authenticator. Good once; she is told of it by mail."""
    device_id: UUID

    ALSO: ClassVar[Mapping[str, object]] = {"minProperties": 4, "maxProperties": 4}
    """One of the two beside the three that are required."""

    def __post_init__(self) -> None:
        """Refuse both, and neither."""
        if (self.totp is UNSET) is (self.recovery_code is UNSET):
            raise ValueError("Send either the digits or a recovery code")


class PinChoice(Body, frozen=True, kw_only=True):
    """The PIN that I choose: not one digit again and again, no run up or down."""

    pin: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", examples=["318264"])]
    proof: Reauthentication
    """Whoever finds a desk signed in must not choose the PIN by which alerts are answered."""


class StaffRoleView(View, frozen=True, kw_only=True):
    """What I am at a site."""

    site_id: UUID
    role: Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]


class StaffMe(View, frozen=True, kw_only=True):
    """Who is signed in as staff, and what of her is on file."""

    staff_id: UUID
    name: str
    language: Language
    roles: tuple[StaffRoleView, ...]
    has_pin: bool
    """Without one she answers in the work list, not by link or code."""
    has_phone: bool
    """Whether a number is on file that can be rung, as far as is known."""
    recovery_codes_left: int


class MeUpdate(Body, frozen=True, kw_only=True):
    """What I choose for myself; what is absent stays as it is. The alarms of the phone are to be set anew."""

    language: Language | UnsetType = UNSET
    time_zone: TimeZoneName | UnsetType = UNSET
    """Where I am: reminders come at my hour there."""
    reminder_hour: Annotated[int, Meta(ge=0, le=23)] | UnsetType = UNSET
    """The local hour of reminders, from 8 to 19."""


class Me(View, frozen=True, kw_only=True):
    """Who is signed in."""

    subject_number: str
    role: Literal["participant", "caregiver"]
    language: Language
    time_zone: TimeZoneName
    reminder_hour: Annotated[int, Meta(ge=0, le=23)]
    emergency_number: str
    emergency_text: str
    """To be shown on every form: the app is not watched all the time."""
