"""Regular expressions that cannot be read, and detection that looks for nothing."""

from collections.abc import Iterator

from config.findings import Finding
from config.written import Mapping, Node, child, entries, text_of

__all__ = ("check_detection", "check_pattern")


def check_detection(node: Node | None, path: str) -> Iterator[Finding]:
    """Everything that is wrong with one ``DetectionSettings``."""
    if not isinstance(node, Mapping):
        return
    if all(child(node, key) is None for key in ("pii", "patterns", "words")):
        yield Finding(node.span, path, path, "looks for nothing", "list pii, patterns or words: {pii: [email, credit_card]}")
    for entry in entries(child(node, "patterns")):
        yield from check_pattern(entry.value, f"{path}.patterns.{entry.key}")


def check_pattern(node: Node, path: str) -> Iterator[Finding]:
    """Problems with one regular expression."""
    import regex  # with the first pattern: most files have none

    text = text_of(node)
    if text is None:
        return
    try:
        matches_nothing = regex.compile(text).fullmatch("") is not None
    except regex.error as error:
        yield Finding(
            node.span,
            path,
            path,
            f"is no regular expression: {error}",
            "put it in single quotes, so that YAML leaves its backslashes alone",
        )
        return
    if matches_nothing:
        yield Finding(node.span, path, path, "matches where there is nothing", "say what must be there: '+' instead of '*'")
