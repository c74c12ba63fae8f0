"""Embeddings of Bedrock's models: each family has a form of its own, and Amazon's take one text at a time.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from gateway.dialects.cohere.embed import CohereEmbeddings
from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Embed, Embedded, EmbeddingDialect, Tokens, Written
from gateway.errors import InvalidRequest

__all__ = ("TextByText", "embeddings_of")


class Vector(msgspec.Struct):
    """One of Nova's embeddings."""

    embedding: list[float]


class Answer(msgspec.Struct, rename="camel"):
    """The answer to one text, of either family."""

    embedding: list[float] | None = None
    embeddings: list[Vector] | None = None
    input_text_token_count: int | None = None


_ANSWERS: Final = msgspec.json.Decoder(list[Answer])


class TextByText:
    """Implements ``EmbeddingDialect`` for models that take one text: the body is a list, of a request for each, and so is the answer's."""

    def __init__(self, request_for: Callable[[str, int | None], dict[str, Any]]) -> None:
        self._request_for = request_for

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``EmbeddingDialect.write_request``."""
        texts = [each for each in request.inputs if isinstance(each, str)]
        if len(texts) < len(request.inputs):
            raise InvalidRequest("Amazon's models embed texts; 'input' holds tokens. Send the text itself.", param="input")
        bodies = [self._request_for(text, request.dimensions) for text in texts]
        return Written(body=msgspec.json.encode(bodies), dropped=(*request.extra, *(("user",) if request.user else ())))

    def read_answer(self, body: bytes) -> Embedded:
        """See ``EmbeddingDialect.read_answer``."""
        sent = decoded_answer(body, _ANSWERS, "Bedrock")
        counts = [each.input_text_token_count for each in sent if each.input_text_token_count is not None]
        return Embedded(vectors=tuple(map(_vector, sent)), tokens=Tokens(input=sum(counts)) if len(counts) == len(sent) else None)


def embeddings_of(model: str) -> EmbeddingDialect | None:
    """The dialect of ``model``'s embeddings; ``None`` for a model that makes none or is not known."""
    if "cohere.embed" in model:
        return CohereEmbeddings(hosted=True)
    if "titan-embed-text-v1" in model or "titan-embed-g1" in model:
        return TextByText(lambda text, _: {"inputText": text})
    if "titan-embed" in model:
        return TextByText(_titan)
    return TextByText(_nova) if "nova" in model and "embed" in model else None


def _titan(text: str, dimensions: int | None) -> dict[str, Any]:
    return {"inputText": text} | ({"dimensions": dimensions} if dimensions is not None else {})


def _nova(text: str, dimensions: int | None) -> dict[str, Any]:
    asked: dict[str, Any] = {"embeddingPurpose": "GENERIC_INDEX", "text": {"truncationMode": "END", "value": text}}
    if dimensions is not None:
        asked["embeddingDimension"] = dimensions
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": asked}


def _vector(answer: Answer) -> tuple[float, ...]:
    if answer.embeddings:
        return tuple(answer.embeddings[0].embedding)
    return tuple(answer.embedding or ())
