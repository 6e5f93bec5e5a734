"""The settings of a hospital's directory: all of them or none, every fault named, the secret shown by none."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from api.oidc_settings import NAMES
from api.settings import read_settings
from tests.test_settings import GOOD, SANDBOX, faults

SECRET = "directory-canary"
DIRECTORY: Mapping[str, str] = {
    "NIGHTBELL_OIDC_ISSUER": "https://login.hospital.example.org/realms/staff/",
    "NIGHTBELL_OIDC_CLIENT_ID": "nightbell",
    "NIGHTBELL_OIDC_CLIENT_SECRET": SECRET,
    "NIGHTBELL_OIDC_REDIRECT_URL": "https://desk.example.org/signed-in",
}


def test_without_a_directory_there_is_none() -> None:
    assert read_settings(GOOD).oidc is None


def test_the_issuer_is_kept_to_the_letter() -> None:
    settings = read_settings({**GOOD, **DIRECTORY}).oidc
    assert settings is not None
    assert settings.issuer == DIRECTORY["NIGHTBELL_OIDC_ISSUER"]
    assert settings.redirect_url == DIRECTORY["NIGHTBELL_OIDC_REDIRECT_URL"]
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_beside_the_others_is_named(name: str) -> None:
    rest = {key: value for key, value in DIRECTORY.items() if key != name}
    assert set(faults({**GOOD, **rest})) == {name}


def test_of_one_alone_all_the_others_are_named() -> None:
    assert set(faults({**GOOD, NAMES[0]: DIRECTORY[NAMES[0]]})) == set(NAMES[1:])


@pytest.mark.parametrize("name", ["NIGHTBELL_OIDC_ISSUER", "NIGHTBELL_OIDC_REDIRECT_URL"])
@pytest.mark.parametrize(
    "text",
    [
        "login.hospital.example.org",
        "http://login.hospital.example.org",
        "https://login.hospital.example.org/?tenant=1",
        "https://login.hospital.example.org/#here",
        f"https://nightbell:{SECRET}@login.hospital.example.org",
    ],
)
def test_an_address_that_is_none_or_goes_in_the_clear_is_refused(name: str, text: str) -> None:
    found = faults({**GOOD, **DIRECTORY, name: text})
    assert set(found) == {name}
    assert SECRET not in str(found)


def test_a_sandbox_may_have_a_directory_without_tls() -> None:
    plain = {**DIRECTORY, "NIGHTBELL_OIDC_ISSUER": "http://127.0.0.1:9", NAMES[3]: "http://127.0.0.1:8"}
    assert read_settings({**GOOD, **SANDBOX, **plain}).oidc is not None


def test_the_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    rest = {key: value for key, value in DIRECTORY.items() if value != SECRET}
    given = {**GOOD, **rest, "NIGHTBELL_OIDC_CLIENT_SECRET_FILE": str(path)}
    assert read_settings(given) == read_settings({**GOOD, **DIRECTORY})


def test_a_misspelt_name_is_refused() -> None:
    assert set(faults({**GOOD, **DIRECTORY, "NIGHTBELL_OIDC_CLIENTID": "x"})) == {"NIGHTBELL_OIDC_CLIENTID"}
