"""The scores of a prompt's versions as a table and as charts. Pure. What nobody scored is absent, which the page shows as unknown, never as zero."""

import math
from collections.abc import Sequence

import msgspec

from server.ui.chart import Chart, Point, draw
from tracing.prompt_scores_store import PromptScore, VersionScores

__all__ = ("ScoreTable", "VersionRow", "scores_by_version")


class VersionRow(msgspec.Struct, frozen=True):
    """A version with the traces that used it, and its score under each name of the table, ``None`` where it has none."""

    version: int
    traces: int
    scores: list[PromptScore | None]


class ScoreTable(msgspec.Struct, frozen=True):
    """``names`` head the columns; there is a chart for each of them that says a number of at least two versions."""

    names: list[str]
    rows: list[VersionRow]
    charts: list[Chart]


def scores_by_version(versions: Sequence[int], found: VersionScores) -> ScoreTable:
    """``versions`` as the registry has them, newest first: traces name versions that it has never known, and those are left out."""
    names = sorted({each.name for each in found.scores})
    known = {(each.version, each.name): each for each in found.scores}
    rows = [
        VersionRow(version, found.traces.get(str(version), 0), [known.get((str(version), name)) for name in names]) for version in versions
    ]
    charts = (_chart(name, [(row.version, row.scores[column]) for row in reversed(rows)]) for column, name in enumerate(names))
    return ScoreTable(names, rows, [chart for chart in charts if chart is not None])


def _chart(name: str, scores: Sequence[tuple[int, PromptScore | None]]) -> Chart | None:
    figures = [(version, score.figure if score else None) for version, score in scores]
    points = [Point(version, 0, math.nan if figure is None else figure) for version, figure in figures]
    return draw(name, {name: points}) if sum(figure is not None for _, figure in figures) > 1 else None
