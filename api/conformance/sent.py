"""What an app sent, as the kit read it on the road."""

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

Json = dict[str, Any]

_REPORT = re.compile(r"/v1/me/reports/([0-9a-fA-F-]{36})")


class Sent(Struct, kw_only=True):
    """One request of the app, and what it was given for it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    bearer: str = ""
    """The token's name, such as "access 2"; "unknown" for one that was never issued; empty without one."""
    astray: bool = False
    """It went to another server than ours."""
    status: int = 0
    """What the app was answered; 0 while it was answered nothing."""
    request_id: str = ""
    """Of a problem that it was answered."""
    tags: list[str] = []
    """ETags that the app had been given for this address before."""

    @property
    def json(self) -> Json:
        """The body, empty where it is no JSON object."""
        try:
            return msgspec.json.decode(self.body, type=Json)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}

    @property
    def line(self) -> str:
        """The request in one line, without a secret, an id or an answer."""
        path = re.sub(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}", lambda found: found[0][:8] + "…", self.path)
        token = f" with {self.bearer}" if self.bearer else ""
        return f"{self.method} {path}{token} → {self.status or 'no answer'}"

    @property
    def has_query_secrets(self) -> bool:
        """Say whether the address holds what is secret: proxies log addresses."""
        names = {name.lower() for name, _ in parse_qsl(self.query, keep_blank_values=True)}
        return any(word in name for name in names for word in ("token", "code", "secret", "key"))


class Sending(Struct, frozen=True):
    """One report on its way, by itself or in a batch."""

    report_id: str
    body: Json
    sent: Sent

    @property
    def content(self) -> Json:
        """What must be the same each time."""
        return {name: value for name, value in self.body.items() if name not in {"ageSeconds", "reportId"}}


def is_submission(sent: Sent) -> bool:
    """Say whether a request hands in reports."""
    if sent.astray:
        return False
    single = sent.method == "PUT" and _REPORT.fullmatch(sent.path) is not None
    return single or (sent.method == "POST" and sent.path == "/v1/me/report-batches")


def is_rotation(sent: Sent) -> bool:
    """Say whether a request asks for new tokens."""
    return sent.method == "POST" and sent.path == "/v1/tokens"


def sendings_of(sent: Sent) -> list[Sending]:
    """Return the reports that a request hands in."""
    if not is_submission(sent):
        return []
    found = _REPORT.fullmatch(sent.path)
    if found:
        return [Sending(found[1].lower(), sent.json, sent)]
    reports = sent.json.get("reports", [])
    return [Sending(str(each.get("reportId", "")).lower(), each, sent) for each in reports]
