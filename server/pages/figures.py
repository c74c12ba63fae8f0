"""Figures for the pages: choices for filters, usage, scores of prompts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from server.ui.services import Facets, FacetValue, UsageBy, UsageRow
from server.ui.usage_chart import UsagePoint, UsageStep
from tracing import results
from tracing.prompt_scores_store import PromptScoreStore, VersionScores
from tracing.store import TraceStore

__all__ = ("PageFigures",)

MOST_STEPS: Final = 1000
"""Thirty days have 720 hours."""


class PageFigures:
    """Implements ``server.ui.services.Figures``."""

    def __init__(self, store: TraceStore, scores: PromptScoreStore) -> None:
        self._store = store
        self._scores = scores

    async def facets(self, since_ns: int | None = None, *, judges: bool = True) -> Facets:
        """Values to filter by."""
        return Facets(
            models=_values(await self._store.facet("model", since_ns, judges=judges)),
            prompts=_values(await self._store.facet("prompt", since_ns, judges=judges)),
            services=_values(await self._store.facet("service", since_ns, judges=judges)),
        )

    async def usage(self, since_ns: int, by: UsageBy = "model") -> Sequence[UsageRow]:
        """Figures by model, provider or route, the busiest first. Calls that went by no route are in no row of the routes."""
        rows = await self._store.usage("provider_model" if by == "model" else by, since_ns)
        return [_usage(row, by) for row in rows if by != "route" or row.value]

    async def over_time(self, since_ns: int, step: UsageStep) -> Sequence[UsagePoint]:
        """Figures of all models, step by step."""
        rows = await self._store.usage(step, since_ns, limit=MOST_STEPS)
        return [
            UsagePoint(at=_seconds(row.value), calls=row.calls, errors=row.errors, cost=row.cost, p95_ms=row.latency_ms[2]) for row in rows
        ]

    async def prompt_scores(self, name: str) -> VersionScores:
        """How the traces that used each version of a prompt were scored."""
        return await self._scores.of(name)


def _values(found: Sequence[results.FacetValue]) -> list[FacetValue]:
    return [FacetValue(each.value, each.spans) for each in found]


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _usage(row: results.UsageRow, by: UsageBy) -> UsageRow:
    provider, _, model = row.value.partition("/") if by == "model" else (row.value if by == "provider" else "", "", "")
    return UsageRow(
        provider=provider,
        model=model,
        route=row.value if by == "route" else "",
        calls=row.calls,
        errors=row.errors,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=row.cost,
        latency_p50_ms=row.latency_ms[0],
        latency_p95_ms=row.latency_ms[2],
        ttft_p50_ms=row.ttft_ms[0],
    )
