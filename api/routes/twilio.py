"""What the provider reports: its signature is checked first, against the configured public address."""

from litestar import post

from api.exchange import Request
from api.given import GivenKeys, GivenTrial
from api.operations import Auth, Operation, contract
from api.webhooks import STATUS_PATH, attempt_of, signed_form
from domain.errors import BodyInvalid, NotFound, SignatureRefused
from notifications.receipts import Teller, take_receipt
from notifications.twilio_words import MalformedReceiptError, parse_status


@post(
    STATUS_PATH,
    **contract(
        Operation(
            name="receipt.take",
            tag="Provider",
            summary="Status callback of the SMS provider",
            auth=Auth.PROVIDER,
            answers={204: None},
            errors=(SignatureRefused, NotFound, BodyInvalid),
            query={"attempt": "Our id of the attempt, as we put it into the callback address."},
        )
    ),
)
async def take_status(request: Request, trial: GivenTrial, provider_keys: GivenKeys) -> None:
    """Note a receipt. Late, twice and out of order are all fine; an attempt we never made is 404."""
    form = await signed_form(request, provider_keys, STATUS_PATH)
    attempt = attempt_of(request)
    try:
        receipt = parse_status(form, attempt)
    except MalformedReceiptError as fault:
        raise BodyInvalid("The callback cannot be read.", inside=str(fault)) from None
    if not await take_receipt(trial, receipt, Teller("twilio")):
        raise NotFound("There is no such attempt.")
