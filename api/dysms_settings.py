"""The settings of the second provider, which a deployment may leave out: all of them are there, or none."""

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from typing_extensions import override

from domain.errors import Fault

PREFIX = "DYSMS_"

_NEEDED = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SIGN_NAME", "TEMPLATES", "REPORT_SECRET")

NAMES = tuple(PREFIX + name for name in (*_NEEDED, "ENDPOINT"))

_SECRET = re.compile(r"[A-Za-z0-9_-]{32,128}")
_ENTRY = re.compile(r"(sms\.[a-z-]+):(SMS_\d+)")


class DysmsSettings(Struct, frozen=True, kw_only=True):
    """What the operator says of the account at Dysms."""

    access_key_id: str
    access_key_secret: str
    sign_name: str
    templates: Mapping[str, str]
    """Registered template by text key."""
    report_secret: str
    """Stands in the address to which the provider pushes its reports."""
    endpoint: str | None

    @override
    def __repr__(self) -> str:
        return f"DysmsSettings({self.access_key_id})"


def read_dysms(
    given: Mapping[str, str], mode: str, staff_texts: Collection[str]
) -> tuple[DysmsSettings | None, tuple[Fault, ...]]:
    """Return the account, or None where none of NAMES has a value, and every fault.

    `given` has a value for each of NAMES, empty where it is not set. Each of `staff_texts` needs a template: a page
    that cannot be written is a page that nobody gets.
    """
    if not any(given.values()):
        return None, ()
    templates, wrong = _templates(given[PREFIX + "TEMPLATES"], staff_texts)
    settings = DysmsSettings(
        access_key_id=given[PREFIX + "ACCESS_KEY_ID"],
        access_key_secret=given[PREFIX + "ACCESS_KEY_SECRET"],
        sign_name=given[PREFIX + "SIGN_NAME"],
        templates=templates,
        report_secret=given[PREFIX + "REPORT_SECRET"],
        endpoint=given[PREFIX + "ENDPOINT"].rstrip("/") or None,
    )
    missing = [Fault(PREFIX + name, "is required with the other DYSMS_ settings") for name in _NEEDED]
    said = {PREFIX + "TEMPLATES": wrong, **{name: fault(settings, mode) for name, fault in _FAULTS.items()}}
    return settings, (
        *(each for each in missing if not given[each.pointer]),
        *(Fault(name, fault) for name, fault in said.items() if fault and _is_due(name, given)),
    )


def strangers(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that look like settings of this provider, and are none."""
    known = {name + suffix for name in NAMES for suffix in ("", "_FILE")}
    return tuple(name for name in values if name.startswith(PREFIX) and name not in known)


def _is_due(name: str, given: Mapping[str, str]) -> bool:
    """Tell whether a value is to be judged: of one that is missing, that is said already."""
    return bool(given[name]) or name == PREFIX + "ENDPOINT"


def _templates(text: str, staff_texts: Collection[str]) -> tuple[dict[str, str], str]:
    read = [_ENTRY.fullmatch(entry.strip()) for entry in text.split(",")]
    pairs = [(each[1], each[2]) for each in read if each is not None]
    found = dict(pairs)
    if len(pairs) < len(read) or len(found) < len(pairs):
        return {}, "must be text:template entries, separated by commas, each text once: sms.emergency:SMS_1,…"
    lacking = sorted(set(staff_texts) - found.keys())
    return found, f"names no template for {', '.join(lacking)}" if lacking else ""


def _sign_name(settings: DysmsSettings, _mode: str) -> str:
    bare = not set(settings.sign_name) & set("【】[]")
    return "" if bare else "must be the registered signature without its brackets"


def _report_secret(settings: DysmsSettings, _mode: str) -> str:
    fits = _SECRET.fullmatch(settings.report_secret)
    return (
        ""
        if fits
        else "must be 32 to 128 random characters of A-Z, a-z, 0-9, - and _: it stands in an address"
    )


def _endpoint(settings: DysmsSettings, mode: str) -> str:
    if settings.endpoint is None:
        return "is required in a sandbox, which never sends to the real provider" if mode == "sandbox" else ""
    if mode != "sandbox":
        return "production sends to the provider's own address only"
    parts = urlsplit(settings.endpoint)
    bare = parts.scheme in {"http", "https"} and bool(parts.netloc) and not parts.path and not parts.query
    return "" if bare else "must be an http(s) address without a path"


_FAULTS: Mapping[str, Callable[[DysmsSettings, str], str]] = {
    PREFIX + "SIGN_NAME": _sign_name,
    PREFIX + "REPORT_SECRET": _report_secret,
    PREFIX + "ENDPOINT": _endpoint,
}
"""By name, what is wrong with its value; empty if nothing is."""
