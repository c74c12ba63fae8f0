"""Walking a graph whose edges are fetched as they are needed: against them to what was before, along them to what came after."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from registry.lineage.types import Direction, Edge, Ref

__all__ = ("Links", "Walk", "walked")


class Links(msgspec.Struct, frozen=True):
    """Every edge that touches some nodes. ``more``: there are others, which were left out."""

    edges: list[Edge]
    more: bool = False


class Walk(msgspec.Struct, frozen=True):
    """What was reached, in the order of reaching it, and how."""

    nodes: list[Ref]
    edges: list[Edge]
    truncated: bool


Fetch = Callable[[Sequence[Ref]], Awaitable[Links]]


async def walked(root: Ref, direction: Direction, fetch: Fetch, *, depth: int, limit: int) -> Walk:
    """Everything that is reached from ``root`` over at most ``depth`` edges in one direction; at most ``limit`` nodes."""
    explorer = _Explorer(fetch, limit)
    explorer.nodes[root] = None
    for along in {"up": (False,), "down": (True,), "both": (False, True)}[direction]:
        await explorer.explore(root, along=along, depth=depth)
    edges = sorted(explorer.edges, key=lambda edge: (str(edge.source), str(edge.target), edge.relation))
    shown = [edge for edge in edges if edge.source in explorer.nodes and edge.target in explorer.nodes]
    return Walk(list(explorer.nodes), shown, explorer.truncated)


class _Explorer:
    """Breadth first, each node's edges fetched once."""

    def __init__(self, fetch: Fetch, limit: int) -> None:
        self._fetch = fetch
        self._limit = limit
        self._known: dict[Ref, list[Edge]] = {}
        self.nodes: dict[Ref, None] = {}  # ordered
        self.edges: set[Edge] = set()
        self.truncated = False

    async def explore(self, root: Ref, *, along: bool, depth: int) -> None:
        """Everything on one side of ``root``."""
        visited, frontier = {root}, [root]
        for _ in range(depth):
            await self._learn(frontier)
            frontier = [ref for ref in self._reached(frontier, along=along) if ref not in visited]
            visited.update(frontier)
            if not frontier:
                return
        await self._learn(frontier)
        self.truncated = self.truncated or any(ref not in visited for ref in self._ends(frontier, along=along))

    async def _learn(self, refs: Iterable[Ref]) -> None:
        wanted = [ref for ref in refs if ref not in self._known]
        if not wanted:
            return
        links = await self._fetch(wanted)
        self.truncated = self.truncated or links.more
        self._known.update({ref: [] for ref in wanted})
        for edge in links.edges:
            for end in {edge.source, edge.target} & self._known.keys():
                self._known[end].append(edge)

    def _reached(self, frontier: Sequence[Ref], *, along: bool) -> list[Ref]:
        found: dict[Ref, None] = {}
        for ref in frontier:
            for edge in self._known[ref]:
                if (end := _beyond(edge, ref, along=along)) is None:
                    continue
                if end not in self.nodes and len(self.nodes) >= self._limit:
                    self.truncated = True
                    continue
                self.nodes[end] = found[end] = None
                self.edges.add(edge)
        return list(found)

    def _ends(self, frontier: Sequence[Ref], *, along: bool) -> Iterable[Ref]:
        return (end for ref in frontier for edge in self._known[ref] if (end := _beyond(edge, ref, along=along)) is not None)


def _beyond(edge: Edge, ref: Ref, *, along: bool) -> Ref | None:
    """The other end of an edge, if it leads there in this direction. An edge between two names of one thing leads both ways."""
    if (ref == edge.source) and (along or edge.same):
        return edge.target
    if (ref == edge.target) and (not along or edge.same):
        return edge.source
    return None
