"""Accounts of staff by invitation."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Address, Body, Instant, Language, View
from api.shapes.reauthentication import Reauthentication, Secret, SixDigits

StaffRoleName = Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]

Code = Annotated[str, Meta(min_length=1, max_length=64, examples=["K7Q4-MM9P-GXRT-4HDN"])]


_PART = r"[^@\s\x00-\x1f\x85\ufeff]"
"""Python and the contract's regular expressions differ in what is a blank; neither's stands in an address."""


class StaffInvite(Body, frozen=True, kw_only=True):
    """Somebody new at a site, and proof that it is me who invites her."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*\Z", examples=["Erin"])]
    """As it is printed beside what she does."""
    email: Annotated[
        str, Meta(max_length=254, pattern=rf"^{_PART}+@{_PART}+\Z", examples=["erin@example.org"])
    ]
    role: StaffRoleName
    language: Language = "zh-CN"
    proof: Reauthentication


class StaffReinvite(Body, frozen=True, kw_only=True):
    """Proof that it is me who invites somebody anew."""

    proof: Reauthentication


class StaffInvitationView(View, frozen=True, kw_only=True):
    """An invitation. A new one kills the old."""

    invitation_id: UUID
    staff_id: UUID
    expires_at: Instant
    is_mailed: bool
    """Whether the code goes to her by mail."""
    code: str | UnsetType = UNSET
    """Only where no mail can be sent: give it to her yourself, and to nobody else. It is shown this once."""


class InvitationCode(Body, frozen=True, kw_only=True):
    """The code of an invitation."""

    code: Code


class InvitationView(View, frozen=True, kw_only=True):
    """Who is invited, and what her authenticator needs: the same each time as long as the code is good."""

    name: str
    email: str
    language: Language
    site_name: str
    expires_at: Instant
    authenticator: Address
    """An `otpauth` address: show it as a QR code."""
    totp_secret: str
    """The same secret in base32, to be typed in."""


class InvitationAcceptance(Body, frozen=True, kw_only=True):
    """The code, the password that I choose, and the digits that my authenticator shows now that it is set up."""

    code: Code
    password: Secret
    """12 characters or more, any of them; not one that is tried first."""
    totp: SixDigits
    phone: Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z", examples=["+8619900000100"])] | UnsetType = (
        UNSET
    )
    """E.164, where I can be rung; needed before I can be on call."""


class RecoveryCodes(View, frozen=True, kw_only=True):
    """Ten codes, each good once in place of the authenticator's digits; shown this once. Those before are dead."""

    codes: tuple[str, ...]


class RecoveryCodesDraw(Body, frozen=True, kw_only=True):
    """Proof that it is me who wants new recovery codes."""

    proof: Reauthentication
