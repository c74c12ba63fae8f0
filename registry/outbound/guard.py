"""Where requests to given addresses may go: checked when an address is given, and again when a connection is made.

The second check is the one that protects: names resolve to something else later. It looks at the very addresses that are then connected
to, so that there is no moment between the two.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from config.public import is_public
from registry.outbound.errors import HostMissing, NameUnresolved, NotAUrl, PrivateAddress, SchemeRefused

__all__ = ("AddressGuard",)

RESOLVE_SECONDS: Final = 5.0


class AddressGuard:
    """``allow_private`` is asked each time, since a reload of the settings may change it. Raises ``registry.outbound.errors``."""

    def __init__(self, allow_private: Callable[[], bool]) -> None:
        self._allow_private = allow_private

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that may be used. Plain HTTP is allowed together with private addresses."""
        return ("https", "http") if self._allow_private() else ("https",)

    async def check_url(self, url: str) -> None:
        """Check a URL that somebody gives us. Where private addresses are allowed its name need not resolve yet."""
        parts = _split(url)
        if parts.scheme not in self.schemes:
            raise SchemeRefused(parts.scheme, self.schemes)
        if not parts.hostname:
            raise HostMissing
        if not self._allow_private():
            await self.resolve(parts.hostname, parts.port or 443)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses behind a name, each of which may be connected to. One that may not spoils all: such an answer is no accident."""
        addresses = await _addresses(host, port)
        if not self._allow_private():
            for address in addresses:
                if not is_public(address):
                    raise PrivateAddress(host, address)
        return addresses


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # out of range raises
    except ValueError as error:
        raise NotAUrl(str(error)) from None
    return parts


async def _addresses(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise NameUnresolved(host, f"no answer within {RESOLVE_SECONDS:g} seconds") from None
    except (OSError, UnicodeError) as error:
        raise NameUnresolved(host, str(error)) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
