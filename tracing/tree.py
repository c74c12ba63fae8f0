"""The order in which the spans of a trace are read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

__all__ = ("pre_order",)


class Node(Protocol):
    """A span as the tree needs it. A parent that is not stored leaves the node at the top."""

    @property
    def span_id(self) -> str: ...
    @property
    def parent_span_id(self) -> str: ...


N = TypeVar("N", bound=Node)


def pre_order(nodes: Sequence[N]) -> list[N]:
    """Each node before its children, siblings in the order given. Nodes whose parents form a circle come last: none is lost."""
    present = {node.span_id for node in nodes}
    children = defaultdict[str, list[N]](list)
    for node in nodes:
        children[node.parent_span_id if node.parent_span_id in present else ""].append(node)
    ordered = list(_descend(children))
    seen = {node.span_id for node in ordered}
    return ordered + [node for node in nodes if node.span_id not in seen]


def _descend(children: dict[str, list[N]]) -> Iterator[N]:
    waiting = list(reversed(children.get("", [])))
    while waiting:  # a loop, as a trace may be deeper than the stack
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children.get(node.span_id, [])))
