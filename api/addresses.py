"""Where a request comes from: the peer, or what proxies of ours say of it; nobody else is believed."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

from api.exchange import Request

Address = IPv4Address | IPv6Address

_HOME_BITS = 64
"""One subscriber has a whole /64 of IPv6 (RFC 6177): its addresses are one source."""


class Proxies(Struct, frozen=True):
    """The addresses in front of this server that may say where a request comes from."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def trusts(self, address: Address) -> bool:
        """Say whether an address is one of ours."""
        return any(address in network for network in self.networks)


def read_proxies(text: str) -> Proxies:
    """Read addresses and networks, separated by commas, or "none"; raise ValueError for what is neither."""
    if text.strip() == "none":
        return Proxies()
    try:
        return Proxies(tuple(ip_network(each.strip()) for each in text.split(",") if each.strip()))
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None


def source_of(request: Request, proxies: Proxies) -> str:
    """Return where a request comes from: an IPv4 address, the /64 of an IPv6 address, or nothing that is known."""
    client = request.scope.get("client")
    peer = _address(client[0]) if client else None
    if peer is None:
        return "unknown"
    given = ",".join(request.headers.getall("x-forwarded-for", []))
    return _named(_origin(peer, given, proxies))


def _origin(peer: Address, given: str, proxies: Proxies) -> Address:
    """Walk from the peer to the left of X-Forwarded-For, past proxies of ours; further left anybody can write."""
    origin = peer
    for each in reversed(given.split(",")):
        if not proxies.trusts(origin) or (before := _address(each)) is None:
            break
        origin = before
    return origin


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _named(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _HOME_BITS), strict=False))
