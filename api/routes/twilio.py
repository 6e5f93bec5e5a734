"""What the provider reports: its signature is checked first, against the configured public address."""

from urllib.parse import parse_qsl
from uuid import UUID

from litestar import post

from api.exchange import Request, read_query
from api.given import GivenKeys, GivenTrial
from api.operations import Auth, Operation, contract
from api.webhooks import STATUS_PATH, ProviderKeys
from domain.errors import BodyInvalid, Fault, NotFound, QueryInvalid, SignatureRefused
from notifications.receipts import take_receipt
from notifications.twilio import MalformedReceiptError, parse_status, signature_is_valid


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
    form = await _signed_form(request, provider_keys)
    attempt = _attempt(read_query(request, "attempt").get("attempt", ""))
    try:
        receipt = parse_status(form, attempt)
    except MalformedReceiptError as fault:
        raise BodyInvalid("The callback cannot be read.", inside=str(fault)) from None
    if not await take_receipt(trial, receipt):
        raise NotFound("There is no such attempt.")


async def _signed_form(request: Request, keys: ProviderKeys) -> dict[str, str]:
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    query = request.scope["query_string"].decode("ascii", "replace")
    url = f"{keys.public_url}{STATUS_PATH}" + (f"?{query}" if query else "")
    if not signature_is_valid(keys.auth_token, url, form, request.headers.get("x-twilio-signature")):
        raise SignatureRefused("The callback is not signed by the provider.")
    return form


def _attempt(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise QueryInvalid(
            "The attempt is not an id.", faults=(Fault("attempt", "must be a UUID"),)
        ) from None
