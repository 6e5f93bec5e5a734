"""Signatures as the contract shows them."""

from typing import Literal

import msgspec

from api.shapes.signatures import SignatureView
from domain.signature import Signature

_RoleName = Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]


def signature_view(signature: Signature) -> SignatureView:
    """Show a signature."""
    return SignatureView(
        signature_id=signature.id,
        name=signature.name,
        role=msgspec.convert(signature.role.value, _RoleName),
        meaning=signature.meaning.value,
        statement=signature.statement,
        signed_at=signature.signed_at,
        version=signature.record_version,
        sha256=signature.record_hash,
    )
