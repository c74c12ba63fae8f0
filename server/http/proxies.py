"""Who is behind a reverse proxy: what it says of its client, where its word is taken."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

from litestar.types import ASGIApp, Receive, Scope, Send

__all__ = ("NOBODY", "Proxies", "Seen", "behind")

Address = IPv4Address | IPv6Address

MOST_HOPS: Final = 32
"""Entries that are looked at, from the nearest on: a caller may send thousands that name proxies of ours."""

_SCHEMES: Final = frozenset({b"http", b"https"})
_ENTRY: Final = re.compile(rb"(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15}))(?::[0-9]{1,5})?|([0-9a-f:]{2,45}[0-9.]{0,15})", re.IGNORECASE)
"""An address, as ``X-Forwarded-For`` and RFC 7239 section 6 write it. Its port is of one connection, and tells nobody apart."""

_PAIR: Final = rb'([!#$%&\'*+.^_`|~0-9a-z-]+)=(?:"([^",;\\]*)"|([^\s",;\\]*))'
_PAIRS: Final = re.compile(_PAIR, re.IGNORECASE)
_ELEMENT: Final = re.compile(rb"%b(?:;[ \t]*%b)*" % (_PAIR, _PAIR), re.IGNORECASE)
"""Of ``Forwarded``, as long as nothing in its quotes could be taken for the end of it: a piece of a longer one never matches."""


class Seen(NamedTuple):
    """What a proxy says: the client's address and the scheme that it spoke; ``None`` where it says nothing that can be believed."""

    address: str | None
    scheme: str | None


class Proxies:
    """Networks whose word is taken, by how they are written: ``10.0.0.0/8``, ``::1``. Raises ``ValueError`` for what is none."""

    def __init__(self, written: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(each) for each in written)

    def trust(self, peer: str) -> bool:
        """Whether the word of ``peer`` is taken."""
        return bool(self._networks) and self._are_ours(_plain(ip_address(peer)))

    def seen(self, headers: Iterable[tuple[bytes, bytes]]) -> Seen:
        """What a trusted peer says. The client is the nearest address that is no proxy of ours; what lies behind it, anybody can write.

        Behind an entry that is no address nothing is believed either: the client is then the proxy that wrote it.
        """
        said: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            if name in {b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"}:
                said.setdefault(name, []).append(value)
        scheme = _nearest(said.get(b"x-forwarded-proto", ()))[:1]
        if (listed := said.get(b"x-forwarded-for")) is not None:
            address, _ = self._walk(_nearest(listed))
            return Seen(address, _scheme(scheme))
        elements = [_element(each) for each in _nearest(said.get(b"forwarded", ()))]
        address, hops = self._walk([each.get(b"for", b"") for each in elements])
        return Seen(address, _scheme(scheme or [each.get(b"proto", b"") for each in elements[:hops][-1:]]))

    def _walk(self, entries: Sequence[bytes]) -> tuple[str | None, int]:
        """The last address that is believed, and how many entries are; the nearest comes first."""
        known = None
        for hops, entry in enumerate(entries):
            address = _address(entry)
            if address is None:
                return known, hops
            known = str(address)
            if not self._are_ours(address):
                return known, hops + 1
        return known, len(entries)

    def _are_ours(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


NOBODY: Final = Proxies()


def behind(app: ASGIApp, proxies: Proxies) -> ASGIApp:
    """``app`` on a connection of a proxy that is trusted: it sees the client where it would see the proxy."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        seen = proxies.seen(scope["headers"])
        if seen.address is not None:
            scope["client"] = (seen.address, 0)
        if seen.scheme is not None:
            scope["scheme"] = seen.scheme
        await app(scope, receive, send)

    return serve


def _nearest(values: Sequence[bytes]) -> list[bytes]:
    """Entries of all headers of a name, in reverse; those beyond ``MOST_HOPS`` are left out."""
    return [each.strip(b" \t") for each in b",".join(values).rsplit(b",", MOST_HOPS)[-MOST_HOPS:]][::-1] if values else []


def _element(written: bytes) -> dict[bytes, bytes]:
    """Members by their names; none if it cannot be read for sure."""
    if _ELEMENT.fullmatch(written) is None:
        return {}
    pairs = [(name.lower(), quoted or plain) for name, quoted, plain in _PAIRS.findall(written)]
    members = dict(pairs)
    return members if len(members) == len(pairs) else {}


def _address(entry: bytes) -> Address | None:
    found = _ENTRY.fullmatch(entry)
    try:
        return None if found is None else _plain(ip_address((found[1] or found[2] or found[3]).decode("ascii")))
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    """An IPv4 address that a socket of both families tells as one of IPv6 is still that."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _scheme(said: Sequence[bytes]) -> str | None:
    return said[0].lower().decode("ascii") if said and said[0].lower() in _SCHEMES else None
