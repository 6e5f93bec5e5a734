"""Dysms, Alibaba Cloud's SMS service for mainland China: the only file that imports the provider's library.

It sends registered templates only, to numbers in mainland China only. The attempt's id is the text's OutId: every
report names it, and `find` asks for exactly the text whose answer was lost. Every call is made once, bounded in time.
Nothing here logs, and no outcome or error names a recipient or a text.
"""

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    InvalidURL,
)
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from yarl import URL

from domain.protocol.routes import Channel
from notifications.dysms_account import DysmsAccount
from notifications.dysms_reports import LEFT_OPEN, classify, plain, receipt_of
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Receipt,
    Refused,
    SendOutcome,
    Unknown,
)

_COUNTRY = "+86"

_REGION = "cn-hangzhou"

_PARAMETERS = ("code", "minutes")
"""All that a registered template may be filled with."""

_ALGORITHM = "ACS3-HMAC-SHA256"

_CHINA = ZoneInfo("Asia/Shanghai")
"""The provider's days."""

_SKEW = timedelta(minutes=1)
"""How far the provider's clock may differ from ours when a text is sent around midnight."""

_PAGE = 50
"""The most rows of one page."""

_FAILED, _DELIVERED = 2, 3
"""SendStatus; 1 waits for the carrier."""

_OK = "OK"

_TOO_MANY, _SERVER_ERROR, _GOOD = 429, 500, 300

_NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, InvalidURL)
"""aiohttp raises these before it has a connection, so nothing can have been sent."""


class _NoAnswerError(Exception):
    """The provider answered a question with no list; the text is its code."""


class DysmsGateway:
    """`notifications.gateway.Gateway` over Alibaba Cloud's library. It belongs to the loop it is first used in.

    `now` is the time by which the provider dates texts: the machine's, and a sandbox's own in a sandbox.
    """

    channels = frozenset({Channel.SMS})

    def __init__(
        self, account: DysmsAccount, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._account = account
        self._now = now
        self._session: ClientSession | None = None
        self._client = _client(account)
        # Its own way out takes a proxy from the process's environment, builds a new TLS context for each call and
        # hides what went wrong; requests, answers and the signature are the library's all the same.
        self._client.call_api_async = self._call

    @property
    def place(self) -> tuple[str, str]:
        """Where it calls: scheme and host."""
        if self._account.endpoint is None:
            return "https", str(self._client._endpoint)  # noqa: SLF001 - from the library's table of regions
        parts = urlsplit(self._account.endpoint)
        return parts.scheme, parts.netloc

    async def send(self, sms: OutboundSms) -> SendOutcome:
        """Hand one text over, once, within `call_timeout` seconds; never raises for what the provider does."""
        template = self._account.templates.get(sms.template)
        if template is None or not sms.to.startswith(_COUNTRY):
            return Refused(FailureClass.CONFIGURATION, 0)
        try:
            async with asyncio.timeout(self._account.call_timeout):
                asked = _request(self._account, sms, template)
                answer = await self._client.send_sms_with_options_async(asked, None)
            return _answer(answer.status_code, answer.body)
        except _NEVER_LEFT:
            return Refused(FailureClass.TRANSIENT, 0)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the text may be on its way
            return Unknown(_reason(error))

    async def find(self, sms: OutboundSms, since: datetime) -> Accepted | None:
        """Return the text that carries this attempt's id, whenever it was sent on the day of `since`.

        The provider's list does not name its own id of a text (BizId), so what is found has an empty one; its report
        will tell. A text the provider itself calls failed is not found. Raises LookupFailedError when it does not
        answer.
        """
        row = await self._row(sms, (since - _SKEW, since + _SKEW), None)
        return None if row is None or row.send_status == _FAILED else Accepted("")

    async def status(self, sms: OutboundSms, provider_id: str) -> Receipt | None:
        """Return what became of a text accepted today or yesterday, once it was delivered or lost; None before.

        `provider_id` may be empty. Raises LookupFailedError when the provider does not answer.
        """
        now = self._now()
        row = await self._row(sms, (now, now - timedelta(days=1)), provider_id or None)
        if row is None or row.send_status not in {_FAILED, _DELIVERED}:
            return None
        delivered = row.send_status == _DELIVERED
        return receipt_of(sms.attempt_id, provider_id, row.err_code, delivered=delivered)

    async def close(self) -> None:
        """Release connections. The next call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _row(self, sms: OutboundSms, instants: Iterable[datetime], biz_id: str | None) -> Any | None:
        if not sms.to.startswith(_COUNTRY):
            return None
        try:
            async with asyncio.timeout(self._account.call_timeout):
                async for row in self._rows(sms.to, dict.fromkeys(map(_day, instants)), biz_id):
                    if row.out_id == str(sms.attempt_id):
                        return row
        except Exception as error:  # noqa: BLE001 - the error's own words may quote numbers and texts
            trouble = _reason(error)
        else:
            return None
        raise LookupFailedError(trouble)

    async def _rows(self, to: str, days: Iterable[str], biz_id: str | None) -> AsyncIterator[Any]:
        for day in days:
            for page in itertools.count(1):
                rows = await self._page(to, day, biz_id, page)
                for row in rows:
                    yield row
                if len(rows) < _PAGE:
                    break

    async def _page(self, to: str, day: str, biz_id: str | None, page: int) -> list[Any]:
        asked = QuerySendDetailsRequest(
            biz_id=biz_id,
            phone_number=to.removeprefix(_COUNTRY),
            send_date=day,
            page_size=_PAGE,
            current_page=page,
        )
        answer = await self._client.query_send_details_with_options_async(asked, None)
        if answer.body is None or answer.body.code != _OK or answer.body.sms_send_detail_dtos is None:
            raise _NoAnswerError
        rows: list[Any] = answer.body.sms_send_detail_dtos.sms_send_detail_dto
        return rows

    async def _call(self, params: Any, request: Any, _runtime: Any) -> dict[str, Any]:
        """Make one call for the library, which hands over the operation and its parameters and reads the answer."""
        scheme, host = self.place
        headers = _signed(self._account, params, host, request.query)
        url = URL(f"{scheme}://{host}/?{urlencode(request.query)}", encoded=True)
        async with self._connection().post(url, headers=headers, allow_redirects=False) as response:
            return {"headers": {}, "statusCode": response.status, "body": _object(await response.read())}

    def _connection(self) -> ClientSession:
        """Return the session, built at first use because aiohttp wants the running loop."""
        if self._session is None:
            seconds = self._account.call_timeout
            self._session = ClientSession(timeout=ClientTimeout(total=seconds, connect=seconds / 2))
        return self._session


def _client(account: DysmsAccount) -> Any:
    return Client(
        Config(
            access_key_id=account.access_key_id,
            access_key_secret=account.access_key_secret,
            region_id=_REGION,
            # Without it the library reads one from the process's environment.
            user_agent="nightbell",
        )
    )


def _signed(account: DysmsAccount, params: Any, host: str, query: dict[str, str]) -> dict[str, str]:
    """Return the headers of a call without a body, signature included (the provider's signature version 3)."""
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "accept": "application/json",
        "x-acs-action": params.action,
        "x-acs-version": params.version,
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid4().hex,
        "x-acs-content-sha256": nothing,
    }
    call = SimpleNamespace(method=params.method, pathname=params.pathname, query=query, headers=headers)
    key, secret = account.access_key_id, account.access_key_secret
    return {**headers, "Authorization": Utils.get_authorization(call, _ALGORITHM, nothing, key, secret)}


def _request(account: DysmsAccount, sms: OutboundSms, template: str) -> Any:
    filled = {name: sms.parameters[name] for name in _PARAMETERS if name in sms.parameters}
    return SendSmsRequest(
        phone_numbers=sms.to.removeprefix(_COUNTRY),
        sign_name=account.sign_name,
        template_code=template,
        template_param=json.dumps(filled),
        out_id=str(sms.attempt_id),
    )


def _answer(status: int, body: Any) -> SendOutcome:
    code = plain(body.code)
    if status < _GOOD and code == _OK:
        return Accepted(body.biz_id) if body.biz_id else Unknown("answer without a BizId")
    if status >= _SERVER_ERROR or code in LEFT_OPEN:
        return Unknown(code or f"HTTP {status}")
    if status < _GOOD and not code:
        return Unknown("answer without a code")
    return Refused(FailureClass.TRANSIENT if status == _TOO_MANY else classify(code), 0, code)


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _day(instant: datetime) -> str:
    return instant.astimezone(_CHINA).strftime("%Y%m%d")


def _reason(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__
