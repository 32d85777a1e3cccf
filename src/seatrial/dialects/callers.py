"""Whether a caller's address is among those that a key may be used from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def is_listed(address: str, allowlist: tuple[str, ...]) -> bool:
    """Whether an address is one of the listed addresses or in one of the listed networks."""
    caller = _parse(address)
    return caller is not None and any(caller in ip_network(entry, strict=False) for entry in allowlist)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address; an IPv4 one that a server listening on IPv6 sees as ::ffff:192.0.2.7 is that IPv4 one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return inner or address
