"""Embeddings, asked for in Gemini's words: of its own models as they came, of all others in theirs."""

from typing import Final

from gateway.dialects.failures import failure_of
from gateway.dialects.gemini.embed import GeminiEmbeddings
from gateway.dialects.gemini.embedding import for_model, read_batch, write_batch
from gateway.dialects.openai_chat.embed import OpenAIEmbeddings
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import GatewayError
from gateway.passages.observing import usage_of
from gateway.passages.resource import ResourceStream
from gateway.passages.rewritten import RewrittenUpstream
from gateway.types import Inbound, Observation, StreamReader, Upstream

__all__ = ("GeminiEmbeddingPassage",)

_GEMINI: Final = CLIENT_DIALECTS[DialectName.GEMINI]
_NATIVE: Final = GeminiEmbeddings()
_OPENAI: Final = OpenAIEmbeddings()


class GeminiEmbeddingPassage:
    """Implements ``gateway.types.Passage``. ``target`` is how the model is asked; ``None``: in OpenAI's form."""

    dialect = DialectName.GEMINI
    dropped: tuple[str, ...] = ()

    def __init__(self, inbound: Inbound, model: str, target: EmbeddingDialect | None) -> None:
        self._target = None if isinstance(target, GeminiEmbeddings) else target or _OPENAI
        if self._target is None:
            self.body = for_model(inbound.body, model)
        else:
            written = self._target.write_request(read_batch(inbound.body, model), model)
            self.body, self.dropped = written.body, written.dropped

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        target = self._target
        return (
            upstream
            if target is None
            else RewrittenUpstream(upstream, lambda body: write_batch(target.read_answer(body)), _GEMINI.write_error)
        )

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``."""
        tokens = _NATIVE.read_answer(body).tokens
        return Observation(usage=None if tokens is None else usage_of(tokens))

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``: there is none."""
        return ResourceStream(events=False)

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``."""
        return _GEMINI.error_event(failure_of(error))
