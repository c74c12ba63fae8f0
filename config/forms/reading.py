"""Reading another tool's file: notes of what is wrong in it, and the places that translated values came from."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from config.findings import Finding
from config.source import Span
from config.suggest import closest, listing
from config.written import Entry, Node, Scalar, Sequence, entries, is_nothing, items
from config.written import Mapping as Written

__all__ = ("Reader", "Translated", "below", "listed", "made", "plain", "word")


class Translated(msgspec.Struct, frozen=True):
    """A file in our form.

    Its nodes keep the places that they were written at. ``origins`` says what the author calls those places.
    """

    form: str
    root: Node
    findings: tuple[Finding, ...] = ()
    origins: Mapping[Span, str] = {}


class Reader:
    """Notes findings and origins while a file is translated. ``tool`` is whose file it is, for messages."""

    def __init__(self, tool: str) -> None:
        self.tool: Final = tool
        self.findings: list[Finding] = []
        self.origins: dict[Span, str] = {}

    def note(
        self,
        span: Span,
        path: str,
        subject: str,
        predicate: str,
        hint: str = "",
        suggestion: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Note something that is wrong."""
        self.findings.append(Finding(span, path, subject, predicate, hint, suggestion, severity))

    def known_keys(self, node: Node, path: str, known: Iterable[str], unused: Mapping[str, str] | None = None) -> None:
        """Note each key that is neither known (an error) nor used here (a warning; ``unused`` says what to write instead)."""
        allowed, left = frozenset(known), unused or {}
        for entry in entries(node):
            here = below(path, entry.key)
            if entry.key in left:
                hint = left[entry.key] or "take it out"
                self.note(entry.key_span, here, f"key {entry.key!r}", "has no effect here", hint, severity="warning")
            elif entry.key not in allowed:
                predicate = f"is not a setting of {self.tool}" + (f" in {path}" if path else "")
                hint = f"take it out, or use one of: {listing(allowed)}"
                self.note(entry.key_span, here, f"key {entry.key!r}", predicate, hint, closest(entry.key, allowed))

    def missing(self, node: Node, path: str, key: str) -> None:
        """Note a key that must be there."""
        self.note(node.span, path, path or "the file", f"has no {key!r}, which it needs", f"add '{key}: …'")

    def items_of(self, node: Node | None, path: str) -> tuple[Node, ...]:
        """The items of a list. Anything else that is written there is noted, and has none."""
        if node is None or isinstance(node, Sequence) or is_nothing(node):
            return items(node)
        self.note(node.span, path, path, f"must be a list, not {_shape(node)}", "begin each item with '- '")
        return ()

    def entries_of(self, node: Node | None, path: str) -> tuple[Entry, ...]:
        """The entries of a mapping, as ``items_of``."""
        if node is None or isinstance(node, Written) or is_nothing(node):
            return entries(node)
        self.note(node.span, path, path, f"must be keys with values, not {_shape(node)}", "write 'key: value' lines, indented beneath it")
        return ()

    def came_from(self, node: Node, path: str) -> Node:
        """Remember what the author calls the place of ``node``."""
        self.origins.setdefault(node.span, path)
        return node


def _shape(node: Node) -> str:
    """The kind of value that stands there instead. Its content may be a secret, and is not told."""
    return "one value" if isinstance(node, Scalar) else "a list" if isinstance(node, Sequence) else "keys with values"


def below(path: str, key: str) -> str:
    """The path of a key within a mapping."""
    return f"{path}.{key}" if path else key


def made(span: Span, values: Mapping[str, Node | None]) -> Written:
    """A mapping of ours, written at ``span``; entries that are ``None`` are left out."""
    return Written(span, tuple(Entry(key, value.span, value) for key, value in values.items() if value is not None))


def listed(span: Span, values: Iterable[Node]) -> Sequence:
    """A list of ours, written at ``span``."""
    return Sequence(span, tuple(values))


def word(span: Span, value: str | float) -> Scalar:
    """A value of ours, written at ``span``."""
    return Scalar(span, value)


def plain(node: Node) -> object:
    """The values of a tree, without their places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.key: plain(entry.value) for entry in node.entries}
