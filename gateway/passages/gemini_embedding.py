"""Embeddings, asked for in Gemini's words: of its own models as they came, of all others in theirs."""

from typing import Final

from typing_extensions import override

from gateway.dialects.failures import failure_of
from gateway.dialects.gemini.embed import GeminiEmbeddings
from gateway.dialects.gemini.embedding import for_model, read_batch, write_batch
from gateway.dialects.openai_chat.embed import OpenAIEmbeddings
from gateway.dialects.openai_chat.errors import read_error
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import GatewayError
from gateway.passages.observing import usage_of
from gateway.passages.resource import ResourceStream
from gateway.types import Headers, Inbound, Observation, StreamReader, Upstream

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
        return upstream if self._target is None else _Translated(upstream, self._target)

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


class _Translated(Upstream):
    def __init__(self, answer: Upstream, target: EmbeddingDialect) -> None:
        self.status = answer.status
        self.headers: Headers = answer.headers
        self._answer, self._target = answer, target

    @override
    async def read(self) -> bytes:
        body = await self._answer.read()
        if self.status >= 400:
            return _GEMINI.write_error(read_error(self.status, self.headers, body))
        return write_batch(self._target.read_answer(body))

    @override
    async def next_chunk(self) -> bytes | None:
        return await self.read()

    @override
    async def close(self) -> None:
        await self._answer.close()
