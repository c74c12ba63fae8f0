"""A line of the file for an error, without what may be secret.

Only values that stand where the schema has no secret are shown; every other one (a literal key, whatever is under a misspelt key, the
words of a line that is not YAML) becomes ``…``, and comments are left out.
"""

import re
from collections.abc import Iterable
from typing import Final

from config.errors import Excerpt
from config.source import Span

__all__ = ("excerpt",)

MAX_WIDTH: Final = 120
HIDDEN: Final = "…"
USER_INFO: Final = re.compile(r"(?<=://)[^/\s@]+(?=@)|(?<=\?)[^\s'\"]+")
"""What a URL may hold of secrets: a user's name and password, and a query."""

KEY: Final = re.compile(r"(?:^|(?<=[\s{,]))[\w.-]+(?=\s*:(?:\s|$))")
WORD: Final = re.compile(r"[^\s\[\]{},:]+")

Range = tuple[int, int]


def excerpt(span: Span, secret: Iterable[Span] | None) -> Excerpt | None:
    """The line ``span`` begins in, with the values of ``secret`` hidden; ``None`` hides whatever is not a key.

    Returns ``None`` when there is no file to quote. The marked part ends with the line.
    """
    if not span.source.path:
        return None
    first, last = span.line_bounds
    raw = span.source.text[first:last].rstrip("\r")
    values = _values(first, len(raw), span, secret or ())
    line = _without_comment(raw, values)
    guessed = _guessed(line) if secret is None else []
    hidden = _disjoint([*values, *guessed, *(match.span() for match in USER_INFO.finditer(line))], len(line))
    start, end = span.start - first, max(min(span.end - first, len(line)), span.start - first + 1)
    return _shortened(_masked(line, hidden), _place(start, hidden), _place(end, hidden))


def _values(first: int, length: int, span: Span, secret: Iterable[Span]) -> list[Range]:
    """The parts of the line that belong to values to hide."""
    here = (other for other in secret if other.source == span.source and other.start < first + length and other.end > first)
    return [(max(other.start - first, 0), min(other.end - first, length)) for other in here]


def _guessed(line: str) -> list[Range]:
    """Every word of a line that could not be read, but those that look like keys."""
    keys = {match.span() for match in KEY.finditer(line)}
    return [match.span() for match in WORD.finditer(line) if match.span() not in keys and match.group() != "-"]


def _without_comment(line: str, values: list[Range]) -> str:
    """A comment begins with ``#`` at the start or after a space, outside of quotes and of what is hidden anyway."""
    quoted = [match.span() for match in re.finditer(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", line)]
    for match in re.finditer(r"(?:^|(?<=\s))#", line):
        if not any(start <= match.start() < end for start, end in [*values, *quoted]):
            return line[: match.start()].rstrip()
    return line


def _disjoint(ranges: list[Range], length: int) -> list[Range]:
    """The ranges in order, cut at ``length``, none overlapping another."""
    joined: list[Range] = []
    for start, end in sorted((start, min(end, length)) for start, end in ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start:
            joined.append((start, end))
    return joined


def _masked(line: str, hidden: list[Range]) -> str:
    for start, end in reversed(hidden):
        line = line[:start] + HIDDEN + line[end:]
    return line


def _place(index: int, hidden: list[Range]) -> int:
    """Where a character of the line stands once ranges before it have shrunk to one character each."""
    return index - sum(max(min(index, end) - start - 1, 0) for start, end in hidden if start < index)


def _shortened(text: str, start: int, end: int) -> Excerpt:
    """Cut to a terminal's width around the marked part; control characters, which could repaint the terminal, become spaces."""
    cut = max(start - MAX_WIDTH // 2, 0) if len(text) > MAX_WIDTH else 0
    printable = "".join(char if char.isprintable() else " " for char in text)
    shown = printable[cut : cut + MAX_WIDTH].rstrip()
    return Excerpt(shown, start - cut, max(min(end - cut, len(shown)) - (start - cut), 1))
