"""Which way a request takes: the one decision of this package."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec.structs import replace

from gateway.dialects.ranking import RANKINGS
from gateway.dialects.table import UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest
from gateway.passages.across import AcrossPassage
from gateway.passages.chat import ChatPassage
from gateway.passages.embedding import EmbeddingPassage
from gateway.passages.gemini_embedding import GeminiEmbeddingPassage
from gateway.passages.native import NativePassage
from gateway.passages.passthrough import PassthroughPassage
from gateway.passages.ranking import RankingPassage
from gateway.passages.resource import ResourcePassage
from gateway.providers.refusing import refuse
from gateway.types import Inbound, Operation, Passage, Provider
from gateway.wire.openai import RequestHead

__all__ = ("OnUnsupported", "passage")

OnUnsupported = Literal["error", "drop", "forward"]
"""What becomes of what the target's dialect has no words for."""


_ASKED_OTHERWISE: Final = frozenset({Operation.CHAT, Operation.COMPLETIONS, Operation.EMBEDDINGS})
"""Operations for which there is a way to a provider that does not have them in this form."""


def passage(
    provider: Provider,
    model: str,
    inbound: Inbound,
    head: RequestHead,
    edits: Mapping[str, bytes | None],
    on_unsupported: OnUnsupported = "drop",
) -> Passage:
    """The way of a request to ``model`` of ``provider``. Raises ``InvalidRequest`` for one that cannot be said there."""
    if inbound.operation is Operation.CHAT and inbound.resource is None:
        return _of_chat(provider, model, inbound, head, edits, on_unsupported)
    if inbound.operation not in _ASKED_OTHERWISE and inbound.operation not in provider.operations:
        raise refuse(f"The provider of {model!r}" if model else f"The provider {inbound.provider!r}", inbound.operation)
    if inbound.operation is Operation.PASSTHROUGH:
        return PassthroughPassage(inbound, model)
    if inbound.operation is Operation.RERANK and (ranking := RANKINGS.get(provider.system)) is not None:
        return RankingPassage(ranking, inbound, model, on_unsupported)
    if inbound.resource is not None:
        return ResourcePassage(inbound, model)
    if inbound.operation is Operation.COMPLETIONS:
        if Operation.COMPLETIONS not in provider.operations:
            asked = replace(inbound, dialect=DialectName.OPENAI_COMPLETIONS)
            return AcrossPassage(asked, {}, _best(provider.dialects(model)), model, on_unsupported)
        return ChatPassage(inbound.operation, head, inbound.body, model, edits)
    embedding = provider.embedding_dialect(model)
    if inbound.dialect is DialectName.GEMINI:
        return _strict(GeminiEmbeddingPassage(inbound, model, embedding), model, on_unsupported)
    plain = ChatPassage(inbound.operation, head, inbound.body, model, edits)
    return plain if embedding is None else _strict(EmbeddingPassage(plain, embedding, inbound.body, model), model, on_unsupported)


def _of_chat(
    provider: Provider, model: str, inbound: Inbound, head: RequestHead, edits: Mapping[str, bytes | None], on_unsupported: OnUnsupported
) -> Passage:
    spoken = provider.dialects(model)
    if inbound.dialect not in spoken:
        return AcrossPassage(inbound, edits, _best(spoken), model, on_unsupported)
    if inbound.dialect is DialectName.OPENAI_CHAT:
        return ChatPassage(inbound.operation, head, inbound.body, model, edits)
    return NativePassage(inbound, head, model)


def _strict(way: Passage, model: str, on_unsupported: OnUnsupported) -> Passage:
    """The way of a request for embeddings. Raises ``InvalidRequest`` for one that loses something, on routes that want to be told."""
    if on_unsupported == "error" and way.dropped:
        names = ", ".join(map(repr, way.dropped))
        raise InvalidRequest(f"The model {model!r} cannot be told {names} when it embeds. Leave that out.", param=way.dropped[0])
    return way


def _best(spoken: tuple[DialectName, ...]) -> DialectName:
    """The provider's favourite among those that can be written here. Raises ``InvalidRequest`` when there is none."""
    found = next((dialect for dialect in spoken if dialect in UPSTREAM_DIALECTS), None)
    if found is None:
        raise InvalidRequest(
            f"The model is asked in the dialect {spoken[0].value!r} alone, into which nothing is translated.", param="model"
        )
    return found
