"""Configuration as a value: every fault named at once, and production unless somebody says otherwise."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from api.settings import read_database_url, read_owner_settings, read_settings
from domain.protocol.decode import decode
from domain.refusals import ProtocolRefused, SettingsRefused
from tests.support.protocol import shipped_files

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()

GOOD: Mapping[str, str] = {
    "DATABASE_URL": "postgresql://nightbell@db-1,db-2/nightbell?target_session_attrs=read-write",
    "NIGHTBELL_PUBLIC_URL": "https://bell.example.org",
    "NIGHTBELL_TRUSTED_PROXIES": "none",
    "NIGHTBELL_SECRET": KEY,
    "NIGHTBELL_TOKEN_KEYS": f"t2:{KEY},t1:{OTHER}",
    "NIGHTBELL_CONTACT_KEYS": f"c1:{KEY}",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "provider-secret",
    "TWILIO_SENDER": "+15005550006",
}
SANDBOX = {"NIGHTBELL_MODE": "sandbox", "TWILIO_API_BASE_URL": "http://127.0.0.1:8001"}
SECRETS = ("NIGHTBELL_SECRET", "NIGHTBELL_TOKEN_KEYS", "NIGHTBELL_CONTACT_KEYS", "TWILIO_AUTH_TOKEN")


def faults(values: Mapping[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsRefused) as caught:
        read_settings(values)
    return {fault.pointer: fault.message for fault in caught.value.faults}


def test_the_mode_is_production_unless_said_otherwise() -> None:
    assert read_settings(GOOD).mode == "production"
    assert read_settings({**GOOD, **SANDBOX}).mode == "sandbox"
    assert read_owner_settings({"DATABASE_URL": GOOD["DATABASE_URL"]}).mode == "production"


def test_calls_come_from_the_number_that_texts_come_from_unless_there_is_another() -> None:
    service = {**GOOD, "TWILIO_SENDER": "MG" + "0" * 32}
    own = {"TWILIO_VOICE_SENDER": "+15005550007"}
    assert read_settings(GOOD).twilio_voice_sender == "+15005550006"
    assert read_settings(service).twilio_voice_sender == ""
    assert read_settings({**service, **own}).twilio_voice_sender == "+15005550007"
    assert "TWILIO_VOICE_SENDER" in faults({**GOOD, "TWILIO_VOICE_SENDER": "MG" + "0" * 32})


def test_nobody_is_served_beyond_this_machine_unless_asked() -> None:
    assert (read_settings(GOOD).host, read_settings(GOOD).port) == ("127.0.0.1", 8000)


def test_an_empty_environment_is_told_of_everything_it_lacks() -> None:
    assert set(faults({})) == set(GOOD)


def test_every_fault_is_named_at_once() -> None:
    bad = {
        "DATABASE_URL": "mysql://db/nightbell",
        "NIGHTBELL_MODE": "staging",
        "NIGHTBELL_PUBLIC_URL": "https://bell.example.org/path",
        "NIGHTBELL_PORT": "70000",
        "NIGHTBELL_SECRET": "c2hvcnQ=",
        "NIGHTBELL_TOKEN_KEYS": KEY,
        "NIGHTBELL_CONTACT_KEYS": "c1:not-base64",
        "NIGHTBELL_LOG_LEVEL": "loud",
        "NIGHTBELL_METRICS_PORT": "-1",
        "NIGHTBELL_HEARTBEAT_URL": "beat.example.org",
        "NIGHTBELL_HEARTBEAT_SECONDS": "9",
        "TWILIO_ACCOUNT_SID": "XX123",
        "TWILIO_SENDER": "clinic",
        "TWILIO_API_BASE_URL": "ftp://provider",
    }
    assert set(faults({**GOOD, **bad})) == set(bad)


def test_no_fault_repeats_a_secret() -> None:
    said = str(faults({**GOOD, **dict.fromkeys(SECRETS[:3], "hunter2")}))
    assert "hunter2" not in said


def test_production_sends_to_no_foreign_address() -> None:
    assert set(faults({**GOOD, "TWILIO_API_BASE_URL": "https://provider.example.org"})) == {
        "TWILIO_API_BASE_URL"
    }


def test_production_needs_an_https_address() -> None:
    assert set(faults({**GOOD, "NIGHTBELL_PUBLIC_URL": "http://bell.example.org"})) == {
        "NIGHTBELL_PUBLIC_URL"
    }


def test_nothing_is_shown_and_no_heart_beats_unless_asked() -> None:
    settings = read_settings(GOOD)
    assert (settings.metrics_port, settings.metrics_host) == (None, "127.0.0.1")
    assert (settings.heartbeat_url, settings.heartbeat_every) == (None, timedelta(minutes=1))


@pytest.mark.parametrize("text", ["0", "9", "3601", "1e3", "soon"])
def test_a_heart_that_beats_too_often_or_too_seldom_is_refused(text: str) -> None:
    assert set(faults({**GOOD, "NIGHTBELL_HEARTBEAT_SECONDS": text})) == {"NIGHTBELL_HEARTBEAT_SECONDS"}


def test_the_address_of_the_heartbeat_is_a_secret_of_its_own_file_and_https_in_production(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secret"
    path.write_text("https://beat.example.org/5ec2e7/\n")
    given = {"NIGHTBELL_HEARTBEAT_URL_FILE": str(path)}
    assert read_settings({**GOOD, **given}).heartbeat_url == "https://beat.example.org/5ec2e7/"
    path.write_text("http://beat.example.org/5ec2e7")
    found = faults({**GOOD, **given})
    assert set(found) == {"NIGHTBELL_HEARTBEAT_URL"}
    assert "5ec2e7" not in str(found)
    assert read_settings({**GOOD, **SANDBOX, **given}).heartbeat_url == "http://beat.example.org/5ec2e7"


def test_a_sandbox_may_have_both() -> None:
    urls = {"TWILIO_API_BASE_URL": "http://127.0.0.1:8001", "NIGHTBELL_PUBLIC_URL": "http://127.0.0.1:8000/"}
    settings = read_settings({**GOOD, **SANDBOX, **urls})
    assert settings.twilio_api_base_url == "http://127.0.0.1:8001"
    assert settings.public_url == "http://127.0.0.1:8000"


def test_a_sandbox_never_sends_to_the_real_provider() -> None:
    assert set(faults({**GOOD, "NIGHTBELL_MODE": "sandbox"})) == {"TWILIO_API_BASE_URL"}


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL"])
def test_a_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(GOOD[name] + "\n")
    rest = {key: value for key, value in GOOD.items() if key != name}
    assert read_settings({**rest, f"{name}_FILE": str(path)}) == read_settings(GOOD)


def test_a_secret_file_that_is_not_there_is_named() -> None:
    rest = {key: value for key, value in GOOD.items() if key != "NIGHTBELL_SECRET"}
    found = faults({**rest, "NIGHTBELL_SECRET_FILE": "/nowhere/at/all"})
    assert found["NIGHTBELL_SECRET_FILE"] == "cannot be read: No such file or directory"


def test_a_secret_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(bytes(range(128, 160)))
    rest = {key: value for key, value in GOOD.items() if key != "NIGHTBELL_SECRET"}
    assert "NIGHTBELL_SECRET_FILE" in faults({**rest, "NIGHTBELL_SECRET_FILE": str(path)})


def test_a_misspelt_setting_is_refused_rather_than_ignored() -> None:
    assert set(faults({**GOOD, "NIGHTBELL_MDOE": "sandbox"})) == {"NIGHTBELL_MDOE"}


def test_a_misspelt_mode_stamps_no_database() -> None:
    with pytest.raises(SettingsRefused) as caught:
        read_owner_settings({"DATABASE_URL": GOOD["DATABASE_URL"], "NIGHTBELL_MDOE": "sandbox"})
    assert [fault.pointer for fault in caught.value.faults] == ["NIGHTBELL_MDOE"]


def test_the_first_key_is_the_newest() -> None:
    assert list(read_settings(GOOD).token_keys) == ["t2", "t1"]


def test_a_command_that_needs_the_database_alone_asks_for_nothing_else() -> None:
    assert read_database_url({"DATABASE_URL": GOOD["DATABASE_URL"]}) == GOOD["DATABASE_URL"]
    with pytest.raises(SettingsRefused):
        read_database_url({})


def test_a_broken_protocol_is_refused_with_every_fault_of_every_file() -> None:
    files = shipped_files()
    broken = {
        **files,
        "trial.toml": files["trial.toml"].replace(b'status = "draft"', b'status = "approved"'),
        "rules.toml": files["rules.toml"].replace(b'item = "vomited-blood"', b'item = "vomited-bloof"'),
        "escalation.toml": files["escalation.toml"].replace(b"PT10M", b"ten minutes"),
        "texts-en.toml": b"not toml",
        "notes.toml": b"",
    }
    del broken["calendar.toml"]
    with pytest.raises(ProtocolRefused) as caught:
        decode(broken)
    named = {fault.pointer.partition(":")[0] for fault in caught.value.faults}
    assert named == {"calendar.toml", "escalation.toml", "texts-en.toml", "notes.toml"}


def test_faults_that_need_the_files_together_are_named_together() -> None:
    files = shipped_files()
    broken = {
        **files,
        "trial.toml": files["trial.toml"].replace(b'status = "draft"', b'status = "approved"'),
        "rules.toml": files["rules.toml"].replace(b'item = "vomited-blood"', b'item = "vomited-bloof"'),
    }
    with pytest.raises(ProtocolRefused) as caught:
        decode(broken)
    assert {"trial.toml", "rules.toml"} <= {fault.pointer.partition(":")[0] for fault in caught.value.faults}
    assert any("vomited-bloof" in fault.message for fault in caught.value.faults)


MAIL = {
    "NIGHTBELL_SMTP_URL": "smtps://bell:secret-word@mail.example.org",
    "NIGHTBELL_MAIL_FROM": "bell@example.org",
}


def test_without_a_mail_server_there_is_none() -> None:
    assert read_settings(GOOD).mail is None


def test_a_mail_server_is_read_with_who_the_mail_is_from() -> None:
    settings = read_settings({**GOOD, **MAIL})
    assert settings.mail is not None
    assert (settings.mail.host, settings.mail.port, settings.mail.security) == (
        "mail.example.org",
        465,
        "tls",
    )
    assert settings.mail_from == "bell@example.org"
    assert "secret-word" not in repr(settings.mail)


def test_production_sends_no_mail_in_the_clear_and_names_all_that_is_wrong() -> None:
    plain = {**GOOD, "NIGHTBELL_SMTP_URL": "smtp://mail.example.org"}
    assert set(faults(plain)) == {"NIGHTBELL_SMTP_URL", "NIGHTBELL_MAIL_FROM"}
    assert read_settings({**GOOD, **MAIL, "NIGHTBELL_SMTP_URL": "smtp://mail.example.org?starttls"}).mail
    assert read_settings({**GOOD, **SANDBOX, **MAIL, "NIGHTBELL_SMTP_URL": "smtp://mail.example.org"}).mail


def test_what_is_no_mail_server_is_refused_without_its_password() -> None:
    found = faults(
        {**GOOD, "NIGHTBELL_SMTP_URL": "imap://bell:secret-word@host", "NIGHTBELL_MAIL_FROM": "nobody"}
    )
    assert set(found) == {"NIGHTBELL_SMTP_URL", "NIGHTBELL_MAIL_FROM"}
    assert "secret-word" not in str(found)


def test_production_wants_to_know_what_stands_in_front_of_it() -> None:
    nobody = {name: value for name, value in GOOD.items() if name != "NIGHTBELL_TRUSTED_PROXIES"}
    assert set(faults(nobody)) == {"NIGHTBELL_TRUSTED_PROXIES"}
