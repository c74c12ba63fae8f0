"""Ranking, asked for in Cohere's words, of clouds that are asked in others.

https://docs.cohere.com/reference/rerank, https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-api.html (by ``InvokeModel``),
https://cloud.google.com/generative-ai-app-builder/docs/ranking
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from gateway.dialects.reading import decoded_answer, decoded_request, unread
from gateway.dialects.types import Written
from gateway.errors import InvalidRequest

__all__ = ("RANKINGS", "Rank", "RankingDialect", "read_rank")


class Document(msgspec.Struct):
    """A document as version 1 of Cohere's API had it."""

    text: str


class Rank(msgspec.Struct):
    """A client's request to rank documents."""

    query: str
    documents: list[str | Document]
    model: str = ""
    top_n: int | None = None
    max_tokens_per_doc: int | None = None
    return_documents: bool | None = None

    @property
    def texts(self) -> list[str]:
        """The texts to rank, in order."""
        return [each if isinstance(each, str) else each.text for each in self.documents]


class RankingDialect(Protocol):
    """The direction of a provider whose ranking is not asked for in Cohere's form."""

    def write_request(self, request: Rank, model: str) -> Written:
        """See ``UpstreamDialect.write_request``."""
        ...

    def read_answer(self, body: bytes) -> list[tuple[int, float]]:
        """Which document has which relevance, the most relevant first. Raises ``UpstreamBroken``."""
        ...


class Result(msgspec.Struct):
    """One of Bedrock's results."""

    index: int
    relevance_score: float


class Results(msgspec.Struct):
    """Bedrock's answer."""

    results: list[Result]


class Record(msgspec.Struct):
    """One of Google's, which leaves a score of zero out."""

    id: str
    score: float = 0.0


class Records(msgspec.Struct):
    """Google's answer."""

    records: list[Record] = []


_RANK: Final = msgspec.json.Decoder(Rank)
_RESULTS: Final = msgspec.json.Decoder(Results)
_RECORDS: Final = msgspec.json.Decoder(Records)


class BedrockRanking:
    """Implements ``RankingDialect`` for Amazon's and Cohere's models, whose name is in the URL."""

    def write_request(self, request: Rank, model: str) -> Written:
        """See ``RankingDialect.write_request``."""
        cohere = "cohere." in model
        body: dict[str, Any] = {"query": request.query, "documents": request.texts, "top_n": request.top_n or len(request.documents)}
        if cohere:
            body["api_version"] = 2
            if request.max_tokens_per_doc is not None:
                body["max_tokens_per_doc"] = request.max_tokens_per_doc
        dropped = ("max_tokens_per_doc",) if request.max_tokens_per_doc is not None and not cohere else ()
        return Written(body=msgspec.json.encode(body), dropped=dropped)

    def read_answer(self, body: bytes) -> list[tuple[int, float]]:
        """See ``RankingDialect.read_answer``."""
        return [(each.index, each.relevance_score) for each in decoded_answer(body, _RESULTS, "Bedrock").results]


class VertexRanking:
    """Implements ``RankingDialect`` for Google's semantic rankers."""

    def write_request(self, request: Rank, model: str) -> Written:
        """See ``RankingDialect.write_request``. A document is named by its index."""
        records = [{"id": str(index), "content": text} for index, text in enumerate(request.texts)]
        body: dict[str, Any] = {"model": model, "query": request.query, "records": records, "ignoreRecordDetailsInResponse": True}
        if request.top_n is not None:
            body["topN"] = request.top_n
        return Written(body=msgspec.json.encode(body), dropped=("max_tokens_per_doc",) if request.max_tokens_per_doc is not None else ())

    def read_answer(self, body: bytes) -> list[tuple[int, float]]:
        """See ``RankingDialect.read_answer``."""
        return [(int(each.id), each.score) for each in decoded_answer(body, _RECORDS, "Google").records if each.id.isdecimal()]


RANKINGS: Final[Mapping[str, RankingDialect]] = {"aws.bedrock": BedrockRanking(), "gcp.vertex_ai": VertexRanking()}
"""By ``Provider.system``; all others are asked in Cohere's form."""


def read_rank(body: bytes) -> tuple[Rank, tuple[str, ...]]:
    """A client's request, and its members that nobody here knows. Raises ``InvalidRequest``."""
    rank = decoded_request(body, _RANK)
    if not rank.documents:
        raise InvalidRequest("'documents' is empty: there is nothing to rank.", param="documents")
    return rank, tuple(unread(body, Rank))
