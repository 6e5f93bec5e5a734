"""The route, its dependencies, and the program that serves them."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import jwt
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from api.settings import read_settings
from api.wiring import shipped_protocol
from domain import answers, enrolment, limits, ringing
from domain.decision import Actor, Change, Context
from domain.delivery import Message
from domain.entropy import Entropy
from domain.escalation import is_paging
from domain.page_state import PageState, page_state, without_alert
from domain.past import Past
from domain.records.rows import APP_ROLE
from domain.ringing import Bell, Rung
from domain.task import Task, TaskKind
from domain.texts import say
from domain.triage import Triage, triage
from tests.bench.standin import schedule, store
from tests.bench.standin.shapes import AdviceOut, PageOut, ReportIn, ReportOut
from tests.bench.standin.tables import AccountRow, ReportRow, SessionRow, SiteRow

settings = read_settings(os.environ)
protocol = shipped_protocol()
public_keys = {
    kid: Ed25519PrivateKey.from_private_bytes(seed).public_key() for kid, seed in settings.token_keys.items()
}
engine = create_async_engine(
    settings.database_url.replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=10,
    max_overflow=0,
    # It guards no rows of its own: it sees all of them, as a program without row-level security would.
    connect_args={
        "server_settings": {"role": APP_ROLE, "timezone": "UTC", "nightbell.acting_as": "system||{}"}
    },
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def database() -> AsyncIterator[AsyncSession]:
    async with sessions() as db, db.begin():
        yield db


Db = Annotated[AsyncSession, Depends(database, scope="function")]
"""One transaction a request, committed before the answer goes out."""


async def caller(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())], db: Db
) -> tuple[SessionRow, AccountRow]:
    try:
        kid = jwt.get_unverified_header(credentials.credentials)["kid"]
        claims = jwt.decode(
            credentials.credentials,
            public_keys[kid],
            algorithms=["EdDSA"],
            issuer="nightbell",
            audience=["access", "submission"],
            options={"verify_exp": False},
        )
    except (jwt.InvalidTokenError, KeyError) as fault:
        raise HTTPException(401) from fault
    device = await db.get(SessionRow, UUID(claims["sub"]))
    account = (
        None if device is None or device.account_id is None else await db.get(AccountRow, device.account_id)
    )
    if device is None or account is None:
        raise HTTPException(401)
    if (device.revoked_at or device.rotated_at + enrolment.REFRESH_LIFE) <= datetime.now(UTC):
        raise HTTPException(401)
    return device, account


@app.get("/v1/me/schedule", response_model=schedule.ScheduleOut)
async def read_schedule(
    request: Request, who: Annotated[tuple[SessionRow, AccountRow], Depends(caller)], db: Db
) -> Response:
    shown = await schedule.read(db, protocol, who[1])
    body = shown.model_dump_json(by_alias=True, exclude_none=True).encode()
    etag = schedule.tag(body)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag})


@app.put("/v1/me/reports/{report_id}", status_code=201)
async def submit(
    report_id: UUID,
    body: ReportIn,
    request: Request,
    response: Response,
    who: Annotated[tuple[SessionRow, AccountRow], Depends(caller)],
    db: Db,
) -> ReportOut:
    device, account = who
    await store.lock_participant(db, account.participant_id)
    site = await db.get_one(SiteRow, account.site_id)
    stored = await db.get(ReportRow, (report_id, account.id, 0))
    now = datetime.now(UTC)
    if stored is not None:
        if stored.submission != body.stored():
            raise HTTPException(409)
        response.status_code = 200
        judged = msgspec.convert(stored.triage, Triage)
        return _answer(account, stored, judged, without_alert(judged.level))

    if await store.handed_in(db, device.id, now) >= limits.MOST_A_DAY:
        raise HTTPException(429)
    form = protocol.form(body.form_id, body.form_version)
    given = tuple(each.to_domain() for each in body.answers)
    if form is None or answers.faults(form, given):
        raise HTTPException(422)
    past = await store.past(db, account, site, body.onset_at, now)
    judged = triage(form, protocol.rules, given, past)
    context = Context(
        actor=Actor(role=account.role, id=account.id, device_id=device.device_id),
        now=now,
        machine_now=now,
        entropy=Entropy(os.urandom(32)),
    )
    rung = Rung(None)
    if is_paging(judged.level):
        bell = Bell(
            site_id=site.id,
            participant_id=account.participant_id,
            time_zone=site.time_zone,
            live=await store.live_alert(db, account.participant_id),
            roster=await store.roster(db, site, now),
        )
        rung = ringing.ring(bell, judged, protocol, context)
    report = _report(report_id, device, account, body, judged, rung, await request.body(), past)
    changes = [*rung.changes, *_tasks(account, report, context)]
    await store.append_audit(db, device, account, report, changes)
    await store.add_changes(db, changes)
    # The alert that it names must be there before it.
    await db.flush()
    db.add(report)
    if rung.alert is None:
        return _answer(account, report, judged, without_alert(judged.level))
    messages = tuple(each.after for each in changes if isinstance(each.after, Message))
    return _answer(account, report, judged, page_state(rung.alert, messages, None, now, now))


def _report(
    report_id: UUID,
    device: SessionRow,
    account: AccountRow,
    body: ReportIn,
    judged: Triage,
    rung: Rung,
    original: bytes,
    past: Past,
) -> ReportRow:
    submission = body.stored()
    content = (
        submission["form_id"],
        submission["form_version"],
        submission["answers"],
        submission["onset_at"],
    )
    return ReportRow(
        id=report_id,
        variant=0,
        account_id=account.id,
        site_id=account.site_id,
        participant_id=account.participant_id,
        session_id=device.id,
        proof="session",
        is_verified=True,
        reporter=account.role,
        submission=submission,
        triage=msgspec.to_builtins(judged),
        level=judged.level.value,
        received_at=past.at[0],
        arrived_at=past.at[0],
        made_at=past.at[0],
        quarantine=[],
        faults=[],
        alert_id=None if rung.alert is None else rung.alert.id,
        rang=rung.began,
        days=list(past.days),
        protocol=protocol.digest,
        digest=hashlib.sha256(msgspec.json.encode(content)).digest(),
        original=original,
    )


def _tasks(account: AccountRow, report: ReportRow, context: Context) -> list[Change]:
    if report.level != "routine":
        return []
    return [
        Change(
            Task(
                id=context.entropy.uuid("task"),
                site_id=account.site_id,
                participant_id=account.participant_id,
                kind=TaskKind.ROUTINE_REPORT,
                about_id=report.id,
                created_at=context.now,
                due_at=context.now,
            )
        )
    ]


def _answer(account: AccountRow, report: ReportRow, judged: Triage, page: PageState) -> ReportOut:
    language = account.language
    return ReportOut(
        report_id=str(report.id),
        form_id=judged.form_id,
        form_version=judged.form_version,
        received_at=report.received_at,
        made_at=report.made_at,
        clock_doubtful=False,
        quarantined=False,
        misfits=[],
        faults=[],
        triaged=judged.triaged,
        level=judged.level.value,
        signals=[each.value for each in judged.signals],
        advice=AdviceOut(
            headline=say(protocol, language, f"advice.{judged.level}.headline"),
            text=say(protocol, language, f"advice.{judged.level}.text"),
            further=[say(protocol, language, key) for key in judged.advice],
            emergency_number=protocol.emergency_number,
        ),
        page=PageOut(
            status=page.status, text=say(protocol, language, page.text_key, time=""), go_now=page.go_now
        ),
    )


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
