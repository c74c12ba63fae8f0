"""Two texts side by side: matching lines on one row, with the words that changed marked."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from re import findall
from typing import Final, Literal

import msgspec

__all__ = ("LINE_LIMIT", "Cell", "Change", "Row", "Run", "side_by_side")

LINE_LIMIT: Final = 5_000
"""Lines of a text that are compared; the rest is left out, and the last row says so."""

Change = Literal["same", "changed", "removed", "added", "skipped"]


class Run(msgspec.Struct, frozen=True):
    """A piece of a line: ``marked`` when the other side does not have it."""

    text: str
    marked: bool = False


class Cell(msgspec.Struct, frozen=True):
    """One line of one side, with its number from 1."""

    number: int
    runs: tuple[Run, ...]


class Row(msgspec.Struct, frozen=True):
    """Two cells that face each other; ``None`` where a side has nothing. A ``skipped`` row stands for ``count`` equal lines."""

    change: Change
    left: Cell | None = None
    right: Cell | None = None
    count: int = 0


def side_by_side(old: str, new: str, *, context: int = 3) -> list[Row]:
    """Rows of a two-column diff, equal stretches folded down to ``context`` lines around each change."""
    left, right = old.splitlines()[:LINE_LIMIT], new.splitlines()[:LINE_LIMIT]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    blocks = matcher.get_opcodes()
    rows: list[Row] = []
    for index, (tag, l0, l1, r0, r1) in enumerate(blocks):
        if tag == "equal":
            rows += _fold(_equal(left, l0, l1, r0), context, first=index == 0, last=index == len(blocks) - 1)
        else:
            rows += _changed(left, right, range(l0, l1), range(r0, r1))
    return rows


def _equal(lines: list[str], start: int, end: int, other: int) -> list[Row]:
    shift = other - start
    return [Row("same", Cell(n + 1, (Run(lines[n]),)), Cell(n + shift + 1, (Run(lines[n]),))) for n in range(start, end)]


def _fold(rows: list[Row], context: int, *, first: bool, last: bool) -> list[Row]:
    head, tail = (0 if first else context), (0 if last else context)
    hidden = len(rows) - head - tail
    if hidden < 2 or (first and last):
        return rows
    return [*rows[:head], Row("skipped", count=hidden), *rows[len(rows) - tail :]]


def _changed(left: list[str], right: list[str], old: range, new: range) -> Iterator[Row]:
    for a, b in zip_longest(old, new):
        if a is None:
            yield Row("added", None, Cell(b + 1, (Run(right[b]),)))
        elif b is None:
            yield Row("removed", Cell(a + 1, (Run(left[a]),)), None)
        else:
            before, after = _words(left[a], right[b])
            yield Row("changed", Cell(a + 1, before), Cell(b + 1, after))


def _words(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    before, after = findall(r"\w+|\W", old), findall(r"\w+|\W", new)
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return (
        tuple(Run("".join(before[a0:a1]), tag != "equal") for tag, a0, a1, _, _ in codes if a1 > a0),
        tuple(Run("".join(after[b0:b1]), tag != "equal") for tag, _, _, b0, b1 in codes if b1 > b0),
    )
