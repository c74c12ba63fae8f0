"""Amazon Bedrock: Claude by its own API (``InvokeModel``), every other model by ``Converse``.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from typing import Final
from urllib.parse import quote

from msgspec.structs import replace

from config.schema import ProviderSettings
from gateway.accounts.aws import AwsIdentity
from gateway.accounts.keys import bearer
from gateway.accounts.types import Account
from gateway.dialects.bedrock.embed import embeddings_of
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import Misconfigured
from gateway.providers.batching import is_batch, send_each
from gateway.providers.bedrock.stream import FramedUpstream, converse_event, invoke_event
from gateway.providers.claude import ClaudeUpstream, betas_of, relocated
from gateway.providers.connection import Connection
from gateway.providers.refusing import refuse
from gateway.types import Operation, Outbound, Upstream

__all__ = ("BedrockProvider",)

CLAUDE_VERSION: Final = "bedrock-2023-05-31"
CLAUDE_BETAS: Final = frozenset(
    {
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dev-full-thinking-2025-05-14",
        "effort-2025-11-24",
        "fine-grained-tool-streaming-2025-05-14",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        "token-efficient-tools-2025-02-19",
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
    }
)
"""Beta features of Claude that Bedrock takes; it refuses a request with any other."""

NOTHING_FORWARDED: Final[frozenset[bytes]] = frozenset()


class BedrockProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    system = "aws.bedrock"
    operations = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK, Operation.PASSTHROUGH})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        if not settings.region:
            raise Misconfigured(f"The provider {name!r} of kind 'bedrock' needs a region: region: us-east-1, or AWS_REGION.")
        base_url = settings.base_url or _base(settings.region)
        self._connection = Connection(name, base_url, settings, _account(name, settings.region, settings), NOTHING_FORWARDED)
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        return (DialectName.ANTHROPIC, DialectName.BEDROCK) if _is_claude(model) else (DialectName.BEDROCK,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``: each family of models has its own."""
        return embeddings_of(model)

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``: nothing there does."""
        return False

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. Raises ``InvalidRequest`` for what it has no API for."""
        model = "/model/" + quote(request.model, safe="")
        if request.operation is Operation.RERANK and "rerank" in request.model:
            return await self._connection.post(f"{model}/invoke", request, request.body)
        if request.resource is not None and request.operation is Operation.PASSTHROUGH:
            body = request.body if request.upload is None else await request.upload.whole()  # which is signed before any of it is sent
            return await self._connection.send(request.resource, replace(request, upload=None), body)
        if request.operation is Operation.EMBEDDINGS and embeddings_of(request.model) is not None:
            return await self._embed(f"{model}/invoke", request)
        if request.operation is not Operation.CHAT:
            raise refuse(f"Bedrock's model {request.model!r}", request.operation)
        if request.dialect is DialectName.ANTHROPIC:
            return await self._invoke(model, request)
        answer = await self._connection.post(model + ("/converse-stream" if request.stream else "/converse"), request, request.body)
        return FramedUpstream(answer, converse_event) if _is_framed(answer) else answer

    async def _invoke(self, model: str, request: Outbound) -> Upstream:
        body = relocated(request.body, CLAUDE_VERSION, betas_of(request.headers, CLAUDE_BETAS))
        answer = await self._connection.post(model + ("/invoke-with-response-stream" if request.stream else "/invoke"), request, body)
        return FramedUpstream(answer, invoke_event) if _is_framed(answer) else ClaudeUpstream(answer)

    async def _embed(self, path: str, request: Outbound) -> Upstream:
        if is_batch(request.body):
            return await send_each(request.body, lambda body: self._connection.post(path, request, body))
        return await self._connection.post(path, request, request.body)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``: which ones are open to an account only AWS knows."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()


def _base(region: str) -> str:
    return f"https://bedrock-runtime.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def _is_claude(model: str) -> bool:
    """Whether a model is Claude, by its name.

    The name may be within that of an inference profile: ``eu.anthropic.claude-…``, ``arn:…/us.anthropic.claude-…``.
    """
    return "anthropic.claude" in model


def _is_framed(answer: Upstream) -> bool:
    return any(name == b"content-type" and value.startswith(b"application/vnd.amazon.eventstream") for name, value in answer.headers)


def _account(name: str, region: str, settings: ProviderSettings) -> Account:
    if settings.api_key is not None:
        return bearer(settings.api_key)
    return AwsIdentity(name, "bedrock", region, settings.access_key_id, settings.secret_access_key, settings.session_token)
