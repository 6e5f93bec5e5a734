"""Configuration as a value: read once from a mapping, every fault named at once (design.md, rule 11)."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import Struct
from typing_extensions import override

from api import setting_values as written
from api.addresses import Proxies, read_proxies
from api.dysms_settings import NAMES as DYSMS_NAMES
from api.dysms_settings import DysmsSettings, read_dysms
from api.dysms_settings import strangers as dysms_strangers
from api.oidc_settings import NAMES as OIDC_NAMES
from api.oidc_settings import SHORT_NAMES as OIDC_SHORT_NAMES
from api.oidc_settings import OidcSettings, read_oidc
from domain.errors import Fault
from domain.protocol.check_texts import STAFF_SMS
from domain.refusals import SettingsRefused
from notifications.mail import MailServer, read_address, read_smtp_url

T = TypeVar("T")

PREFIX = "NIGHTBELL_"


class Settings(Struct, frozen=True, kw_only=True):
    """What the operator decides. Byte strings are secrets; `token_keys` and `contact_keys` begin with the newest."""

    mode: Literal["production", "sandbox"]
    database_url: str
    public_url: str
    """Where the world reaches this server, without a path; the provider signs callbacks to it."""
    host: str
    port: int
    secret: bytes
    """Master of refresh tokens, activation codes and the blind index."""
    token_keys: Mapping[str, bytes]
    """Ed25519 seeds by key id."""
    contact_keys: Mapping[str, bytes]
    """AES-256 keys by key id."""
    audit_keys: Mapping[str, bytes] = {}
    """Ed25519 seeds by key id, newest first: of the checkpoints of the audit trail. Only workers need them."""
    audit_directory: Path | None = None
    """Where a worker keeps a copy of the checkpoints."""
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_sender: str
    twilio_voice_sender: str
    """The number that calls come from; empty where no calls are made."""
    twilio_api_base_url: str | None
    dysms: DysmsSettings | None
    """The second provider, for mainland China; None where there is none."""
    log_level: str
    metrics_host: str
    metrics_port: int | None
    """Where this process shows its metrics; None shows them nowhere."""
    heartbeat_url: str | None
    """Asked by each worker as long as all is well; a secret."""
    heartbeat_every: timedelta
    trusted_proxies: Proxies = Proxies()
    """Who in front of this server may say where a request comes from."""
    mail: MailServer | None = None
    """Where mail to staff is handed over; None: there is none, and digests are on the work list only."""
    mail_from: str = ""
    oidc: OidcSettings | None = None
    """The hospital's directory, by which staff may sign in; None where there is none."""

    @override
    def __repr__(self) -> str:
        return f"Settings({self.mode}, {self.public_url})"


class _Reader:
    """Reads one name after the other and collects what is wrong with each."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.faults: list[Fault] = []

    def text(self, name: str, default: str | None = None) -> str:
        found = self.values.get(name) or self._from_file(name) or default
        if found is None:
            self.faults.append(
                Fault(name, "is required; set it, or the name of a file with it in " + name + "_FILE")
            )
        return found or ""

    def parsed(self, name: str, parse: Callable[[str], T], fallback: T, default: str | None = None) -> T:
        text = self.text(name, default)
        if not text:
            return fallback
        try:
            return parse(text)
        except ValueError as fault:
            self.faults.append(Fault(name, str(fault)))
            return fallback

    def refuse_faults(self, *more: Fault) -> None:
        faults = (*self.faults, *more)
        if faults:
            raise SettingsRefused("The settings are not fit to start with.", faults=faults)

    def _from_file(self, name: str) -> str | None:
        path = self.values.get(name + "_FILE")
        if path is None:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as fault:
            self.faults.append(Fault(name + "_FILE", f"cannot be read: {fault.strerror}"))
        except UnicodeDecodeError:
            self.faults.append(Fault(name + "_FILE", "holds no text: secrets are written in base64"))
        return None


def read_settings(values: Mapping[str, str], staff_texts: Collection[str] = STAFF_SMS) -> Settings:
    """Read the settings of `serve` and `worker`; raise SettingsRefused with every fault.

    The mode is production unless NIGHTBELL_MODE says otherwise; production refuses a foreign provider address.
    Without the keys of the audit trail a worker pages all the same: it says that nobody signs, and safety turns red.
    `staff_texts` are the texts for which the second provider, if there is one, needs a registered template.
    """
    reader = _Reader(values)
    mode = reader.parsed(PREFIX + "MODE", written.mode, "production", "production")
    dysms, dysms_faults = read_dysms({name: reader.text(name, "") for name in DYSMS_NAMES}, mode, staff_texts)
    oidc, oidc_faults = read_oidc({name: reader.text(name, "") for name in OIDC_NAMES}, mode)
    settings = Settings(
        mode="sandbox" if mode == "sandbox" else "production",
        database_url=reader.parsed("DATABASE_URL", written.database_url, ""),
        public_url=reader.parsed(PREFIX + "PUBLIC_URL", written.public_url, ""),
        host=reader.text(PREFIX + "HOST", "127.0.0.1"),
        port=reader.parsed(PREFIX + "PORT", written.port, 0, "8000"),
        secret=reader.parsed(PREFIX + "SECRET", written.secret, b""),
        token_keys=reader.parsed(PREFIX + "TOKEN_KEYS", written.keys, {}),
        contact_keys=reader.parsed(PREFIX + "CONTACT_KEYS", written.keys, {}),
        audit_keys=reader.parsed(PREFIX + "AUDIT_KEYS", written.keys, {}, ""),
        audit_directory=reader.parsed(PREFIX + "AUDIT_DIRECTORY", written.directory, None, ""),
        twilio_account_sid=reader.parsed("TWILIO_ACCOUNT_SID", written.account_sid, ""),
        twilio_auth_token=reader.text("TWILIO_AUTH_TOKEN"),
        twilio_sender=reader.parsed("TWILIO_SENDER", written.sender, ""),
        twilio_voice_sender=_voice_sender(reader),
        twilio_api_base_url=reader.parsed("TWILIO_API_BASE_URL", written.web_url, None, ""),
        dysms=dysms,
        oidc=oidc,
        log_level=reader.parsed(PREFIX + "LOG_LEVEL", written.log_level, "info", "info"),
        metrics_host=reader.text(PREFIX + "METRICS_HOST", "127.0.0.1"),
        metrics_port=reader.parsed(PREFIX + "METRICS_PORT", written.port, None, ""),
        heartbeat_url=reader.parsed(PREFIX + "HEARTBEAT_URL", written.address, None, ""),
        heartbeat_every=reader.parsed(PREFIX + "HEARTBEAT_SECONDS", written.pause, timedelta(), "60"),
        trusted_proxies=reader.parsed(PREFIX + "TRUSTED_PROXIES", read_proxies, Proxies(), ""),
        mail=reader.parsed(PREFIX + "SMTP_URL", read_smtp_url, None, ""),
        mail_from=reader.parsed(PREFIX + "MAIL_FROM", read_address, "", ""),
    )
    reader.refuse_faults(
        *_mode_faults(settings),
        *_proxy_faults(reader, settings),
        *dysms_faults,
        *oidc_faults,
        *_mail_faults(settings),
        *_unknown(values),
    )
    return settings


class OwnerSettings(Struct, frozen=True):
    """What `migrate` needs: the owner's address of the database, and the mode to stamp a new one with."""

    database_url: str
    mode: str


def read_owner_settings(values: Mapping[str, str]) -> OwnerSettings:
    """Read the settings of `migrate`; raise SettingsRefused with every fault."""
    reader = _Reader(values)
    settings = OwnerSettings(
        database_url=reader.parsed("DATABASE_URL", written.database_url, ""),
        mode=reader.parsed(PREFIX + "MODE", written.mode, "production", "production"),
    )
    reader.refuse_faults(*_unknown(values))
    return settings


def read_database_url(values: Mapping[str, str]) -> str:
    """Read DATABASE_URL alone, for commands that need nothing else."""
    reader = _Reader(values)
    url = reader.parsed("DATABASE_URL", written.database_url, "")
    reader.refuse_faults()
    return url


def read_audit_keys(values: Mapping[str, str], *, required: bool = True) -> Mapping[str, bytes]:
    """Read NIGHTBELL_AUDIT_KEYS alone; empty where they are not set and not required."""
    reader = _Reader(values)
    none: Mapping[str, bytes] = {}
    keys = reader.parsed(PREFIX + "AUDIT_KEYS", written.keys, none, None if required else "")
    reader.refuse_faults()
    return keys


def _mode_faults(settings: Settings) -> tuple[Fault, ...]:
    if settings.mode != "production":
        missing = Fault(
            "TWILIO_API_BASE_URL", "is required in a sandbox, which never sends to the real provider"
        )
        return () if settings.twilio_api_base_url else (missing,)
    foreign = settings.twilio_api_base_url is not None
    open_beat = settings.heartbeat_url is not None and not settings.heartbeat_url.startswith("https://")
    plain = bool(settings.public_url) and not settings.public_url.startswith("https://")
    return (
        *(
            [Fault("TWILIO_API_BASE_URL", "production sends to the provider's own address only")]
            if foreign
            else []
        ),
        *([Fault(PREFIX + "PUBLIC_URL", "production needs an https address")] if plain else []),
        *([Fault(PREFIX + "HEARTBEAT_URL", "production needs an https address")] if open_beat else []),
    )


def _proxy_faults(reader: _Reader, settings: Settings) -> tuple[Fault, ...]:
    """Ask who stands in front: behind a proxy that nobody named, one stranger's failures would slow everybody."""
    if settings.mode != "production" or reader.text(PREFIX + "TRUSTED_PROXIES", ""):
        return ()
    wanted = "is required in production: the addresses of what stands in front, or none"
    return (Fault(PREFIX + "TRUSTED_PROXIES", wanted),)


def _mail_faults(settings: Settings) -> tuple[Fault, ...]:
    if settings.mail is None:
        return ()
    faults = []
    if not settings.mail_from:
        faults.append(Fault(PREFIX + "MAIL_FROM", "is required with " + PREFIX + "SMTP_URL"))
    if settings.mode == "production" and settings.mail.security == "none":
        faults.append(Fault(PREFIX + "SMTP_URL", "production needs TLS: smtps://… or smtp://…?starttls"))
    return tuple(faults)


_NAMES = (
    *("MODE", "PUBLIC_URL", "HOST", "PORT", "SECRET", "TOKEN_KEYS", "CONTACT_KEYS", "LOG_LEVEL"),
    *("METRICS_HOST", "METRICS_PORT", "HEARTBEAT_URL", "HEARTBEAT_SECONDS", "TRUSTED_PROXIES"),
    *("SMTP_URL", "MAIL_FROM", "AUDIT_KEYS", "AUDIT_DIRECTORY", *OIDC_SHORT_NAMES),
)
_KNOWN = {PREFIX + name + suffix for name in _NAMES for suffix in ("", "_FILE")}


def _unknown(values: Mapping[str, str]) -> tuple[Fault, ...]:
    """Refuse a misspelt name: it would be a setting that silently does nothing."""
    strangers = [name for name in values if name.startswith(PREFIX) and name not in _KNOWN]
    return tuple(
        Fault(name, "is not a setting of Nightbell")
        for name in sorted((*strangers, *dysms_strangers(values)))
    )


def _voice_sender(reader: _Reader) -> str:
    """Read who calls: a number of its own, else the one that texts come from, if that is a number."""
    own = reader.parsed("TWILIO_VOICE_SENDER", written.number, "", "")
    texts = reader.text("TWILIO_SENDER", "")
    return own or (texts if written.NUMBER.fullmatch(texts) else "")
