"""Embeddings, asked for in OpenAI's words, from a target that is asked in others."""

import base64
import struct
from typing import Any, Final

import msgspec

from gateway.dialects.reading import decoded_request, unread
from gateway.dialects.types import DialectName, Embed, Embedded, EmbeddingDialect
from gateway.errors import GatewayError, InvalidRequest
from gateway.passages.chat import ChatPassage
from gateway.passages.rewritten import RewrittenUpstream
from gateway.types import Observation, StreamReader, Upstream

__all__ = ("EmbeddingPassage",)


class Body(msgspec.Struct):
    """https://platform.openai.com/docs/api-reference/embeddings/create."""

    model: str
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: str | None = None
    user: str | None = None


_BODY: Final = msgspec.json.Decoder(Body)


class EmbeddingPassage:
    """Implements ``gateway.types.Passage``."""

    dialect = DialectName.OPENAI_CHAT

    def __init__(self, plain: ChatPassage, target: EmbeddingDialect, body: bytes, model: str) -> None:
        self._plain = plain
        self._target = target
        self._request = read_embed(body)
        written = target.write_request(self._request, model)
        self.body, self.dropped = written.body, written.dropped

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        return RewrittenUpstream(upstream, lambda body: write_embedded(self._target.read_answer(body), self._request))

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``."""
        return self._plain.read_answer(body)

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``."""
        return self._plain.read_stream()

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``."""
        return self._plain.fail(error)


def read_embed(body: bytes) -> Embed:
    """A client's request for embeddings in the neutral form. Raises ``InvalidRequest``."""
    sent = decoded_request(body, _BODY)
    if sent.encoding_format not in {None, "float", "base64"}:
        raise InvalidRequest("'encoding_format' must be 'float' or 'base64'.", param="encoding_format")
    return Embed(
        model=sent.model,
        inputs=_inputs(sent.input),
        dimensions=sent.dimensions,
        encoding_format="base64" if sent.encoding_format == "base64" else "float",
        user=sent.user,
        extra=unread(body, Body),
    )


def write_embedded(embedded: Embedded, request: Embed) -> bytes:
    """The body of OpenAI's answer."""
    data = [{"object": "embedding", "index": index, "embedding": _vector(vector, request)} for index, vector in enumerate(embedded.vectors)]
    body: dict[str, Any] = {"object": "list", "data": data, "model": embedded.model or request.model}
    tokens = None if embedded.tokens is None else embedded.tokens.prompt
    if tokens is not None:
        body["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode(body)


def _inputs(sent: str | list[str | int | list[int]]) -> tuple[str | tuple[int, ...], ...]:
    if isinstance(sent, str):
        return (sent,)
    tokens = tuple(each for each in sent if isinstance(each, int))
    if tokens and len(tokens) < len(sent):
        raise InvalidRequest("'input' mixes tokens with texts.", param="input")
    return (tokens,) if tokens else tuple(each if isinstance(each, str) else tuple(each) for each in sent if not isinstance(each, int))


def _vector(vector: tuple[float, ...], request: Embed) -> list[float] | str:
    if request.encoding_format == "float":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
