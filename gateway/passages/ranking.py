"""Ranking, asked for in Cohere's words, from a target that is asked in others."""

from typing import Literal

import msgspec
from typing_extensions import override

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat.errors import read_error, write_error
from gateway.dialects.ranking import Rank, RankingDialect, read_rank
from gateway.errors import InvalidRequest
from gateway.passages.resource import ResourcePassage
from gateway.types import Headers, Inbound, Upstream

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
        return _Ranked(upstream, self._target, self._request)


class _Ranked(Upstream):
    def __init__(self, answer: Upstream, target: RankingDialect, request: Rank) -> None:
        self.status = answer.status
        self.headers: Headers = answer.headers
        self._answer, self._target, self._request = answer, target, request

    @override
    async def read(self) -> bytes:
        body = await self._answer.read()
        if self.status >= 400:
            return write_error(read_error(self.status, self.headers, body))
        return _written(self._target.read_answer(body), self._request)

    @override
    async def next_chunk(self) -> bytes | None:
        return await self.read()

    @override
    async def close(self) -> None:
        await self._answer.close()


def _written(ranked: list[tuple[int, float]], request: Rank) -> bytes:
    """Cohere's answer. What was billed is not known, and left out."""
    texts = request.texts
    results = [
        {"index": index, "relevance_score": score}
        | ({"document": {"text": texts[index]}} if request.return_documents and index < len(texts) else {})
        for index, score in ranked
    ]
    return msgspec.json.encode({"id": new_id("rank-"), "results": results})
