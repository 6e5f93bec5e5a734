"""A clinic with two providers: texts to China go through Dysms first, everything else through Twilio."""

import contextlib
from collections.abc import AsyncIterator

from msgspec.structs import replace

from api.demo import url_of
from api.seed import member
from api.serving import bind, serving
from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from notifications.emulator_dysms import DysmsEmulator
from tests.support.clinic import Clinic, open_clinic

_KEY_ID, _KEY_SECRET, _SIGN_NAME = "LTAI-nightbell", "the account's access key secret", "中南试验"
_REPORT_SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
_TEXTS = {
    "sms.emergency": "您有一条紧急待办，编号${code}，请${minutes}分钟内登录系统查看并确认。",  # noqa: RUF001 - Chinese commas
    "sms.urgent": "您有一条加急待办，编号${code}，请${minutes}分钟内登录系统查看并确认。",  # noqa: RUF001 - as above
    "sms.exhausted": "待办${code}至今无人确认。",
    "sms.drill": "演练，编号${code}，请${minutes}分钟内登录系统确认。",  # noqa: RUF001 - as above
}
_CODES = {key: f"SMS_{place}" for place, key in enumerate(_TEXTS, 1)}


class TwoProviders:
    """The clinic, and its second provider."""

    def __init__(self, clinic: Clinic, dysms: DysmsEmulator) -> None:
        self.clinic = clinic
        self.dysms = dysms

    def by_dysms(self) -> dict[str, int]:
        """How many texts each of the cast received through the second provider."""
        counts = {name: len(self.dysms.phone(number)) for name, number in self.clinic.numbers.items()}
        return {name: count for name, count in counts.items() if count}

    def by_twilio(self) -> dict[str, int]:
        """How many texts each of the cast received through the first provider."""
        return self.clinic.rung()

    def fault(
        self, kind: FaultKind, name: str | None = None, *, reason: str = "", times: int | None = None
    ) -> None:
        """Script one fault of the second provider."""
        number = None if name is None else member(name).phone
        self.dysms.script(Fault(kind=kind, number=number, reason=reason, times=times))

    async def providers(self) -> list[tuple[str, str, str]]:
        """Every call there was: to whom, through which provider, with which outcome."""
        async with transaction(self.clinic.trial.pool) as connection:
            found = await connection.fetch(
                """
                select name, provider, outcome from attempts join messages on messages.id = message_id
                join staff on staff.id = staff_id order by started_at, attempts.number, name
                """
            )
        return [(row["name"], row["provider"], row["outcome"]) for row in found]


@contextlib.asynccontextmanager
async def open_two(database_url: str) -> AsyncIterator[TwoProviders]:
    """Run a clinic with both providers."""
    listens = bind("127.0.0.1", 0)
    settings = {
        "DYSMS_ACCESS_KEY_ID": _KEY_ID,
        "DYSMS_ACCESS_KEY_SECRET": _KEY_SECRET,
        "DYSMS_SIGN_NAME": _SIGN_NAME,
        "DYSMS_TEMPLATES": ",".join(f"{key}:{code}" for key, code in _CODES.items()),
        "DYSMS_REPORT_SECRET": _REPORT_SECRET,
        "DYSMS_ENDPOINT": url_of(listens),
    }
    async with open_clinic(database_url, **settings) as clinic:
        dysms = DysmsEmulator(
            _KEY_ID,
            _KEY_SECRET,
            sign_name=_SIGN_NAME,
            templates={_CODES[key]: text for key, text in _TEXTS.items()},
            report_url=f"{clinic.demo.api_url}/webhooks/dysms/{_REPORT_SECRET}/reports",
            clock=clinic.trial.now,
        )
        clinic.sandbox = replace(clinic.sandbox, others=(dysms,))
        async with serving((dysms.app(), listens)):
            yield TwoProviders(clinic, dysms)
