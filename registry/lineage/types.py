"""Nodes and edges of lineage. An edge goes from what was there first to what came of it."""

from typing import Final, Literal, Self, get_args

import msgspec
from typing_extensions import override

from registry.errors import InvalidParameterValue

__all__ = ("KINDS", "Direction", "Edge", "Graph", "GraphEdge", "Kind", "Node", "Ref", "Relation")

Kind = Literal["run", "evaluation", "logged_model", "model_version", "prompt", "trace", "judgement"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Direction = Literal["up", "down", "both"]
Relation = Literal[
    "produced",  # a run made a logged model
    "read",  # a logged model was an input of a run
    "registered",  # a run or a logged model became a version
    "copied",  # a version became a version of another name
    "used",  # a prompt was used by a run, a logged model or a trace
    "recorded",  # a run, or a logged model at work, left a trace
    "judged",  # a trace was judged
    "evaluated",  # a trace or a judgement is part of an evaluation
]


class Ref(msgspec.Struct, frozen=True, order=True):
    """Names one node. ``id`` is MLflow's: of versions and prompts ``NAME/VERSION``."""

    kind: Kind
    id: str

    @override
    def __str__(self) -> str:
        """``kind:id``."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``kind:id``; a prompt or version without ``/VERSION`` is refused. Raises ``InvalidParameterValue``."""
        kind, _, named = text.partition(":")
        if kind not in KINDS or not named or "\x00" in named:
            raise InvalidParameterValue(f"'{text[:200]}' names nothing with a lineage. Write KIND:ID; kinds are {', '.join(KINDS)}.")
        if kind in {"prompt", "model_version"} and not named.rpartition("/")[2].isdigit():
            raise InvalidParameterValue(f"'{text[:200]}' names no version. Write {kind}:NAME/VERSION with the number of a version.")
        return cls(kind, named.removeprefix("tr-") if kind == "trace" else named)


class Edge(msgspec.Struct, frozen=True):
    """``target`` came of ``source``."""

    source: Ref
    target: Ref
    relation: Relation

    @property
    def same(self) -> bool:
        """Whether both ends are one thing under two names: what is said of one holds for the other."""
        return self.source.kind in {"logged_model", "model_version"} and self.target.kind == "model_version"


class Node(msgspec.Struct, frozen=True):
    """A node as it is shown: ``label`` for people, ``found`` unless it is only known from what refers to it."""

    ref: str
    kind: Kind
    id: str
    label: str
    found: bool


class GraphEdge(msgspec.Struct, frozen=True):
    """An edge between nodes, by their ``ref``."""

    source: str
    target: str
    relation: Relation

    @property
    def same(self) -> bool:
        """See ``Edge.same``."""
        return self.relation == "copied" or (self.relation == "registered" and self.source.startswith("logged_model:"))


class Graph(msgspec.Struct, frozen=True):
    """What was asked for. ``truncated``: there is more than was shown."""

    root: str
    nodes: list[Node]
    edges: list[GraphEdge]
    truncated: bool
