"""Which nodes of a lineage whoever asks may read, in the workspace of the request, and how they are called there."""

from collections.abc import Mapping, Sequence
from typing import Final

from registry.access.checks import may
from registry.access.requirements import Lookup
from registry.access.types import CALLER
from registry.lineage.service import LineageService
from registry.lineage.types import Direction, Graph, GraphEdge, Node, Ref
from registry.workspaces.scope import DEFAULT, WORKSPACE, current, is_here, scoped, unscoped
from tracing.assessments import AssessmentStore
from tracing.store import TraceStore

__all__ = ("ReadableNodes", "VisibleLineage")

NAMED: Final = frozenset({"model_version", "prompt"})
"""Kinds of nodes whose ids begin with the name of a model or prompt as it is kept."""


class VisibleLineage:
    """As ``LineageService``; names are those of the request's workspace."""

    def __init__(self, lineage: LineageService) -> None:
        self._lineage = lineage

    async def graph(self, of: Ref, direction: Direction = "both", *, depth: int = 6, limit: int = 300) -> Graph:
        """What ``of`` came from, and what came of it."""
        kept = Ref(of.kind, scoped(of.id)) if of.kind in NAMED else of
        found = await self._lineage.graph(kept, direction, depth=depth, limit=limit)
        return found if current() == DEFAULT else _said(found)


def _said(graph: Graph) -> Graph:
    """Readers of a workspace know nothing of what is before its names."""
    known = {node.ref: _as_said(node) for node in graph.nodes}
    edges = [GraphEdge(known[each.source].ref, known[each.target].ref, each.relation) for each in graph.edges]
    return Graph(known[graph.root].ref, list(known.values()), edges, graph.truncated)


def _as_said(node: Node) -> Node:
    if node.kind not in NAMED:
        return node
    named = Ref(node.kind, unscoped(node.id))
    return Node(str(named), node.kind, named.id, unscoped(node.label), node.found)


class ReadableNodes:
    """A run and a logged model are as open as their experiment, a judgement as its trace, versions and prompts as their name.

    ``places`` says where experiments are that are not in the default workspace; what is in another one than the request is not read.

    ``traces`` gives those that may be read, and no others.
    """

    def __init__(self, lookup: Lookup, traces: TraceStore, assessments: AssessmentStore, places: Mapping[str, str]) -> None:
        self._lookup = lookup
        self._traces = traces
        self._assessments = assessments
        self._places = places

    async def __call__(self, refs: Sequence[Ref]) -> set[Ref]:
        """The nodes among these that the caller may read."""
        caller = CALLER.get()
        if WORKSPACE.get() is None and (caller is None or caller.is_administrator):
            return set(refs)
        traces = await self._readable_traces(refs)
        return {ref for ref in refs if (traces.get(ref) if ref.kind in {"trace", "judgement"} else await self._may_read(ref))}

    async def _may_read(self, ref: Ref) -> bool:
        if ref.kind in {"model_version", "prompt"}:
            name = ref.id.rpartition("/")[0]
            return is_here(name) and may("read", "registered_model_version", name)
        is_model = ref.kind == "logged_model"
        experiment = await (self._lookup.of_logged_model(ref.id) if is_model else self._lookup.of_run(ref.id))
        return experiment is None or (self._is_here(experiment) and may("read", "logged_model" if is_model else "run", experiment))

    def _is_here(self, experiment: str) -> bool:
        workspace = WORKSPACE.get()
        return workspace is None or self._places.get(experiment, DEFAULT) == workspace

    async def _readable_traces(self, refs: Sequence[Ref]) -> dict[Ref, bool]:
        """For each trace and judgement, whether it may be read."""
        judged = await self._assessments.by_id([ref.id for ref in refs if ref.kind == "judgement"])
        of = {ref: ref.id for ref in refs if ref.kind == "trace"}
        of |= {ref: found.trace_id for ref in refs if ref.kind == "judgement" and (found := judged.get(ref.id)) is not None}
        seen = set(await self._traces.seen(list(dict.fromkeys(of.values()))))
        return {ref: trace_id in seen for ref, trace_id in of.items()}
