"""Upstreams that speak OpenAI's dialect: OpenAI itself, and every server with the same paths."""

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final

from config.schema import ProviderSettings
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.masking import Masking
from gateway.providers.connection import unrepeated
from gateway.providers.openai.quirks import PLAIN, Quirks, adapted
from gateway.types import Operation, Outbound, Upstream
from gateway.upstream import HttpAccount

__all__ = ("ALLOWED", "PATHS", "RESPONSES", "OpenAIProvider")

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
PATHS: Final[Mapping[Operation, str]] = {
    Operation.CHAT: "/chat/completions",
    Operation.EMBEDDINGS: "/embeddings",
    Operation.COMPLETIONS: "/completions",
    Operation.MODERATION: "/moderations",
    Operation.IMAGE: "/images/generations",
    Operation.IMAGE_EDIT: "/images/edits",
    Operation.IMAGE_VARIATION: "/images/variations",
    Operation.SPEECH: "/audio/speech",
    Operation.TRANSCRIPTION: "/audio/transcriptions",
    Operation.TRANSLATION: "/audio/translations",
    Operation.RERANK: "/rerank",
    Operation.DECISION: "/decisions",
}
RESPONSES: Final = "/responses"
JSON: Final = ("content-type", "application/json")

# What a client may say to the vendor beyond the body. A key is never among them: the account's own is sent.
ALLOWED: Final = frozenset({b"openai-organization", b"openai-project", b"openai-beta", b"idempotency-key", b"accept-language"})


class OpenAIProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    def __init__(self, name: str, settings: ProviderSettings, quirks: Quirks = PLAIN) -> None:
        self._quirks = quirks
        base_url, masking = settings.base_url or DEFAULT_BASE_URL, Masking(settings)
        own, public_only = _own_headers(settings), settings.public_only
        self._account = HttpAccount(name, base_url, settings.timeouts, own, public_only=public_only, masking=masking)
        self.operations = quirks.operations
        self._allowed = ALLOWED | quirks.headers
        self.address = self._account.address
        self.system = quirks.system or ("openai" if self.address.endswith("openai.com") else name)

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``: only OpenAI itself is known to answer ``/responses``."""
        return (DialectName.OPENAI_CHAT, DialectName.OPENAI_RESPONSES) if self.system == "openai" else (DialectName.OPENAI_CHAT,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return None

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return self._quirks.fetches

    def send(self, request: Outbound) -> Coroutine[Any, Any, Upstream]:
        """See ``Provider.send``."""
        headers = [*_forwarded(request.headers, self._allowed), ("traceparent", request.traceparent)]
        if (resource := request.resource) is not None:
            body = request.upload or request.body
            typed = [("content-type", resource.content_type)] if body or resource.method == "POST" else []
            path = unrepeated(self._account.base_url, resource.path) or PATHS[request.operation]
            return self._account.post(path, [*typed, *headers], body, resource.method)
        told = request.body if self._quirks.plain else adapted(request.body, self._quirks)
        path = RESPONSES if request.dialect is DialectName.OPENAI_RESPONSES else PATHS[request.operation]
        return self._account.post(path, [JSON, *headers], told)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``: only the upstream knows."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._account.close()


def _own_headers(settings: ProviderSettings) -> list[tuple[str, str]]:
    # Identity: the body is tapped as it passes, and a compressed one could not be read.
    headers = [("accept-encoding", "identity"), ("user-agent", "tidegate")]
    if settings.api_key is not None:
        headers.append(("authorization", f"Bearer {settings.api_key.reveal()}"))
    return headers + [(name.lower(), value.reveal()) for name, value in settings.headers.items()]


def _forwarded(headers: Iterable[tuple[bytes, bytes]], allowed: frozenset[bytes]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name in allowed]
