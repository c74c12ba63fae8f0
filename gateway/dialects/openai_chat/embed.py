"""OpenAI's embeddings, asked for in the words of another dialect.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

from typing import Any, Final

import msgspec

from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Embed, Embedded, Tokens, Written
from gateway.wire.openai import WireUsage

__all__ = ("OpenAIEmbeddings",)


class Vector(msgspec.Struct):
    """One embedding."""

    embedding: list[float]


class Answer(msgspec.Struct):
    """The body of an answer."""

    data: list[Vector]
    model: str | None = None
    usage: WireUsage | None = None


_ANSWER: Final = msgspec.json.Decoder(Answer)


class OpenAIEmbeddings:
    """Implements ``EmbeddingDialect``."""

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``EmbeddingDialect.write_request``."""
        body: dict[str, Any] = {"model": model, "input": request.inputs, "encoding_format": "float"}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        return Written(body=msgspec.json.encode(body), dropped=tuple(request.extra))

    def read_answer(self, body: bytes) -> Embedded:
        """See ``EmbeddingDialect.read_answer``."""
        sent = decoded_answer(body, _ANSWER, "OpenAI")
        counted = None if sent.usage is None else sent.usage.prompt_tokens
        tokens = None if counted is None else Tokens(input=counted)
        return Embedded(vectors=tuple(tuple(each.embedding) for each in sent.data), model=sent.model, tokens=tokens)
