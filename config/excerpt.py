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
USER_INFO: Final = re.compile(r"(?<=://)[^/\s@]+(?=@)")
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
    line = span.source.text[first:last].rstrip("\r")
    line, hidden = _hidden(line, first, span, secret)
    start, end = span.start - first, max(min(span.end - first, len(line)), span.start - first + 1)
    return _shortened(_masked(line, hidden), _place(start, hidden), _place(end, hidden))


def _hidden(line: str, first: int, span: Span, secret: Iterable[Span] | None) -> tuple[str, list[Range]]:
    """The line without its comment, and the ranges of it to hide, in order, none overlapping another."""
    if secret is None:
        keys = {match.span() for match in KEY.finditer(line)}
        found = [match.span() for match in WORD.finditer(line) if match.span() not in keys and match.group() != "-"]
    else:
        last = first + len(line)
        here = (other for other in secret if other.source == span.source and other.start < last and other.end > first)
        found = [(max(other.start - first, 0), min(other.end - first, len(line))) for other in here]
    found += [match.span() for match in USER_INFO.finditer(line)]
    return _without_comment(line, found), _disjoint(found)


def _without_comment(line: str, values: list[Range]) -> str:
    """A comment begins with ``#`` at the start or after a space, outside of quotes and of what is hidden anyway."""
    quoted = [match.span() for match in re.finditer(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", line)]
    for match in re.finditer(r"(?:^|(?<=\s))#", line):
        if not any(start <= match.start() < end for start, end in [*values, *quoted]):
            return line[: match.start()].rstrip()
    return line


def _disjoint(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
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
