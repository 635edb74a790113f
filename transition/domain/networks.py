"""From where a request came, as far as our own web server says so."""

import ipaddress
from contextlib import suppress


def network_of(remote: str, forwarded: str) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 one, which has a new address every day.

    Behind our own web server `remote` is this machine, and the last hop it has written down is the reader.
    """
    hop = forwarded.rpartition(",")[2].strip()
    for written in (remote, hop):
        with suppress(ValueError):
            address = ipaddress.ip_address(written)
            if written == remote and address.is_loopback and hop:
                continue
            if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
                return str(ipaddress.ip_network((address, 64), strict=False))
            return str(address)
    return "unknown"
