"""Where a call really goes: the address behind a name, looked up once, so that it can not change."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Where a network without IPv4 reaches it (RFC 6052): the last four bytes are an address of that."""


class NotAllowed(Exception):
    """This address must not be called; the text says why. Asking again will not help."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was looked at: its host for people and TLS, and the address to call, if it is fixed."""

    host: str
    netloc: str
    address: str | None = None


def target_of(url: str) -> Target:
    """Who is called. Raises NotAllowed for what is no http or https address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise NotAllowed("the destination is no http or https address; correct it in the settings")
    shown = f"[{host}]" if ":" in host else host
    return Target(host, shown if port is None else f"{shown}:{port}")


async def public_target_of(url: str) -> Target:
    """The same, bound to one public address. Raises NotAllowed for a private one, OSError for none."""
    target = target_of(url)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NotAllowed(
            f"{target.host[:100]!r} can not be a host's name; correct it in the settings"
        ) from None
    addresses = [str(info[4][0]) for info in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotAllowed(
            f"{target.netloc} is a private address; allow those in the settings, or choose another"
        )
    return Target(target.host, target.netloc, addresses[0])


def is_surely_private(host: str) -> bool:
    """Whether a host is private whoever asks; where a name leads is known only when it is called."""
    try:
        return host == "localhost" or not is_public(host)
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet. Raises ValueError for what is none."""
    ip = _leads_to(ipaddress.ip_address(address.partition("%")[0]))
    return ip.is_global and not ip.is_multicast


def _leads_to(ip: _Address) -> _Address:
    """The IPv4 address that a gateway makes of an IPv6 address; the address itself, if none does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour or ip
