"""Gemini's embeddings: on its own API in a batch, on Vertex AI as a prediction.

https://ai.google.dev/api/embeddings, https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from typing import Any, Final

import msgspec

from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Embed, Embedded, Tokens, Written
from gateway.errors import InvalidRequest, UpstreamBroken

__all__ = ("GeminiEmbeddings", "VertexEmbeddings")

NATIVE: Final = frozenset({"taskType", "title"})
"""Members that a client may send beside OpenAI's own."""


class Vector(msgspec.Struct):
    """One embedding."""

    values: list[float]


class Counted(msgspec.Struct, rename="camel"):
    """``usageMetadata``."""

    prompt_token_count: int | None = None


class Batch(msgspec.Struct, rename="camel"):
    """The body of an answer to a batch."""

    embeddings: list[Vector] | None = None
    usage_metadata: Counted | None = None


class Statistics(msgspec.Struct):
    """What was counted of one text."""

    token_count: float | None = None


class Predicted(msgspec.Struct):
    """One embedding of Vertex AI."""

    values: list[float]
    statistics: Statistics | None = None


class Prediction(msgspec.Struct):
    """One of the predictions."""

    embeddings: Predicted


class Predictions(msgspec.Struct):
    """The body of a prediction."""

    predictions: list[Prediction] | None = None


_BATCH: Final = msgspec.json.Decoder(Batch)
_PREDICTIONS: Final = msgspec.json.Decoder(Predictions | list[Predictions])


class GeminiEmbeddings:
    """Implements ``EmbeddingDialect``: every text is a request of its own within the batch, and each names the model."""

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``EmbeddingDialect.write_request``."""
        common: dict[str, Any] = {"model": f"models/{model}"}
        if request.dimensions is not None:
            common["outputDimensionality"] = request.dimensions
        common |= {name: value for name, value in request.extra.items() if name in NATIVE}
        requests = [{**common, "content": {"parts": [{"text": text}]}} for text in _texts(request)]
        return Written(body=msgspec.json.encode({"requests": requests}), dropped=_dropped(request))

    def read_answer(self, body: bytes) -> Embedded:
        """See ``EmbeddingDialect.read_answer``."""
        sent = decoded_answer(body, _BATCH, "Gemini")
        if sent.embeddings is None:
            raise UpstreamBroken("The provider answered 200 without 'embeddings'.")
        counted = None if sent.usage_metadata is None else sent.usage_metadata.prompt_token_count
        return Embedded(
            vectors=tuple(tuple(each.values) for each in sent.embeddings), tokens=None if counted is None else Tokens(input=counted)
        )


class VertexEmbeddings:
    """Implements ``EmbeddingDialect`` of Vertex AI. With ``one_by_one`` the body is a list, of a request for each text, and so is the answer's."""

    def __init__(self, *, one_by_one: bool = False) -> None:
        self._one_by_one = one_by_one

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``EmbeddingDialect.write_request``."""
        about = {"task_type" if name == "taskType" else name: value for name, value in request.extra.items() if name in NATIVE}
        instances: list[dict[str, Any]] = [{"content": text, **about} for text in _texts(request)]
        parameters = {} if request.dimensions is None else {"parameters": {"outputDimensionality": request.dimensions}}
        bodies = [{"instances": each, **parameters} for each in ([[one] for one in instances] if self._one_by_one else [instances])]
        return Written(body=msgspec.json.encode(bodies if self._one_by_one else bodies[0]), dropped=_dropped(request))

    def read_answer(self, body: bytes) -> Embedded:
        """See ``EmbeddingDialect.read_answer``."""
        sent = decoded_answer(body, _PREDICTIONS, "Vertex AI")
        found = [each.embeddings for answer in (sent if isinstance(sent, list) else [sent]) for each in answer.predictions or ()]
        if not found:
            raise UpstreamBroken("The provider answered 200 without 'predictions'.")
        counts = [each.statistics.token_count for each in found if each.statistics is not None and each.statistics.token_count is not None]
        tokens = Tokens(input=int(sum(counts))) if len(counts) == len(found) else None
        return Embedded(vectors=tuple(tuple(each.values) for each in found), tokens=tokens)


def _texts(request: Embed) -> list[str]:
    texts = [each for each in request.inputs if isinstance(each, str)]
    if len(texts) < len(request.inputs):
        raise InvalidRequest("Google's models embed texts; 'input' holds tokens. Send the text itself.", param="input")
    return texts


def _dropped(request: Embed) -> tuple[str, ...]:
    return (*(name for name in request.extra if name not in NATIVE), *(("user",) if request.user else ()))
