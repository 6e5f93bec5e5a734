"""The calendar feed: a secret address that other calendars follow. Whoever has it can read it, so it says little."""

import secrets
from zoneinfo import ZoneInfo

from litestar import Response, delete, get, post

from api.calendar_file import MEDIA_TYPE, calendar_file
from api.callers import account_caller
from api.exchange import Request, created, tagged_bytes
from api.given import GivenKeys, GivenMint, GivenTrial, PathText
from api.operations import Auth, Operation, contract
from api.quotas import hold_to
from api.shapes.reminders import FeedView
from domain import ending, feed, reach
from domain.errors import NotFound, TooManyRequests
from domain.ladder import Reader
from domain.people import Account
from domain.quota import CALENDAR
from domain.records import accounts, courses, participants, reminders, sites
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial

SUFFIX = ".ics"
_SECRET_BYTES = 32


@post(
    "/v1/me/calendar-feed",
    **contract(
        Operation(
            name="calendar-feed.make",
            tag="Reminders",
            summary="Make my calendar's secret address",
            auth=Auth.ACCOUNT,
            answers={201: FeedView},
        )
    ),
)
async def make_feed(
    request: Request, trial: GivenTrial, mint: GivenMint, provider_keys: GivenKeys
) -> Response[bytes]:
    """A new secret address, shown this once; the one before leads nowhere from now on."""
    caller = await account_caller(request, trial, mint)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    async with transaction(trial.pool) as connection:
        await participants.lock(connection, caller.account.participant_id)
        known = await reminders.feed_of(connection, caller.account.id)
        context = trial.context(caller.actor)
        made, decision = reach.open_feed(caller.account, known, mint.feed_hash(secret), context)
        await write(connection, decision, request_id=request.state.request_id)
    url = f"{provider_keys.public_url}/v1/calendars/{secret}{SUFFIX}"
    return created(FeedView(url=url, made_at=made.made_at))


@delete(
    "/v1/me/calendar-feed",
    **contract(
        Operation(
            name="calendar-feed.revoke",
            tag="Reminders",
            summary="Revoke my calendar's address",
            auth=Auth.ACCOUNT,
            answers={204: None},
        )
    ),
)
async def revoke_feed(request: Request, trial: GivenTrial, mint: GivenMint) -> None:
    """The secret address leads nowhere from now on."""
    caller = await account_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        await participants.lock(connection, caller.account.participant_id)
        known = await reminders.feed_of(connection, caller.account.id)
        decision = reach.close_feed(caller.account, known, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)


@get(
    "/v1/calendars/{secret:str}",
    **contract(
        Operation(
            name="calendar.read",
            tag="Reminders",
            summary="A calendar of RFC 5545",
            auth=Auth.NONE,
            any_query=True,
            answers={200: str},
            errors=(TooManyRequests,),
            etag=True,
            path_suffix=SUFFIX,
            media_type=MEDIA_TYPE,
        )
    ),
)
async def read_calendar(
    request: Request, trial: GivenTrial, mint: GivenMint, secret: PathText
) -> Response[bytes]:
    """Visits and check-ins in neutral words, for other calendars; cancelled for 30 days after the end, then gone."""
    if not secret.endswith(SUFFIX):
        raise NotFound("There is no such calendar.")
    async with transaction(trial.pool) as connection:
        known = await reminders.feed_by_secret(connection, mint.feed_hash(secret.removesuffix(SUFFIX)))
        account = None if known is None else await accounts.find(connection, known.account_id)
        if account is None:
            raise NotFound("There is no such calendar.")
        await hold_to(trial, connection, CALENDAR, str(account.id), request)
        participant = await participants.find(connection, account.participant_id)
        if participant is None or ending.is_forgotten(participant, trial.now()):
            raise NotFound("There is no such calendar.")
        entries = await _entries(trial, connection, account)
    body = calendar_file(trial.protocol, account.language, ZoneInfo(account.time_zone), entries)
    return tagged_bytes(request, body, MEDIA_TYPE)


async def _entries(trial: Trial, connection: Connection, account: Account) -> tuple[feed.Entry, ...]:
    site = await sites.find(connection, account.site_id)
    course = (
        None if site is None else await courses.load(connection, account.participant_id, site, trial.now())
    )
    if course is None:
        return ()
    reader = Reader(
        account_id=account.id,
        role=account.role,
        zone=ZoneInfo(account.time_zone),
        hour=account.reminder_hour,
    )
    return feed.entries(course, reader, trial.protocol.reminders)
