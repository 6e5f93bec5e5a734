"""Answering an alert from the text that rang: by its link, or by its code (contract.md, Pages)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import HttpMethod, Response, post, route
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from api.addresses import Proxies, source_of
from api.answer_page import Face, Rung, Words, face_of, shown, words_for
from api.answering import WAYS, answer_by, live_page_of_code, page_of_code, rung_by
from api.callers import staff_caller
from api.errors import problem_of
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenProxies, GivenTrial, PathText
from api.operations import Auth, Operation, contract
from api.pins import pin_fits
from api.proving import NOBODY, Try, proves
from api.shapes.alerts import AlertView, CodeEntry
from api.staff_sign_in import Known, account_of, by_email, by_id
from api.work_list import alert_views
from domain import pins
from domain.acts import ActKind, Via
from domain.delivery import Message
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled, NotFound, SignInSlowed
from domain.paged import Standing
from domain.people import Staff
from domain.records import messages
from domain.records.rows import reading
from notifications import links
from notifications.trial import Trial

_LOOKS = [HttpMethod.GET, HttpMethod.HEAD]
"""What a preview or a scanner does: neither changes anything (cases.md 14)."""


class _Entry(Struct, frozen=True):
    """What was typed into a page; None where it is no answer at all."""

    act: ActKind | None
    pin: str
    email: str
    code: str

    @property
    def is_whole(self) -> bool:
        return self.act is not None and pins.is_pin(self.pin)


def _failed(request: Request, error: Exception) -> Response[bytes]:
    """Say on a page what went wrong; nobody who opens a link reads problem documents."""
    problem, headers = problem_of(error, str(request.state.get("request_id", "")))
    trial: Trial = request.state["trial"]
    words = _words(trial, request)
    wrong = words.say("away")
    if isinstance(error, SignInSlowed):
        wrong = words.say("slowed", seconds=str(error.seconds))
    form = "code" if request.scope["path"] == links.PATH else "link"
    face = Face(
        language=words.language, status=problem.status, wrong=wrong, form=form, action=request.url.path
    )
    return shown(trial.protocol, face, headers)


@route(
    f"{links.PATH}/{{token:str}}",
    http_method=_LOOKS,
    exception_handlers={Exception: _failed},
    **contract(
        Operation(
            name="page.show", tag="Pages", summary="", auth=Auth.NONE, answers={200: None}, any_query=True
        ),
    ),
)
async def show_link(request: Request, trial: GivenTrial, token: PathText) -> Response[bytes]:
    """Show what rings. Nothing is changed by looking."""
    rung = await _rung(trial, request, token)
    words = _words(trial, request)
    return _unknown(trial, words) if rung is None else _face(trial, words, rung, request)


@post(
    f"{links.PATH}/{{token:str}}",
    exception_handlers={Exception: _failed},
    **contract(
        Operation(
            name="page.answer", tag="Pages", summary="", auth=Auth.NONE, answers={200: None}, any_query=True
        ),
    ),
)
async def answer_link(
    request: Request, trial: GivenTrial, proxies: GivenProxies, token: PathText
) -> Response[bytes]:
    """Take the alert, or pass it on, with the PIN of whoever the link was sent to."""
    rung, entry = await _rung(trial, request, token), await _entry(request)
    words = _words(trial, request)
    if rung is None:
        return _unknown(trial, words)
    if rung.standing is not Standing.WAITING or not rung.has_pin:
        return _face(trial, words, rung, request, status=409 if rung.standing is Standing.TAKEN else 0)
    if entry.act is None or not entry.is_whole:
        return _face(trial, words, rung, request, wrong=words.say("malformed"), status=422)
    known = await _known(trial, rung.recipient.id)
    attempt = _try(
        request, proxies, str(rung.recipient.id), known, f"link/{rung.message.id}", is_genuine=True
    )
    if not await proves(trial, attempt, lambda: pin_fits(trial.vault, known, entry.pin)):
        return _face(trial, words, rung, request, wrong=words.say("wrong-pin"), status=422)
    return await _answered(trial, request, rung.message, rung.recipient, entry.act, Via.LINK)


@route(
    links.PATH,
    http_method=_LOOKS,
    exception_handlers={Exception: _failed},
    **contract(
        Operation(
            name="page.show-code",
            tag="Pages",
            summary="",
            auth=Auth.NONE,
            answers={200: None},
            any_query=True,
        ),
    ),
)
async def show_code(request: Request, trial: GivenTrial) -> Response[bytes]:
    """Ask for e-mail, code and PIN."""
    return _code_form(trial, _words(trial, request), request)


@post(
    links.PATH,
    exception_handlers={Exception: _failed},
    **contract(
        Operation(
            name="page.answer-code",
            tag="Pages",
            summary="",
            auth=Auth.NONE,
            answers={200: None},
            any_query=True,
        ),
    ),
)
async def answer_code(request: Request, trial: GivenTrial, proxies: GivenProxies) -> Response[bytes]:
    """As by the link, with the code of a text of one's own. Whatever does not fit is told in the same words."""
    entry, words = await _entry(request), _words(trial, request)
    if entry.act is None or not entry.is_whole:
        return _code_form(trial, words, request, words.say("malformed"), 422)
    async with reading(trial.pool) as connection:
        known = await by_email(trial, connection, entry.email)
        person_id = NOBODY if known is None else known.staff.id
        message = await live_page_of_code(connection, entry.code, person_id)
    account = account_of(entry.email, known)
    attempt = _try(request, proxies, account, known, f"codes/{account}", is_genuine=message is not None)
    fits = await proves(
        trial, attempt, lambda: pin_fits(trial.vault, known, entry.pin) and message is not None
    )
    if not fits or known is None or message is None:
        return _code_form(trial, words, request, words.say("wrong-code"), 422)
    request.state["language"] = message.language
    return await _answered(trial, request, message, known.staff, entry.act, Via.CODE)


@post(
    "/v1/acknowledgements",
    **contract(
        Operation(
            name="code.acknowledge",
            tag="Alerts",
            summary="Take an alert by the code of my text",
            auth=Auth.STAFF,
            any_query=True,
            body=CodeEntry,
            answers={201: AlertView, 200: AlertView},
            errors=(NotFound, NotEntitled, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def acknowledge_by_code(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """I take what my text was about. A code is good for its own alert, its own round and whoever it was sent to."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, CodeEntry)
    async with reading(trial.pool) as connection:
        message = await page_of_code(connection, body.code, caller.staff.id)
    if message is None:
        raise NotFound("No text to you has this code.")
    caller.require_site(message.site_id)
    alert, is_new = await answer_by(
        trial, message, caller.staff, ActKind.ACKNOWLEDGE, Via.CODE, request.state.request_id
    )
    async with reading(trial.pool) as connection:
        view = (await alert_views(connection, (alert,)))[0]
    return created(view, 201 if is_new else 200)


PAGES: tuple[HTTPRouteHandler, ...] = (show_link, answer_link, show_code, answer_code)
"""For people with a text in their hand: no operations of the contract."""


async def _answered(
    trial: Trial, request: Request, message: Message, person: Staff, act: ActKind, via: Via
) -> Response[bytes]:
    """Answer the alert of a page, and show how it stands afterwards, whoever was first."""
    words, status, wrong, changed = _words(trial, request), 200, "", False
    try:
        _, changed = await answer_by(trial, message, person, act, via, request.state.request_id)
    except AlreadyAcknowledged:
        status = 409
    except IllegalEvent:
        # Its round is over; the page says so, and which status that is.
        status = 0
    except NotEntitled:
        status, wrong = 403, words.say("not-entitled")
    if changed and act is ActKind.DECLINE:
        return shown(
            trial.protocol, Face(language=words.language, said=words.say("passed"), action="", form="")
        )
    async with reading(trial.pool) as connection:
        rung = await rung_by(connection, message)
    return (
        _unknown(trial, words)
        if rung is None
        else _face(trial, words, rung, request, wrong=wrong, status=status)
    )


def _face(
    trial: Trial, words: Words, rung: Rung, request: Request, *, wrong: str = "", status: int = 0
) -> Response[bytes]:
    return shown(trial.protocol, face_of(words, rung, request.url.path, trial.now(), wrong, status))


def _unknown(trial: Trial, words: Words) -> Response[bytes]:
    return shown(trial.protocol, Face(language=words.language, status=404, said=words.say("unknown")))


def _code_form(
    trial: Trial, words: Words, request: Request, wrong: str = "", status: int = 200
) -> Response[bytes]:
    # A sandbox with a key lies below a path of its own.
    action = request.scope.get("root_path", "") + links.PATH
    face = Face(language=words.language, status=status, wrong=wrong, form="code", action=action)
    return shown(trial.protocol, face)


def _words(trial: Trial, request: Request) -> Words:
    """Return the sentences for whoever the text was sent to; for others, as their browser asks."""
    wanted = request.state.get("language") or request.headers.get("accept-language", "")
    return words_for(trial.protocol, wanted)


async def _rung(trial: Trial, request: Request, token: str) -> Rung | None:
    message_id = links.message_in(trial.vault, token)
    if message_id is None:
        return None
    async with reading(trial.pool) as connection:
        message = await messages.find(connection, message_id)
        rung = None if message is None else await rung_by(connection, message)
    if rung is not None:
        request.state["language"] = rung.message.language
    return rung


async def _known(trial: Trial, staff_id: UUID) -> Known | None:
    async with reading(trial.pool) as connection:
        return await by_id(connection, staff_id)


def _try(
    request: Request, proxies: Proxies, account: str, known: Known | None, link: str, *, is_genuine: bool
) -> Try:
    return Try(
        source=source_of(request, proxies),
        account=account,
        staff=None if known is None else known.staff,
        link=link,
        is_genuine=is_genuine,
        request_id=request.state.request_id,
    )


async def _entry(request: Request) -> _Entry:
    """Read a form (application/x-www-form-urlencoded); what it lacks is empty."""
    pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    given: Mapping[str, str] = dict(pairs)
    acts = {each.value: each for each in WAYS}
    return _Entry(
        act=acts.get(given.get("action", "")),
        pin=given.get("pin", "").strip(),
        email=given.get("email", ""),
        code=given.get("code", ""),
    )
