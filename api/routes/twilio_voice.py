"""Calls: what became of one, and the key that somebody has pressed in it. The signature is checked first."""

from litestar import Response, post

from api import phone_answers
from api.exchange import Request
from api.given import GivenKeys, GivenTrial
from api.operations import Auth, Operation, contract
from api.phone_answers import Answered
from api.webhooks import CALL_STATUS_PATH, KEYPAD_PATH, ProviderKeys, attempt_of, signed_form
from domain.acts import Via
from domain.attempt import Attempt
from domain.delivery import Message
from domain.errors import BodyInvalid, NotFound, SignatureRefused
from domain.protocol.routes import Channel
from domain.records import attempts, messages
from domain.records.rows import reading
from domain.responding import Choice
from domain.texts import say
from notifications import twiml
from notifications.gateway import KEY_PRESSED, Receipt
from notifications.holding import parameters_of
from notifications.receipts import Teller, take_receipt
from notifications.trial import Trial
from notifications.twilio_words import MalformedReceiptError, parse_call_status

_ATTEMPT = "Our id of the attempt, as we put it into the callback address."

_TELLER = Teller("twilio", Channel.VOICE)

_KEYS = {"1": Choice.TAKE, "2": Choice.DECLINE}


@post(
    CALL_STATUS_PATH,
    **contract(
        Operation(
            name="call-status.take",
            tag="Provider",
            summary="Status callback of a call",
            auth=Auth.PROVIDER,
            answers={204: None},
            errors=(SignatureRefused, NotFound, BodyInvalid),
            query={"attempt": _ATTEMPT},
        )
    ),
)
async def take_call_status(request: Request, trial: GivenTrial, provider_keys: GivenKeys) -> None:
    """Note what became of a call. One that ends without a key has reached nobody, whoever picked up."""
    form = await signed_form(request, provider_keys, CALL_STATUS_PATH)
    attempt = attempt_of(request)
    try:
        receipt = parse_call_status(form, attempt)
    except MalformedReceiptError as fault:
        raise BodyInvalid("The callback cannot be read.", inside=str(fault)) from None
    if not await take_receipt(trial, receipt, _TELLER):
        raise NotFound("There is no such attempt.")


@post(
    KEYPAD_PATH,
    **contract(
        Operation(
            name="keypad.answer",
            tag="Provider",
            summary="A key was pressed in a call",
            auth=Auth.PROVIDER,
            answers={200: str},
            errors=(SignatureRefused, NotFound),
            query={"attempt": _ATTEMPT, "again": "1 where the call was asked a second time."},
            media_type=twiml.MEDIA_TYPE,
        )
    ),
)
async def answer_keypad(request: Request, trial: GivenTrial, provider_keys: GivenKeys) -> Response[str]:
    """1 takes the alert, 2 passes it on, another key is asked for once more. The answer is what the call says next.

    Whoever holds the phone that was called answers for its owner; a call of an earlier round changes nothing.
    """
    form = await signed_form(request, provider_keys, KEYPAD_PATH)
    attempt, message = await _called(trial, request)
    choice = _KEYS.get(form.get("Digits", ""))
    if choice is None:
        return _spoken(_asked_again(trial, message, request, provider_keys))
    answered = await phone_answers.answer(
        trial, message.id, attempt.number_index, choice, Via.KEYPAD, request.state.request_id
    )
    if answered is None:
        raise NotFound("There is no such attempt.")
    sid = form.get("CallSid") or attempt.provider_id
    pressed = Receipt(attempt_id=attempt.id, provider_id=sid, status=KEY_PRESSED)
    await take_receipt(trial, pressed, _TELLER)
    return _spoken(_told(trial, answered))


async def _called(trial: Trial, request: Request) -> tuple[Attempt, Message]:
    attempt_id = attempt_of(request)
    async with reading(trial.pool) as connection:
        attempt = await attempts.find(connection, attempt_id)
        if attempt is None or attempt.channel is not Channel.VOICE:
            raise NotFound("There is no such attempt.")
        message = await messages.find(connection, attempt.message_id)
    if message is None:
        raise NotFound("There is no such attempt.")
    return attempt, message


def _asked_again(trial: Trial, message: Message, request: Request, keys: ProviderKeys) -> str:
    closing = say(trial.protocol, message.language, "voice.nothing-pressed")
    if "again" in request.query_params:
        return twiml.tell(closing, message.language)
    words = say(trial.protocol, message.language, message.template, **parameters_of(message))
    address = f"{keys.public_url}{KEYPAD_PATH}?attempt={attempt_of(request)}&again=1"
    return twiml.ask(words, closing, message.language, address)


def _told(trial: Trial, answered: Answered) -> str:
    words = say(trial.protocol, answered.language, f"voice.{answered.said}", name=answered.holder)
    return twiml.tell(words, answered.language)


def _spoken(body: str) -> Response[str]:
    return Response(body, status_code=200, media_type=twiml.MEDIA_TYPE)
