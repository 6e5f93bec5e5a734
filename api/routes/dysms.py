"""What the second provider pushes. It signs nothing: whoever knows the secret in the address is believed."""

import hmac

import structlog
from litestar import Response, post

from api.exchange import Request, created
from api.given import GivenKeys, GivenTrial, PathText
from api.operations import Auth, Operation, contract
from api.shapes.receipts import PushTaken
from domain.errors import BodyInvalid, BodyTooLarge, NotFound
from notifications.dysms_account import REPORT_PATH
from notifications.dysms_reports import MalformedReportsError, parse_reports
from notifications.gateway import Receipt
from notifications.receipts import Teller, take_receipt
from notifications.trial import Trial

log = structlog.get_logger("nightbell.sender")


@post(
    REPORT_PATH.format("{report_secret:str}"),
    **contract(
        Operation(
            name="receipt.push",
            tag="Provider",
            summary="Reports of the second SMS provider",
            auth=Auth.ADDRESS,
            answers={200: PushTaken},
            errors=(NotFound, BodyInvalid, BodyTooLarge),
        )
    ),
)
async def take_reports(
    request: Request, trial: GivenTrial, provider_keys: GivenKeys, report_secret: PathText
) -> Response[bytes]:
    """Note receipts: a JSON list, "SmsReport" in the provider's documentation. Late, twice and out of order are fine.

    What is none of ours is passed over and answered like the rest, or the provider would repeat it.
    """
    known = provider_keys.dysms_report_secret
    if not known or not hmac.compare_digest(_bytes(report_secret), _bytes(known)):
        raise NotFound("There is no such address.")
    try:
        reports = parse_reports(await request.body())
    except MalformedReportsError as fault:
        raise BodyInvalid("The reports cannot be read.", inside=str(fault)) from None
    taken = await _take(trial, reports.receipts)
    log.info("receipt.push", taken=taken, ignored=len(reports.receipts) - taken + reports.strangers)
    return created(PushTaken(code=0, msg="OK"), status=200)


async def _take(trial: Trial, receipts: tuple[Receipt, ...]) -> int:
    """Note each receipt, and return how many were for attempts of ours; one that makes trouble hides no other."""
    taken, troubles = 0, []
    for receipt in receipts:
        try:
            taken += await take_receipt(trial, receipt, Teller("dysms"))
        except Exception as trouble:  # noqa: BLE001 - whatever it is, it is raised below, and the push comes again
            troubles.append(trouble)
    if troubles:
        raise troubles[0]
    return taken


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")
