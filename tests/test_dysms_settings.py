"""The second provider's settings: all of them or none, and every fault named at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from api.dysms_settings import NAMES
from api.providers import dysms_account, dysms_gateway
from api.settings import read_settings
from api.wiring import edge
from domain.protocol.check_texts import STAFF_SMS
from domain.refusals import SettingsRefused
from notifications.trial import machine_now
from tests.test_settings import GOOD, SANDBOX, faults

DYSMS: Mapping[str, str] = {
    "DYSMS_ACCESS_KEY_ID": "LTAI-nightbell",
    "DYSMS_ACCESS_KEY_SECRET": "the-access-key-secret",
    "DYSMS_SIGN_NAME": "中南试验",
    "DYSMS_TEMPLATES": ", ".join(f"{text}:SMS_{number}" for number, text in enumerate(STAFF_SMS)),
    "DYSMS_REPORT_SECRET": "r" * 32,
}
ENDPOINT = {"DYSMS_ENDPOINT": "http://127.0.0.1:8002"}


def test_the_staff_s_texts_are_those_that_carry_a_code() -> None:
    assert {"sms.emergency", "sms.urgent", "sms.exhausted"} <= set(STAFF_SMS)
    assert not {"sms.visit", "sms.check-in", "sms.caregiver"} & set(STAFF_SMS)


def test_without_settings_there_is_no_second_provider() -> None:
    settings = read_settings({**GOOD, "DYSMS_ENDPOINT": ""})
    assert (settings.dysms, dysms_account(settings), dysms_gateway(settings, machine_now)) == (
        None,
        None,
        None,
    )
    assert edge(settings).provider_keys.dysms_report_secret == ""


def test_with_all_of_them_there_is_one_at_its_own_address() -> None:
    settings = read_settings({**GOOD, **DYSMS})
    account = dysms_account(settings)
    assert account is not None
    assert account.endpoint is None
    assert account.templates == {text: f"SMS_{number}" for number, text in enumerate(STAFF_SMS)}
    assert edge(settings).provider_keys.dysms_report_secret == "r" * 32
    assert dysms_gateway(settings, machine_now) is not None


@pytest.mark.parametrize("name", DYSMS)
def test_one_that_is_missing_is_named(name: str) -> None:
    assert set(faults({**GOOD, **DYSMS, name: ""})) == {name}


def test_one_alone_asks_for_all_the_others() -> None:
    alone = {"DYSMS_SIGN_NAME": DYSMS["DYSMS_SIGN_NAME"]}
    assert set(faults({**GOOD, **alone})) == set(DYSMS) - set(alone)


def test_every_fault_is_named_at_once_and_none_repeats_a_secret() -> None:
    bad = {
        "DYSMS_SIGN_NAME": "【中南试验】",
        "DYSMS_TEMPLATES": "sms.emergency=SMS_1",
        "DYSMS_REPORT_SECRET": "hunter2",
        "DYSMS_ENDPOINT": "https://elsewhere.example",
        "TWILIO_SENDER": "clinic",
    }
    found = faults({**GOOD, **DYSMS, **bad})
    assert set(found) == set(bad)
    assert not any(secret in str(found) for secret in ("hunter2", DYSMS["DYSMS_ACCESS_KEY_SECRET"]))


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ("sms.emergency:SMS_1,sms.urgent:SMS_2", "sms.exhausted"),
        ("sms.emergency:SMS_1,sms.emergency:SMS_2", "each text once"),
        ("sms.emergency:1", "sms.emergency:SMS_1"),
        ("sms.emergency:SMS_1,", "separated by commas"),
    ],
)
def test_a_text_to_staff_without_a_template_is_refused_at_the_start(templates: str, said: str) -> None:
    found = faults({**GOOD, **DYSMS, "DYSMS_TEMPLATES": templates})
    assert set(found) == {"DYSMS_TEMPLATES"}
    assert said in found["DYSMS_TEMPLATES"]


def test_which_texts_need_a_template_is_the_caller_s_to_say() -> None:
    one = {**GOOD, **DYSMS, "DYSMS_TEMPLATES": "sms.emergency:SMS_1"}
    assert read_settings(one, staff_texts=["sms.emergency"]).dysms is not None
    with pytest.raises(SettingsRefused):
        read_settings({**GOOD, **DYSMS}, staff_texts=[*STAFF_SMS, "sms.something-new"])


def test_production_sends_to_no_foreign_address_and_a_sandbox_never_to_the_real_one() -> None:
    assert set(faults({**GOOD, **DYSMS, **ENDPOINT})) == {"DYSMS_ENDPOINT"}
    assert set(faults({**GOOD, **SANDBOX, **DYSMS})) == {"DYSMS_ENDPOINT"}
    settings = read_settings({**GOOD, **SANDBOX, **DYSMS, **ENDPOINT})
    assert settings.dysms is not None
    assert settings.dysms.endpoint == ENDPOINT["DYSMS_ENDPOINT"]


@pytest.mark.parametrize(
    "endpoint", ["ftp://provider", "127.0.0.1:8002", "http://127.0.0.1:8002/path", "http://"]
)
def test_an_address_that_is_none_is_refused(endpoint: str) -> None:
    assert set(faults({**GOOD, **SANDBOX, **DYSMS, "DYSMS_ENDPOINT": endpoint})) == {"DYSMS_ENDPOINT"}


def test_each_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    rest = {name: value for name, value in DYSMS.items() if name != "DYSMS_ACCESS_KEY_SECRET"}
    settings = read_settings({**GOOD, **rest, "DYSMS_ACCESS_KEY_SECRET_FILE": str(path)})
    assert settings.dysms is not None
    assert settings.dysms.access_key_secret == "from-a-file"


def test_a_misspelt_setting_is_refused_rather_than_ignored() -> None:
    assert set(faults({**GOOD, **DYSMS, "DYSMS_ENDPIONT": "x"})) == {"DYSMS_ENDPIONT"}


def test_settings_show_no_secret() -> None:
    settings = read_settings({**GOOD, **DYSMS})
    shown = repr(settings.dysms) + repr(dysms_account(settings))
    assert not any(DYSMS[name] in shown for name in NAMES if name.endswith("SECRET"))
