"""What follows from a sandbox's key: addresses, a database and secrets of its own."""

import pytest

from api import sandbox_keys
from api.demo import draw_secrets, sandbox_settings
from domain.sms import LONGEST_LINK

OWN = sandbox_settings(
    draw_secrets(), "postgresql://x@127.0.0.1:1/nightbell", "http://127.0.0.1:54321", "http://127.0.0.1:54322"
)
SECRETS = ("secret", "token_keys", "contact_keys", "audit_keys", "twilio_auth_token")


def test_no_secret_of_a_key_is_anothers_or_the_demos_own_and_each_is_the_same_after_a_restart() -> None:
    one, other = sandbox_keys.draw(), sandbox_keys.draw()
    hers, his = sandbox_keys.settings_of(one, OWN), sandbox_keys.settings_of(other, OWN)
    for name in SECRETS:
        values = [repr(getattr(each, name)) for each in (OWN, hers, his)]
        assert len(set(values)) == 3, name
        assert getattr(sandbox_keys.settings_of(one, OWN), name) == getattr(hers, name)
    assert len({repr(getattr(hers, name)) for name in SECRETS}) == len(SECRETS)
    assert hers.database_url == f"postgresql://x@127.0.0.1:1/nightbell_k_{one}"


def test_an_address_with_a_key_is_short_enough_for_a_text_and_no_word() -> None:
    for _ in range(100):
        key = sandbox_keys.draw()
        assert sandbox_keys.is_key(key)
        assert not set(key) & set("aeiou")
        assert len(sandbox_keys.settings_of(key, OWN).public_url) <= LONGEST_LINK - 46


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/me", ("", "/v1/me")),
        ("/k/abc/v1/me", ("abc", "/v1/me")),
        ("/k/abc", ("abc", "")),
        ("/k/", ("-", "")),
        ("/k//v1/me", ("-", "/v1/me")),
        ("/kept", ("", "/kept")),
    ],
)
def test_the_key_is_the_first_part_of_a_path_that_has_one(path: str, found: tuple[str, str]) -> None:
    assert sandbox_keys.split(path) == found
