"""Checks of the conditions of targets (``when``): tests that no request could pass or fail."""

from collections.abc import Iterator
from typing import Final

from config.findings import Finding
from config.written import Mapping, Node, child, entries, items, text_of

__all__ = ("check_conditions",)

FACTS: Final = ("metadata", "headers", "parameters")


def check_conditions(root: Node) -> Iterator[Finding]:
    """Problems with ``when`` of any target."""
    for number, route in enumerate(items(child(root, "routes"))):
        for index, target in enumerate(items(child(route, "targets"))):
            yield from _when(child(target, "when"), f"routes[{number}].targets[{index}].when")


def _when(node: Node | None, path: str) -> Iterator[Finding]:
    if not isinstance(node, Mapping):
        return
    if not any(entries(child(node, fact)) for fact in FACTS) and all(entry.key in FACTS for entry in node.entries):
        yield Finding(node.span, path, path, "tests nothing", "list metadata, headers or parameters: {parameters: {stream: true}}")
    for fact in FACTS:
        for entry in entries(child(node, fact)):
            yield from _test(entry.value, f"{path}.{fact}.{entry.key}")


def _test(node: Node, path: str) -> Iterator[Finding]:
    for alternative in (text_of(node) or "").removeprefix("!").split("|"):
        bound = alternative.strip()
        if bound.startswith((">", "<")) and not _is_number(bound.lstrip("<>=")):
            yield Finding(node.span, path, path, f"compares with {bound.lstrip('<>=').strip()!r}, which is no number", 'write "> 4000"')


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False
