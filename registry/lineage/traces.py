"""Links of traces as edges, from what the traces' side knows."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from registry.lineage.types import Edge, Ref
from tracing.lineage_store import JudgementLink, TraceLink

__all__ = ("TraceSource", "trace_edges")


class TraceSource(Protocol):
    """The traces' side (``tracing.lineage_store.TraceLinks``)."""

    async def settle(self) -> None:
        """Wait until everything that was sent before can be found."""
        ...

    async def of_traces(self, trace_ids: Sequence[str], limit: int) -> list[TraceLink]:
        """What these traces are linked to."""
        ...

    async def to(self, ids: Mapping[Any, Sequence[str]], limit: int) -> list[TraceLink]:
        """The traces that are linked to these nodes."""
        ...

    async def judgements(
        self, *, traces: Sequence[str] = (), judgements: Sequence[str] = (), runs: Sequence[str] = (), limit: int
    ) -> list[JudgementLink]:
        """Judgements of traces, by identifier, and of evaluations."""
        ...

    async def names(self, trace_ids: Sequence[str]) -> dict[str, str]:
        """The name of each trace."""
        ...


async def trace_edges(source: TraceSource, refs: Sequence[Ref], per_node: int) -> tuple[list[Edge], bool]:
    """Every edge between a trace or a judgement and one of these nodes, and whether there are more than the limit."""
    of = {kind: [ref.id for ref in refs if ref.kind == kind] for kind in ("run", "logged_model", "prompt", "trace", "judgement")}
    links = await source.to({kind: of[kind] for kind in ("run", "logged_model", "prompt")}, per_node + 1)
    links += await source.of_traces(of["trace"], per_node)
    most = per_node * max(1, len(refs))
    judged = await source.judgements(traces=of["trace"], judgements=of["judgement"], runs=of["run"], limit=most + 1)
    edges = [edge for link in judged[:most] for edge in _judgement_edges(link)]
    shown, full = _at_most(links, per_node)
    return edges + [_edge(link) for link in shown], full or len(judged) > most


def _at_most(links: Sequence[TraceLink], per_node: int) -> tuple[list[TraceLink], bool]:
    """At most so many traces for each other end."""
    seen: dict[tuple[str, str], int] = {}
    shown = []
    for link in links:
        key = (link.link, link.id)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= per_node:
            shown.append(link)
    return shown, len(shown) < len(links)


def _edge(link: TraceLink) -> Edge:
    return Edge(Ref(link.link, link.id), Ref("trace", link.trace_id), "used" if link.link == "prompt" else "recorded")


def _judgement_edges(link: JudgementLink) -> list[Edge]:
    judgement = Ref("judgement", link.assessment_id)
    edges = [Edge(Ref("trace", link.trace_id), judgement, "judged")]
    return [*edges, Edge(judgement, Ref("run", link.run_id), "evaluated")] if link.run_id else edges
