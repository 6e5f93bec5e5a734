"""What a text, a log line or a metric may say: nothing about anybody (trial.md §4; design.md, rule 9)."""

import contextlib
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.logs import configure_logs
from api.seed import CAST
from domain.entropy import UNAMBIGUOUS
from domain.paging import CODE_LENGTH
from domain.protocol.schema import ChoiceItem, Form
from domain.sms import LONGEST_LINK, segments
from domain.texts import say, say_item
from notifications import worker
from notifications.emulator import Fault, FaultKind
from notifications.gateway import OutboundSms, SendOutcome
from notifications.twilio import TwilioGateway
from tests.support.clinic import Clinic, Person
from tests.support.protocol import shipped
from tests.support.watch import EMERGENCY, alert_of, take

PROTOCOL = shipped()
SENT = sorted(key for key in PROTOCOL.texts["en"].texts if key.startswith("sms."))
TEMPLATES = [key for key in SENT if not key.endswith(".link")]
LINKED = [key for key in SENT if key.endswith(".link")]
"""For numbers whose country allows links alone (routes.toml)."""
NAMES = [each.name for each in CAST]

ILLNESS = re.compile(
    r"vomit|blood|bleed|bled|coffee|stool|faint|collaps|breath|belly|urine|weekday|confus|place|"
    r"personality|flapping|chill|diarrhoea|yellow|temperature|wake|muddled|unable|liver|hepat|"
    r"cirrh|kidney|renal|usually|dizz|hives|wheez|chest|swollen|infect|sepsis|fever|encephal|transplant|patient|subject|"
    r"吐血|咖啡渣|大便|鲜血|晕倒|喘|肚子|小便|糊涂|星期|哪里|性格|寒战|鼻血|牙龈|呕吐|腹泻|眼睛|体温|叫不醒|听不懂|平时|头晕|荨麻疹|喘鸣|胸痛|肝|肾|血|感染|败血|发热|昏迷|移植|患者|"
    r"受试者",
    re.IGNORECASE,
)
"""What the patients are asked about, in both languages, and the words of the disease."""

codes = st.text(UNAMBIGUOUS, min_size=CODE_LENGTH, max_size=CODE_LENGTH)
minutes = st.integers(1, 120).map(str)
languages = pytest.mark.parametrize("language", sorted(PROTOCOL.texts))
templates = pytest.mark.parametrize("template", TEMPLATES)


def assert_it_may_be_sent(body: str, language: str) -> None:
    counted = segments(body)
    assert counted.count == 1
    if language == "zh-CN":
        assert len(body.encode("utf-16-be")) <= 2 * 62
    else:
        assert counted.encoding == "gsm-7"
    assert not re.search(r"https?:|www\.\w|://|\w\.[a-z]{2}", body, re.IGNORECASE)
    assert not re.search(r"\d([\s()+-]?\d){4,}", body)
    assert not re.search(r"ZN-\d", body)
    assert not named_in(body)


def named_in(text: str) -> list[str]:
    """Whoever of the cast a text names."""
    return [name for name in NAMES if re.search(rf"\b{name}\b", text, re.IGNORECASE)]


def ailing_in(text: str) -> list[str]:
    """The words of illness in a text."""
    return ILLNESS.findall(text)


@templates
@languages
@given(code=codes, minutes=minutes)
def test_every_text_to_staff_is_short_and_says_nothing_about_anybody(
    template: str, language: str, code: str, minutes: str
) -> None:
    assert_it_may_be_sent(say(PROTOCOL, language, template, code=code, minutes=minutes), language)


@templates
@languages
def test_the_longest_text_still_fits(template: str, language: str) -> None:
    assert_it_may_be_sent(say(PROTOCOL, language, template, code="W" * 6, minutes="120"), language)


@pytest.mark.parametrize("template", LINKED)
@languages
def test_a_text_with_a_link_says_nothing_else_and_is_of_two_segments_at_most(
    template: str, language: str
) -> None:
    link = "https://" + "w" * (LONGEST_LINK - 8)
    body = say(PROTOCOL, language, template, code="W" * 6, minutes="120", link=link)
    assert segments(body).count == (1 if language == "en" else 2)
    assert body.endswith(link)
    assert_it_may_be_sent(say(PROTOCOL, language, template, code="W" * 6, minutes="120", link=""), language)


@templates
@languages
def test_no_text_to_staff_has_a_word_of_illness(template: str, language: str) -> None:
    # The code is left out: four random letters may spell anything, and mean nothing.
    assert ailing_in(say(PROTOCOL, language, template, code="", minutes="10")) == []


@languages
@pytest.mark.parametrize("form", PROTOCOL.forms, ids=lambda form: form.id)
def test_the_list_of_words_knows_every_red_flag_that_is_asked(form: Form, language: str) -> None:
    flags = [item.id for item in form.items if isinstance(item, ChoiceItem) and item.red_flag]
    asked = {item: say_item(PROTOCOL, language, form.id, item) for item in flags}
    assert flags
    assert [item for item, text in asked.items() if not ailing_in(text)] in ([], ["feels-like-emergency"])


def test_every_code_is_read_from_a_lock_screen_without_doubt() -> None:
    assert not set("0O1IL2Z5S8B") & set(UNAMBIGUOUS)
    assert len(set(UNAMBIGUOUS)) == len(UNAMBIGUOUS)


FREE_TEXT = "canary-free-text"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What production would have logged, all of it, libraries included."""
    written = io.StringIO()
    with contextlib.redirect_stderr(written):
        configure_logs("debug")
    return lambda: written.getvalue() + caplog.text


async def everything_goes_wrong_once(clinic: Clinic) -> Person:
    """A story that passes most of what logs: refusals, faults of the provider, a lookup, an acknowledgement."""
    await clinic.move_abroad("Bob", "Dana")
    lin, caregiver = await clinic.lin()
    clinic.emulator.script(
        Fault(kind=FaultKind.DROP, times=1),
        Fault(kind=FaultKind.REFUSE, code=21211, times=1),
        Fault(kind=FaultKind.ERROR_AFTER_ACCEPT, times=1),
        Fault(kind=FaultKind.UNDELIVERED, code=30003, times=1),
    )
    await lin.report({"black-stool": "yes", "free-text": FREE_TEXT})
    await caregiver.report(EMERGENCY)
    await caregiver.put("/v1/me/reports/not-an-id", {"answers": FREE_TEXT})
    await caregiver.report({"cannot-be-woken": FREE_TEXT})
    await clinic.advance(hours=2)
    return lin


async def test_no_text_and_no_log_line_says_who_or_what(clinic: Clinic, log: Callable[[], str]) -> None:
    lin = await everything_goes_wrong_once(clinic)
    bob = await clinic.staff("Bob")
    await take(bob)
    subject_number = (await alert_of(bob))["subjectNumber"]
    said = log()
    bodies = [message.body for message in clinic.emulator.messages]
    assert "message.reconcile" in said
    assert len(bodies) >= 20
    secrets = [subject_number, FREE_TEXT, *lin.tokens.values(), *bob.tokens.values()]
    secrets += [each.email for each in CAST] + [*clinic.numbers.values()]
    for secret in (each for each in secrets if len(each) > 8):
        assert secret not in said
        assert not any(secret in body for body in bodies)
    assert named_in(said) == []
    assert [name for body in bodies for name in named_in(body)] == []
    assert [word for body in bodies for word in ailing_in(re.sub(r"[A-Z0-9]{4}", "", body))] == []
    assert "stool" not in said


async def test_a_fault_of_the_program_is_logged_without_the_text_or_the_number(
    clinic: Clinic, log: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback is for the log, and shows where it went wrong but not with what."""

    async def breaks(_gateway: TwilioGateway, sms: OutboundSms) -> SendOutcome:
        raise ConnectionAbortedError(sms.attempt_id)

    monkeypatch.setattr(TwilioGateway, "send", breaks)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await worker.drain(clinic.demo.sandbox.worker)
    said = log()
    assert "message.trouble" in said
    assert "ConnectionAbortedError" in said
    assert "+86" not in said
    assert "emergency task" not in said
    assert "紧急待办" not in said
