"""A request on its way out: the account's proof, what the client may add, and the one HTTP seam."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from config.schema import ProviderSettings
from gateway.accounts.types import Account
from gateway.masking import Masking
from gateway.types import Outbound, Resource, Upstream
from gateway.upstream import HttpAccount

__all__ = ("Connection", "unrepeated")

UNAUTHORIZED: Final = 401


class Connection:
    """One upstream address on one account. ``forwarded`` are the client's headers that reach the upstream, lower-case; the settings' own win."""

    def __init__(self, name: str, base_url: str, settings: ProviderSettings, account: Account, forwarded: frozenset[bytes]) -> None:
        self._masking = Masking(settings)
        self._account = account
        self._forwarded = forwarded - {header.lower().encode("latin-1") for header in settings.headers}
        # Identity: the body is tapped as it passes, and a compressed one could not be read.
        own = [("accept-encoding", "identity"), ("user-agent", "tidegate")]
        own += [(header.lower(), value.reveal()) for header, value in settings.headers.items()]
        public_only = settings.public_only
        self._http = HttpAccount(name, base_url, settings.timeouts, own, public_only=public_only, masking=self._masking)

    @property
    def address(self) -> str:
        """The upstream's host."""
        return self._http.address

    async def post(self, path: str, request: Outbound, body: bytes, more: Sequence[tuple[str, str]] = ()) -> Upstream:
        """Send ``body`` in place of the request's own. Raises ``UpstreamFailure``."""
        return await self.send(Resource(path=path), request, body, more)

    async def send(self, resource: Resource, request: Outbound, body: bytes, more: Sequence[tuple[str, str]] = ()) -> Upstream:
        """Send any method with a body of any type. Raises ``UpstreamFailure``."""
        kind = resource.content_type if body or request.upload is not None or resource.method == "POST" else ""
        path = unrepeated(self._http.base_url, resource.path)
        own = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers if name in self._forwarded]
        before = [("content-type", kind)] if kind else []
        after = [*own, *more, ("traceparent", request.traceparent)]
        url = self._http.base_url + path
        proof = await self._account.headers(url, kind, body, resource.method)
        self._masking.called_with(proof)
        answer = await self._http.post(path, [*before, *proof, *after], request.upload or body, resource.method)
        if answer.status != UNAUTHORIZED or request.upload is not None or not self._account.refused(proof):
            return answer
        await answer.close()
        proof = await self._account.headers(url, kind, body, resource.method)
        self._masking.called_with(proof)
        return await self._http.post(path, [*before, *proof, *after], body, resource.method)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def unrepeated(base_url: str, path: str) -> str:
    """A path that may begin with what the base URL ends with, its path or its version alone: clients write it, and so do settings."""
    base = urlsplit(base_url).path.rstrip("/")
    version = "/" + base.rpartition("/")[2]
    known = next((prefix for prefix in (base, version) if len(prefix) > 1 and path.startswith(f"{prefix}/")), "")
    return path.removeprefix(known)
