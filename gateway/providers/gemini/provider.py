"""Gemini by Google's own API, on a key of AI Studio. The same models on an identity of Google Cloud are ``vertex``.

https://ai.google.dev/api
"""

from typing import Final
from urllib.parse import quote

from config.schema import ProviderSettings
from gateway.accounts.keys import Key
from gateway.dialects.gemini.embed import GeminiEmbeddings
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.providers.connection import Connection
from gateway.providers.refusing import refuse
from gateway.types import Operation, Outbound, Upstream

__all__ = ("GeminiProvider",)

DEFAULT_BASE_URL: Final = "https://generativelanguage.googleapis.com"
FORWARDED: Final = frozenset({b"x-goog-api-client"})
UPLOADS: Final = "/upload/"
"""Where files are sent: a path beside that of the version, of which it has its own."""

_UPLOADING: Final = frozenset(
    f"x-goog-upload-{name}".encode()
    for name in ("protocol", "command", "offset", "file-name", "header-content-length", "header-content-type")
)


class GeminiProvider:
    """Implements ``gateway.types.Provider`` over HTTP. The key goes in a header: one in the URL would stand in every log on the way."""

    system = "gcp.gemini"
    operations = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.PASSTHROUGH})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        base_url = _base(settings.base_url or DEFAULT_BASE_URL)
        key = Key("x-goog-api-key", settings.api_key)
        self._connection = Connection(name, base_url, settings, key, FORWARDED)
        self._uploads = Connection(name, base_url.rpartition("/")[0], settings, key, FORWARDED | _UPLOADING)
        self._embeddings = GeminiEmbeddings()
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        return (DialectName.GEMINI,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return self._embeddings

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return True

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. Raises ``InvalidRequest`` for what it has no API for."""
        if request.resource is not None and request.resource.path.startswith(UPLOADS):
            return await self._uploads.send(request.resource, request, request.body)
        if request.resource is not None:
            return await self._connection.send(request.resource, request, request.body)
        return await self._connection.post(f"/models/{quote(request.model, safe='')}:{_method(request)}", request, request.body)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()
        await self._uploads.close()


def _method(request: Outbound) -> str:
    if request.operation is Operation.CHAT:
        return "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    if request.operation is Operation.EMBEDDINGS:
        return "batchEmbedContents"
    raise refuse("Gemini", request.operation)


def _base(url: str) -> str:
    """The base URL with its version. Other gateways are given the address with the version, and even with ``/models``."""
    url = url.rstrip("/").removesuffix("/models")
    return url if url.rpartition("/")[2].startswith("v1") else f"{url}/v1beta"
