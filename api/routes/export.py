"""Everything that is held about whoever asks, as one document (docs/privacy.md)."""

from litestar import Response, get

from api import export_words
from api.callers import account_caller
from api.consenting import consent_list
from api.exchange import Request, tagged
from api.given import GivenMint, GivenTrial
from api.operations import Auth, Operation, contract
from api.people import complication_view, end_view
from api.quotas import hold_to
from api.report_words import staff_report
from api.routes.me import schedule_view
from api.shapes.export import Export
from domain.errors import NotFound, TooManyRequests
from domain.people import Account, Participant, Role, Site
from domain.quota import EXPORTS
from domain.records import consents, courses, holdings, participants, sites
from domain.records.holdings import TrailLine
from domain.records.rows import Connection, snapshot, transaction
from domain.reminder import Consent, ConsentKind
from notifications.trial import Trial


@get(
    "/v1/me/export",
    **contract(
        Operation(
            name="account.export",
            tag="Me",
            summary="Read everything that is held about me",
            auth=Auth.ACCOUNT,
            answers={200: Export},
            errors=(NotFound, TooManyRequests),
            etag=True,
        )
    ),
)
async def export_me(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Everything, as of one instant. A caregiver gets her own part, and never an answer of the participant's.

    Of the caregiver's reports the participant reads that there are, not what they say; what staff have judged is the
    site's to show.
    """
    account = (await account_caller(request, trial, mint)).account
    async with transaction(trial.pool) as connection:
        await hold_to(trial, connection, EXPORTS, str(account.id), request)
    async with snapshot(trial.pool) as connection:
        participant = await participants.find(connection, account.participant_id)
        site = await sites.find(connection, account.site_id)
        if participant is None or site is None:
            raise NotFound("There is no such participant.")
        held = await _export(trial, connection, account, participant, site)
    return tagged(request, held)


async def _export(
    trial: Trial, connection: Connection, account: Account, participant: Participant, site: Site
) -> Export:
    is_hers = account.role is Role.PARTICIPANT
    known = await holdings.reports(connection, participant.id)
    own = tuple(each for each in known if each.account_id == account.id)
    others = tuple(each for each in known if each.account_id != account.id) if is_hers else ()
    had = await participants.complications(connection, participant.id) if is_hers else ()
    alerts = await holdings.alerts(connection, participant.id) if is_hers else ()
    course = await courses.load(connection, participant.id, site, trial.now())
    given = await participants.administrations(connection, participant.id)
    signed = await consents.of_participant(connection, participant.id)
    trail = await holdings.trail(connection, participant.id)
    return Export(
        role="participant" if is_hers else "caregiver",
        subject_number=participant.subject_number,
        site=site.name,
        state=participant.state.value,
        end=end_view(participant),
        language=export_words.spoken(account.language),
        time_zone=account.time_zone,
        reminder_hour=account.reminder_hour,
        account_created_at=account.created_at,
        consents=consent_list(_hers(signed, account), (account,)).consents,
        contacts=tuple(
            export_words.contact(trial.vault, each)
            for each in await holdings.contacts(connection, account.id)
        ),
        schedule=schedule_view(trial, account.language, site, course, given),
        complications=tuple(map(complication_view, had)),
        reports=tuple(staff_report(trial.protocol, account.language, each) for each in own),
        caregiver_reports=tuple(map(export_words.mention, others)),
        alerts=tuple(map(export_words.alert, alerts)),
        reminders=tuple(map(export_words.reminder, await holdings.reminders(connection, account.id))),
        receipts=tuple(map(export_words.receipt, await holdings.receipts(connection, account.id))),
        texts=tuple(map(export_words.text, await holdings.texts(connection, account.id))),
        devices=tuple(map(export_words.device, await holdings.sessions(connection, account.id))),
        codes=tuple(map(export_words.code, await holdings.codes(connection, account.id))),
        calendars=tuple(map(export_words.calendar, await holdings.feeds(connection, account.id))),
        trail=tuple(map(export_words.trail_line, _about(trail, account))),
    )


def _hers(signed: tuple[Consent, ...], account: Account) -> tuple[Consent, ...]:
    """Return the consents that are the caller's: those for her number, and what a participant has signed.

    A caregiver sees also that she was let in: that consent is about her.
    """
    is_participant = account.role is Role.PARTICIPANT
    return tuple(
        each
        for each in signed
        if each.account_id == account.id
        or (each.account_id is None and (is_participant or each.kind is ConsentKind.CAREGIVER_ACCESS))
    )


def _about(trail: tuple[TrailLine, ...], account: Account) -> tuple[TrailLine, ...]:
    if account.role is Role.PARTICIPANT:
        return trail
    return tuple(each for each in trail if each.actor_id == account.id)
