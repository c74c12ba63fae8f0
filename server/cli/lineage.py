"""``tidegate lineage``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

from registry.lineage.types import Graph, GraphEdge, Node
from server.cli.api import Api, in_workspace, path_of, with_api
from server.cli.output import emit, json_option, message, plain, show

if TYPE_CHECKING:
    from rich.tree import Tree

__all__ = ("lineage",)


@click.command()
@click.argument("of", metavar="KIND:ID")
@click.option(
    "--direction",
    type=click.Choice(["up", "down", "both"]),
    default="both",
    show_default=True,
    help="up: what it came from; down: what came of it.",
)
@click.option("--depth", type=click.IntRange(1, 12), default=6, show_default=True, help="How many steps away.")
@click.option("--limit", type=click.IntRange(1, 2000), default=300, show_default=True, help="How many things at most.")
@json_option
@with_api
@in_workspace
def lineage(api: Api, of: str, direction: str, depth: int, limit: int, *, as_json: bool) -> None:
    """Show what KIND:ID came from, and what came of it.

    KIND is run, evaluation, logged_model, model_version (NAME/VERSION), prompt (NAME/VERSION), trace or judgement.
    """
    graph = api.get(path_of("lineage"), Graph, {"of": of, "direction": direction, "depth": depth, "limit": limit})
    if as_json:
        emit(graph)
        return
    if direction != "down":
        show(_tree(graph, "came from", up=True))
    if direction != "up":
        show(_tree(graph, "came of it", up=False))
    if graph.truncated:
        message("There is more: see --depth and --limit.")


def _tree(graph: Graph, title: str, *, up: bool) -> "Tree":
    from rich.tree import Tree

    nodes = {node.ref: node for node in graph.nodes}
    root = Tree(plain(f"{_said(nodes[graph.root])} — {title}"))
    _grow(root, graph.root, graph.edges, nodes, {graph.root}, up=up)
    return root


def _grow(branch: "Tree", ref: str, edges: Sequence[GraphEdge], nodes: dict[str, Node], seen: set[str], *, up: bool) -> None:
    """Hang each node on the first branch that reaches it: a graph has more ways to a node than a tree shows."""
    for edge in edges:
        step = _step(edge, ref, up=up)
        if step is not None and step[1] not in seen:
            relation, there = step
            seen.add(there)
            _grow(branch.add(plain(f"{relation}  {_said(nodes[there])}")), there, edges, nodes, seen, up=up)


def _step(edge: GraphEdge, ref: str, *, up: bool) -> tuple[str, str] | None:
    """How an edge goes on from a node, and where to. What came of a logged model came of the versions made of it, too."""
    here, there = (edge.target, edge.source) if up else (edge.source, edge.target)
    if here == ref:
        return edge.relation, there
    return ("is", here) if not up and edge.same and there == ref else None


def _said(node: Node) -> str:
    label = "" if node.label == node.id else f"  {node.label}"
    return f"{node.ref}{label}" + ("" if node.found else "  (not here)")
