"""Vertex AI: Gemini and Claude by their own APIs, models of others by OpenAI's, all on one identity of Google Cloud.

https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest
"""

from typing import Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from config.schema import ProviderSettings
from gateway.accounts.google import GoogleIdentity
from gateway.accounts.keys import bearer
from gateway.accounts.tokens import BearerToken
from gateway.accounts.types import Account
from gateway.dialects.gemini.embed import VertexEmbeddings
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import Misconfigured
from gateway.providers.batching import is_batch, send_each
from gateway.providers.claude import ClaudeUpstream, betas_of, relocated
from gateway.providers.connection import Connection
from gateway.providers.refusing import refuse
from gateway.types import Operation, Outbound, Resource, Upstream
from gateway.wire.patch import replace as patched

__all__ = ("VertexProvider",)

CLAUDE_VERSION: Final = "vertex-2023-10-16"
CLAUDE_BETAS: Final = frozenset(
    {
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "effort-2025-11-24",
        "fine-grained-tool-streaming-2025-05-14",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        "token-efficient-tools-2025-02-19",
        "tool-search-tool-2025-10-19",
        "web-search-2025-03-05",
    }
)
"""Beta features of Claude that Vertex AI takes; it refuses a request with any other."""

GLOBAL: Final = "global"
CACHED: Final = "/cachedContents"
PLACED: Final = (CACHED, "/publishers/")
RANKING: Final = "https://discoveryengine.googleapis.com"
"""Ranking is an API of another host, which has it everywhere (``global``)."""

NOTHING_FORWARDED: Final[frozenset[bytes]] = frozenset()


class VertexProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    system = "gcp.vertex_ai"
    operations = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK, Operation.PASSTHROUGH})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        identity = GoogleIdentity(name, settings.credentials)
        project, region = settings.project or identity.project, settings.region or GLOBAL
        if not project:
            raise Misconfigured(f"The provider {name!r} of kind 'vertex' needs a project: project: my-project, or GOOGLE_CLOUD_PROJECT.")
        self._place = f"/v1/projects/{quote(project, safe='')}/locations/{quote(region, safe='')}"
        account = _account(identity, settings)
        self._connection = Connection(name, settings.base_url or _base(region), settings, account, NOTHING_FORWARDED)
        self._ranker = f"/v1/projects/{quote(project, safe='')}/locations/{GLOBAL}/rankingConfigs/default_ranking_config:rank"
        self._ranking = Connection(name, settings.base_url or RANKING, settings, account, NOTHING_FORWARDED)
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        if model.startswith("claude"):
            return (DialectName.ANTHROPIC,)
        return (DialectName.OPENAI_CHAT,) if "/" in model else (DialectName.GEMINI,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return VertexEmbeddings(one_by_one=model.startswith("gemini")) if _embeds(model) else None

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``: Claude takes data alone there."""
        return not model.startswith("claude")

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. Raises ``InvalidRequest`` for what it has no API for."""
        if request.operation is Operation.RERANK:
            return await self._ranking.post(self._ranker, request, request.body)
        if request.resource is not None:
            return await self._connection.send(*self._placed(request.resource, request))
        if request.operation is Operation.EMBEDDINGS and _embeds(request.model):
            return await self._embed(request)
        if request.operation is not Operation.CHAT:
            raise refuse(f"Vertex AI's model {request.model!r}", request.operation)
        if request.dialect is DialectName.ANTHROPIC:
            return await self._claude(request)
        if request.dialect is DialectName.GEMINI:
            method = ":streamGenerateContent?alt=sse" if request.stream else ":generateContent"
            return await self._connection.post(self._model("google", request.model) + method, request, request.body)
        return await self._connection.post(f"{self._place}/endpoints/openapi/chat/completions", request, request.body)

    def _placed(self, resource: Resource, request: Outbound) -> tuple[Resource, Outbound, bytes]:
        """What is asked for without a project and a location is the account's own, and its cached contents name the model with both."""
        if not resource.path.startswith(PLACED):
            return resource, request, request.body
        body = request.body
        if resource.method == "POST" and resource.path == CACHED:
            body = patched(body, "model", msgspec.json.encode(self._model("google", request.model).removeprefix("/v1/")))
        return replace(resource, path=self._place + resource.path), request, body

    async def _claude(self, request: Outbound) -> Upstream:
        method = ":streamRawPredict" if request.stream else ":rawPredict"
        betas = betas_of(request.headers, CLAUDE_BETAS)
        body = relocated(request.body, CLAUDE_VERSION, stream=True)
        more = [("anthropic-beta", ",".join(betas))] if betas else []
        return ClaudeUpstream(await self._connection.post(self._model("anthropic", request.model) + method, request, body, more))

    async def _embed(self, request: Outbound) -> Upstream:
        path = self._model("google", request.model) + ":predict"
        if is_batch(request.body):
            return await send_each(request.body, lambda body: self._connection.post(path, request, body))
        return await self._connection.post(path, request, request.body)

    def _model(self, publisher: str, model: str) -> str:
        return f"{self._place}/publishers/{publisher}/models/{quote(model, safe='@')}"

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``: which ones are open to a project only Google knows."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()
        await self._ranking.close()


def _embeds(model: str) -> bool:
    return "embed" in model


def _base(region: str) -> str:
    return "https://aiplatform.googleapis.com" if region == GLOBAL else f"https://{region}-aiplatform.googleapis.com"


def _account(identity: GoogleIdentity, settings: ProviderSettings) -> Account:
    """``api_key`` is an access token that somebody else renews."""
    return bearer(settings.api_key) if settings.api_key is not None else BearerToken(identity.fetch)
