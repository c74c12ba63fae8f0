"""How much two filters go together: normalised pointwise mutual information over the traces that each matches."""

import math
from typing import Final

from registry.runs.checks import experiment_number
from registry.traces.messages import CalculateTraceFilterCorrelation
from registry.traces.search import parse_search
from registry.traces.search_store import TraceFinder

__all__ = ("FilterCorrelation", "mutual_information")

SMOOTHING: Final = 0.5
"""What is added to each count, so that few traces say little."""


class FilterCorrelation:
    """Counts traces that match either filter, and both. Raises the tree of ``registry.errors``."""

    def __init__(self, finder: TraceFinder) -> None:
        self._finder = finder

    async def calculate(self, request: CalculateTraceFilterCorrelation) -> CalculateTraceFilterCorrelation.Response:
        """The counts, and what they mean."""
        experiments = [str(experiment_number(each)) for each in request.experiment_ids]
        base, first, second = (parse_search(text) for text in (request.base_filter, request.filter_string1, request.filter_string2))
        total, one, other, both = [
            await self._finder.count(experiments, searches) for searches in ([base], [base, first], [base, second], [base, first, second])
        ]
        return CalculateTraceFilterCorrelation.Response(
            npmi=mutual_information(one, other, both, total),
            npmi_smoothed=mutual_information(one, other, both, total, SMOOTHING),
            filter1_count=one,
            filter2_count=other,
            joint_count=both,
            total_count=total,
        )


def mutual_information(one: int, other: int, both: int, total: int, added: float = 0.0) -> float:
    """From -1 (never together) over 0 (by chance) to 1 (always together); ``NaN`` where one of the two never is.

    ``added`` is put into each of the four cells of the table of counts.
    """
    if total <= 0 or one <= 0 or other <= 0:
        return math.nan
    if both <= 0 and added == 0:
        return -1.0
    together, of_one, of_other, whole = both + added, one + 2 * added, other + 2 * added, total + 4 * added
    if together >= whole:
        return 1.0
    information = math.log(together) + math.log(whole) - math.log(of_one) - math.log(of_other)
    return max(-1.0, min(1.0, information / -math.log(together / whole)))
