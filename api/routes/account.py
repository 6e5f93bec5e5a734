"""Who is signed in on a phone, and what she has chosen for herself."""

import msgspec
from litestar import Response, get, patch
from msgspec import UNSET

from api.callers import account_caller
from api.editions import tag_of
from api.exchange import Request, read_body, replaced, require_tag, unchanged, under_tag
from api.given import GivenMint, GivenTrial
from api.operations import Auth, Operation, contract
from api.shapes.enrolment import Me, MeUpdate
from domain import local_time
from domain.choosing import Choice, choose
from domain.errors import BodyInvalid, NotFound, UnknownTimeZone
from domain.people import Account, Participant
from domain.records import accounts, participants, plans
from domain.records.rows import reading, transaction
from domain.records.write import write
from domain.texts import say
from notifications.trial import Trial


@get(
    "/v1/me",
    **contract(
        Operation(
            name="account.read",
            tag="Me",
            summary="Read who is signed in",
            auth=Auth.ACCOUNT,
            answers={200: Me},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def me(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Who I am here, and what every form must say."""
    caller = await account_caller(request, trial, mint)
    etag = _tag(trial, caller.account)
    spared = unchanged(request, etag)
    if spared is not None:
        return spared
    async with reading(trial.pool) as connection:
        participant = await participants.find(connection, caller.account.participant_id)
    return under_tag(msgspec.json.encode(_me(trial, caller.account, participant)), etag)


@patch(
    "/v1/me",
    **contract(
        Operation(
            name="account.update",
            tag="Me",
            summary="Change what I have chosen",
            auth=Auth.ACCOUNT,
            body=MeUpdate,
            answers={200: Me},
            errors=(NotFound, UnknownTimeZone, BodyInvalid),
            if_match=True,
        )
    ),
)
async def update_me(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Choose language, time zone and hour of reminders. No reminder is doubled or lost by it."""
    caller = await account_caller(request, trial, mint)
    body = await read_body(request, MeUpdate)
    async with transaction(trial.pool) as connection:
        participant = await participants.lock(connection, caller.account.participant_id)
        account = await accounts.find(connection, caller.account.id) or caller.account
        require_tag(request, _tag(trial, account))
        context = trial.context(caller.actor)
        hours = trial.protocol.reminders.hours
        decision = choose(account, _choice(body, account), hours, context)
        await write(connection, decision, request_id=request.state.request_id)
        await plans.look_now(connection, account.participant_id, context.now)
        chosen = await accounts.find(connection, account.id) or account
    return replaced(_me(trial, chosen, participant), _tag(trial, chosen))


def _choice(body: MeUpdate, account: Account) -> Choice:
    zone = account.time_zone if body.time_zone is UNSET else local_time.zone(body.time_zone).key
    return Choice(
        language=account.language if body.language is UNSET else body.language,
        time_zone=zone,
        reminder_hour=account.reminder_hour if body.reminder_hour is UNSET else body.reminder_hour,
    )


def _tag(trial: Trial, account: Account) -> str:
    """Return the tag of what she reads of herself: of what is no choice of hers nothing ever changes."""
    return tag_of(trial.protocol, "me", account)


def _me(trial: Trial, account: Account, participant: Participant | None) -> Me:
    if participant is None:
        raise NotFound("There is no such participant.")
    return Me(
        subject_number=participant.subject_number,
        role="caregiver" if account.role == "caregiver" else "participant",
        language="en" if account.language == "en" else "zh-CN",
        time_zone=account.time_zone,
        reminder_hour=account.reminder_hour,
        emergency_number=trial.protocol.emergency_number,
        emergency_text=say(trial.protocol, account.language, "not-watched"),
    )
