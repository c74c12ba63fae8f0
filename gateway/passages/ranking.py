"""Ranking, asked for in Cohere's words, from a target that is asked in others."""

from typing import Literal

import msgspec
from typing_extensions import override

from gateway.dialects.names import new_id
from gateway.dialects.ranking import Rank, RankingDialect, read_rank
from gateway.errors import InvalidRequest
from gateway.passages.resource import ResourcePassage
from gateway.passages.rewritten import RewrittenUpstream
from gateway.types import Inbound, Upstream

__all__ = ("RankingPassage",)


class RankingPassage(ResourcePassage):
    """Implements ``gateway.types.Passage``."""

    def __init__(self, target: RankingDialect, inbound: Inbound, model: str, on_unsupported: Literal["error", "drop", "forward"]) -> None:
        super().__init__(inbound, model)
        self._target = target
        self._request, unknown = read_rank(inbound.body)
        written = target.write_request(self._request, model)
        self.body, self.dropped = written.body, (*written.dropped, *unknown)
        if on_unsupported == "error" and self.dropped:
            names = ", ".join(map(repr, self.dropped))
            raise InvalidRequest(f"The model {model!r} cannot be told {names} when it ranks. Leave that out.", param=self.dropped[0])

    @override
    def answered(self, upstream: Upstream) -> Upstream:
        return RewrittenUpstream(upstream, lambda body: _written(self._target.read_answer(body), self._request))


def _written(ranked: list[tuple[int, float]], request: Rank) -> bytes:
    """Cohere's answer. What was billed is not known, and left out."""
    texts = request.texts
    results = [
        {"index": index, "relevance_score": score}
        | ({"document": {"text": texts[index]}} if request.return_documents and index < len(texts) else {})
        for index, score in ranked
    ]
    return msgspec.json.encode({"id": new_id("rank-"), "results": results})
