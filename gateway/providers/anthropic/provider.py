"""Anthropic: Claude's own API.

https://docs.anthropic.com/en/api/overview
"""

from typing import Final

from config.schema import ProviderSettings
from gateway.accounts.keys import Key
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.providers.connection import Connection
from gateway.providers.refusing import refuse
from gateway.types import Operation, Outbound, Upstream

__all__ = ("AnthropicProvider",)

DEFAULT_BASE_URL: Final = "https://api.anthropic.com"
VERSION: Final = "2023-06-01"
FORWARDED: Final = frozenset({b"anthropic-beta", b"anthropic-version", b"idempotency-key"})


class AnthropicProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    system = "anthropic"
    operations = frozenset({Operation.CHAT, Operation.PASSTHROUGH})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        base_url = _base(settings.base_url or DEFAULT_BASE_URL)
        self._connection = Connection(name, base_url, settings, Key("x-api-key", settings.api_key), FORWARDED)
        self._tells_version = any(header.lower() == "anthropic-version" for header in settings.headers)
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        return (DialectName.ANTHROPIC,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return None

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return True

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. Raises ``InvalidRequest`` for what is not a generation."""
        told = self._tells_version or any(name == b"anthropic-version" for name, _ in request.headers)
        version = () if told else (("anthropic-version", VERSION),)
        if request.resource is not None:
            return await self._connection.send(request.resource, request, request.body, version)
        if request.operation is not Operation.CHAT:
            raise refuse("Anthropic", request.operation)
        return await self._connection.post("/messages", request, request.body, version)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``: new ones come often, and are open to every key."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()


def _base(url: str) -> str:
    """The base URL with its version. Anthropic's SDKs are given the address without it, MLflow's gateway with it."""
    url = url.rstrip("/")
    return url if url.endswith("/v1") else f"{url}/v1"
