"""Cohere's embeddings, version 2, on its own API and on Bedrock.

https://docs.cohere.com/reference/embed
"""

from typing import Any, Final

import msgspec

from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Embed, Embedded, Tokens, Written
from gateway.errors import InvalidRequest, UpstreamBroken

__all__ = ("CohereEmbeddings",)

NATIVE: Final = frozenset({"input_type", "truncate", "max_tokens", "priority"})
STANDARD_INPUT_TYPE: Final = "search_document"
"""The vendor wants to know what vectors are for, which OpenAI's clients do not say."""


class Units(msgspec.Struct):
    """What was billed."""

    input_tokens: float | None = None


class Meta(msgspec.Struct):
    """``meta``."""

    billed_units: Units | None = None


class ByType(msgspec.Struct):
    """Vectors, by the type that was asked for."""

    floats: list[list[float]] | None = msgspec.field(default=None, name="float")


class Answer(msgspec.Struct):
    """The body of an answer; Bedrock's older models give a plain list."""

    embeddings: ByType | list[list[float]] | None = None
    meta: Meta | None = None


_ANSWER: Final = msgspec.json.Decoder(Answer)


class CohereEmbeddings:
    """Implements ``EmbeddingDialect``. On Bedrock (``hosted``) the model is in the URL."""

    def __init__(self, *, hosted: bool = False) -> None:
        self._hosted = hosted

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``EmbeddingDialect.write_request``."""
        texts = [each for each in request.inputs if isinstance(each, str)]
        if len(texts) < len(request.inputs):
            raise InvalidRequest("Cohere's models embed texts; 'input' holds tokens. Send the text itself.", param="input")
        body: dict[str, Any] = {"texts": texts, "input_type": STANDARD_INPUT_TYPE, "embedding_types": ["float"]}
        if not self._hosted:
            body["model"] = model
        if request.dimensions is not None:
            body["output_dimension"] = request.dimensions
        body |= {name: value for name, value in request.extra.items() if name in NATIVE}
        dropped = tuple(name for name in request.extra if name not in NATIVE) + (("user",) if request.user else ())
        return Written(body=msgspec.json.encode(body), dropped=dropped)

    def read_answer(self, body: bytes) -> Embedded:
        """See ``EmbeddingDialect.read_answer``."""
        sent = decoded_answer(body, _ANSWER, "Cohere")
        vectors = sent.embeddings.floats if isinstance(sent.embeddings, ByType) else sent.embeddings
        if vectors is None:
            raise UpstreamBroken("The provider answered 200 without 'embeddings'.")
        units = sent.meta.billed_units if sent.meta is not None else None
        counted = None if units is None or units.input_tokens is None else Tokens(input=int(units.input_tokens))
        return Embedded(vectors=tuple(map(tuple, vectors)), tokens=counted)
