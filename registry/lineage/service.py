"""Lineage, asked for: from one node to everything it came from, and to everything that came of it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.lineage.store import evaluations_among, labels_of, links_of
from registry.lineage.traces import TraceSource, trace_edges
from registry.lineage.types import Direction, Edge, Graph, GraphEdge, Node, Ref
from registry.lineage.walk import Links, Walk, walked

__all__ = ("LineageService",)

T = TypeVar("T")
MAX_DEPTH: Final = 12
MAX_NODES: Final = 2_000
PER_NODE: Final = 100
"""Traces that are shown of one run, model or prompt."""

RUNS: Final = frozenset({"run", "evaluation"})


class Metadata(Protocol):
    """The metadata database, for what only reads."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` in a worker thread, within one transaction."""
        ...


Readable = Callable[[Sequence[Ref]], Awaitable[set[Ref]]]
"""Those of some nodes that whoever asks may read."""


async def _all(refs: Sequence[Ref]) -> set[Ref]:
    return set(refs)


class LineageService:
    """One question, one answer: a graph. Nodes that may not be read are as if they were not there, and nothing is reached through them."""

    def __init__(self, metadata: Metadata, traces: TraceSource, readable: Readable = _all) -> None:
        self._metadata = metadata
        self._traces = traces
        self._readable = readable

    async def graph(self, of: Ref, direction: Direction = "both", *, depth: int = 6, limit: int = 300) -> Graph:
        """What ``of`` came from (``up``), what came of it (``down``), or both, at most ``depth`` edges away.

        Raises ``InvalidParameterValue`` for numbers out of range, ``ResourceDoesNotExist`` for a node that nothing is known of.
        """
        _check("depth", depth, MAX_DEPTH)
        _check("limit", limit, MAX_NODES)
        await self._traces.settle()
        root = await self._root(of)
        if not await self._readable([root]):
            raise _nothing(of)
        walk = await walked(root, direction, self._links, depth=depth, limit=limit)
        labels = await self._labels(walk.nodes)
        if root not in labels and not walk.edges:
            raise _nothing(of)
        return _drawn(root, walk, labels)

    async def _root(self, of: Ref) -> Ref:
        """The node that is shown first: a run that evaluates is an evaluation, however it was named."""
        if of.kind not in RUNS:
            return of
        evaluates = await self._metadata.read(lambda connection: evaluations_among(connection, [of.id]))
        return Ref("evaluation" if evaluates else "run", of.id)

    async def _links(self, refs: Sequence[Ref]) -> Links:
        plain = [Ref("run", ref.id) if ref.kind in RUNS else ref for ref in refs]
        of_traces, full = await trace_edges(self._traces, plain, PER_NODE)
        edges = [*await self._metadata.read(lambda connection: links_of(connection, plain)), *of_traces]
        runs = {end.id for edge in edges for end in (edge.source, edge.target) if end.kind == "run"}
        evaluations = await self._metadata.read(lambda connection: evaluations_among(connection, runs)) if runs else set()
        named = [_with_evaluations(edge, evaluations) for edge in edges]
        seen = await self._readable(list(dict.fromkeys(end for edge in named for end in (edge.source, edge.target))))
        return Links([edge for edge in named if edge.source in seen and edge.target in seen], full)

    async def _labels(self, refs: Iterable[Ref]) -> dict[Ref, str]:
        refs = list(refs)
        labels = await self._metadata.read(lambda connection: labels_of(connection, refs))
        names = await self._traces.names([ref.id for ref in refs if ref.kind == "trace"])
        labels |= {Ref("trace", trace_id): name for trace_id, name in names.items()}
        judged = await self._traces.judgements(judgements=[ref.id for ref in refs if ref.kind == "judgement"], limit=MAX_NODES)
        return labels | {Ref("judgement", each.assessment_id): each.name for each in judged}


def _nothing(of: Ref) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(f"There is nothing with the name '{of}', and nothing that refers to it.")


def _check(name: str, value: int, largest: int) -> None:
    if not 0 < value <= largest:
        raise InvalidParameterValue(f"'{name}' is {value}; it goes from 1 to {largest}.")


def _with_evaluations(edge: Edge, evaluations: set[str]) -> Edge:
    """An evaluation looks at traces that were there before it, where another run leaves them behind."""
    source, target = (_named(end, evaluations) for end in (edge.source, edge.target))
    if source.kind == "evaluation" and target.kind in {"trace", "judgement"}:
        return Edge(target, source, "evaluated")
    return Edge(source, target, edge.relation)


def _named(ref: Ref, evaluations: set[str]) -> Ref:
    return Ref("evaluation", ref.id) if ref.kind == "run" and ref.id in evaluations else ref


def _drawn(root: Ref, walk: Walk, labels: dict[Ref, str]) -> Graph:
    nodes = [Node(str(ref), ref.kind, ref.id, labels.get(ref, ref.id), ref in labels) for ref in walk.nodes]
    edges = [GraphEdge(str(edge.source), str(edge.target), edge.relation) for edge in walk.edges]
    return Graph(str(root), nodes, edges, walk.truncated)
