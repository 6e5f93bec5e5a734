"""Where a request comes from: nobody is believed but proxies of ours."""

import pytest
from litestar.testing import RequestFactory

from api.addresses import read_proxies, source_of

NONE, OURS = read_proxies(""), read_proxies("10.0.0.0/8, fd00::1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "ours", "source"),
    [
        ("203.0.113.7", (), NONE, "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), NONE, "203.0.113.7"),
        ("203.0.113.7", ("10.0.0.1",), OURS, "203.0.113.7"),
        ("10.0.0.2", ("198.51.100.1",), OURS, "198.51.100.1"),
        ("10.0.0.2", ("192.0.2.66, 198.51.100.1, 10.9.9.9",), OURS, "198.51.100.1"),
        ("10.0.0.2", ("192.0.2.66", "198.51.100.1"), OURS, "198.51.100.1"),
        ("10.0.0.2", ("192.0.2.66, no-address",), OURS, "10.0.0.2"),
        ("10.0.0.2", (), OURS, "10.0.0.2"),
        ("fd00::1", ("2001:db8:1:2:3:4:5:6",), OURS, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", (), NONE, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", (), NONE, "203.0.113.7"),
        ("", (), OURS, "unknown"),
    ],
)
def test_a_source_is_what_our_own_proxies_say_it_is(
    peer: str, forwarded: tuple[str, ...], ours: object, source: str
) -> None:
    request = RequestFactory().get("/a")
    request.scope["client"] = (peer, 4711) if peer else None
    request.scope["headers"] = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    assert isinstance(ours, type(NONE))
    assert source_of(request, ours) == source


def test_what_is_neither_an_address_nor_a_network_is_refused() -> None:
    for text in ("localhost", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(ValueError, match="networks such as"):
            read_proxies(text)
