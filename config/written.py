"""The written form: a tree of nodes that know where they stand in the file. Their meaning is not known yet."""

import msgspec

from config.source import Span

__all__ = ("Entry", "Mapping", "Node", "Scalar", "Sequence", "child", "entries", "is_nothing", "items", "span_of", "text_of")


class Scalar(msgspec.Struct, frozen=True):
    """One value. ``value`` is ``None`` where nothing is written."""

    span: Span
    value: str | int | float | bool | None


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    span: Span
    items: "tuple[Node, ...]"


class Entry(msgspec.Struct, frozen=True):
    """A key and its value."""

    key: str
    key_span: Span
    value: "Node"


class Mapping(msgspec.Struct, frozen=True):
    """Keys and values in the order of writing, each key once."""

    span: Span
    entries: tuple[Entry, ...] = ()


Node = Scalar | Sequence | Mapping


def entries(node: Node | None) -> tuple[Entry, ...]:
    """The entries of a mapping; none for anything else."""
    return node.entries if isinstance(node, Mapping) else ()


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; none for anything else."""
    return node.items if isinstance(node, Sequence) else ()


def child(node: Node | None, key: str) -> Node | None:
    """The value under ``key``, when ``node`` is a mapping that has it."""
    return next((entry.value for entry in entries(node) if entry.key == key), None)


def text_of(node: Node | None) -> str | None:
    """The text of a scalar that is text."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def span_of(node: Node, key: str) -> Span:
    """Where the value under ``key`` stands, or the whole mapping that has no such key."""
    found = child(node, key)
    return node.span if found is None else found.span


def is_nothing(node: Node | None) -> bool:
    """Whether a key stands alone, or is not there at all."""
    return node is None or (isinstance(node, Scalar) and node.value is None)
