"""A request on its way out: the account's proof, what the client may add, and the one HTTP seam."""

from collections.abc import Sequence

from config.schema import ProviderSettings
from gateway.accounts.types import Account
from gateway.types import Outbound, Upstream
from gateway.upstream import HttpAccount

__all__ = ("Connection",)

CONTENT_TYPE = "application/json"


class Connection:
    """One upstream address on one account. ``forwarded`` are the client's headers that reach the upstream, lower-case; the settings' own win."""

    def __init__(self, name: str, base_url: str, settings: ProviderSettings, account: Account, forwarded: frozenset[bytes]) -> None:
        self._http = HttpAccount(name, base_url, settings.timeouts)
        self._account = account
        self._forwarded = forwarded - {header.lower().encode("latin-1") for header in settings.headers}
        # Identity: the body is tapped as it passes, and a compressed one could not be read.
        self._headers = [("content-type", CONTENT_TYPE), ("accept-encoding", "identity"), ("user-agent", "tidegate")]
        self._headers += [(header.lower(), value.reveal()) for header, value in settings.headers.items()]

    @property
    def address(self) -> str:
        """The upstream's host."""
        return self._http.address

    async def post(self, path: str, request: Outbound, body: bytes, more: Sequence[tuple[str, str]] = ()) -> Upstream:
        """Send ``body`` in place of the request's own. Raises ``UpstreamFailure``."""
        proof = await self._account.headers(self._http.base_url + path, CONTENT_TYPE, body)
        own = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers if name in self._forwarded]
        return await self._http.post(path, [*self._headers, *proof, *own, *more, ("traceparent", request.traceparent)], body)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()
