"""Cohere: chat, embeddings and ranking by version 2 of its API.

https://docs.cohere.com/reference/about
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from config.schema import ProviderSettings
from gateway.accounts.keys import bearer
from gateway.dialects.cohere.embed import CohereEmbeddings
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.providers.connection import Connection
from gateway.providers.refusing import refuse
from gateway.types import Operation, Outbound, Upstream

__all__ = ("CohereProvider",)

DEFAULT_BASE_URL: Final = "https://api.cohere.com"
PATHS: Final[Mapping[Operation, str]] = {Operation.CHAT: "/v2/chat", Operation.EMBEDDINGS: "/v2/embed", Operation.RERANK: "/v2/rerank"}
FORWARDED: Final = frozenset({b"x-client-name"})


class CohereProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    system = "cohere"
    operations = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK, Operation.PASSTHROUGH})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self._connection = Connection(name, _base(settings.base_url or DEFAULT_BASE_URL), settings, bearer(settings.api_key), FORWARDED)
        self._embeddings = CohereEmbeddings()
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        return (DialectName.COHERE,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return self._embeddings

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return True

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. Raises ``InvalidRequest`` for what it has no API for."""
        path = PATHS.get(request.operation)
        if request.resource is not None:
            resource = replace(request.resource, path=request.resource.path or path or "")
            return await self._connection.send(resource, request, request.body)
        if path is None:
            raise refuse("Cohere", request.operation)
        return await self._connection.post(path, request, request.body)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()


def _base(url: str) -> str:
    """Settings of older versions carry the version of the API in the address."""
    return url.rstrip("/").removesuffix("/v1").removesuffix("/v2")
