"""Which addresses are public. Pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

__all__ = ("is_public",)

NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Prefixes behind which an IPv4 address is reached (RFC 6052, RFC 8215)."""


def is_public(text: str) -> bool:
    """Whether a host of the Internet may stand behind an address. An IPv6 address that wraps an IPv4 one counts as that one.

    Private, loopback, link-local (where clouds keep their metadata), shared, multicast, reserved and unreadable addresses are not public.
    """
    try:
        address = _unwrapped(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
