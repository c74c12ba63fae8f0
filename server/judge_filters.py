"""Checks the filters of judges when settings are loaded. The filter language belongs to ``tracing``, which ``config`` does not know."""

from collections.abc import Iterator

from config.findings import Finding
from config.written import Node, child, items, text_of

__all__ = ("check_filters",)


def check_filters(root: Node) -> Iterator[Finding]:
    """A problem for each filter that cannot be read, at its place in the file."""
    for index, judge in enumerate(items(child(root, "judges"))):
        node = child(judge, "filter")
        if node is not None and (text := text_of(node)) and text.strip():
            yield from _filter(node, text, f"judges[{index}].filter")


def _filter(node: Node, text: str, path: str) -> Iterator[Finding]:
    from tracing.errors import FilterError  # with the first filter: most files have none
    from tracing.filters import parse

    try:
        parse(text)
    except FilterError as error:
        hint = error.hint or "try it on the traces page, whose language it is"
        yield Finding(node.span, path, path, f"cannot be read: {error}", hint)
