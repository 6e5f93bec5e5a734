"""Asking a signed-in member of staff again who she is, before something that a desk left open must not do.

A failure is slowed and told as a failed sign-in on the same account is: whoever tries here gains no second chance. Her
own digits sent twice are none: only who knows password and digits is told that they were used.
"""

from api.addresses import Proxies, source_of
from api.callers import StaffCaller
from api.exchange import Request
from api.proving import Try
from api.shapes.reauthentication import Reauthentication
from api.staff_sign_in import DigitsSpent, by_id, fit_together
from domain.errors import NightbellError, ProofRefused, SignInBusy, SignInSlowed
from domain.records.rows import reading
from notifications.trial import Trial

PROOF_ERRORS: tuple[type[NightbellError], ...] = (ProofRefused, SignInSlowed, SignInBusy)
"""What an operation that asks for a proof can answer because of it."""


async def require_proof(
    request: Request, trial: Trial, proxies: Proxies, caller: StaffCaller, proof: Reauthentication
) -> None:
    """Return if it is she; raise the one ProofRefused for whatever does not fit, SignInSlowed or SignInBusy.

    Ask before any transaction is open: a hash takes its time, and failures are kept whatever becomes of the rest.
    """
    async with reading(trial.pool) as connection:
        known = await by_id(connection, caller.staff.id)
    attempt = Try(
        source=source_of(request, proxies),
        account=str(caller.staff.id),
        staff=caller.staff,
        request_id=request.state.request_id,
    )
    try:
        fits = await fit_together(trial, attempt, known, proof.password, proof.totp)
    except DigitsSpent:
        raise ProofRefused(DigitsSpent.detail) from None
    if not fits:
        raise ProofRefused("Password and one-time password do not fit together.")
