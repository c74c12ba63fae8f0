"""Histories of metrics: all points, pages of them, or as many as a chart can show."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from registry.errors import InvalidParameterValue
from registry.runs.history_store import PointRecord, Series, StoredMetric, read_histories, read_history, sample_histories
from registry.runs.messages import GetMetricHistory, GetMetricHistoryBulk, GetMetricHistoryBulkInterval, Metric, MetricWithRunId
from registry.runs.points import PointLog, UnstoredPoint
from registry.search import next_token, offset_of
from registry.wire.tolerant import missing_value
from storage.telemetry import Telemetry

__all__ = ("MetricHistory",)

MAX_RUNS: Final = 100
MAX_POINTS: Final = 25_000
MAX_SAMPLE: Final = 2500
ALL_POINTS: Final = 2**53
LARGEST: Final = 2**63 - 1
NAN: Final = float("nan")


class MetricHistory:
    """Reads the telemetry database, and of ``points`` what was logged here and is not in it yet; ``flush`` returns when everything is.

    Raises ``storage.errors.TelemetryUnavailable``.
    """

    def __init__(self, telemetry: Telemetry, points: PointLog, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._points = points
        self._flush = flush

    async def get(self, request: GetMetricHistory) -> GetMetricHistory.Response:
        """All points of a metric of a run; none for a run or a metric that nobody knows."""
        size = request.max_results
        if size is not None and size <= 0:
            raise InvalidParameterValue(f"Invalid value {size} for parameter 'max_results' supplied. It must be a positive integer.")
        offset = offset_of(request.page_token)
        unstored = await self._unstored([request.run_id], request.metric_key)
        limit = ALL_POINTS if size is None else min(size, ALL_POINTS) + 1
        series = Series((request.run_id,), request.metric_key, unstored)
        found = await read_history(self._telemetry, series, limit=limit, offset=offset)
        page = found if size is None else found[:size]
        return GetMetricHistory.Response(
            metrics=[_spoken(point) if point.is_nan else point for point in page],
            next_page_token=next_token(offset + len(page)) if len(found) > len(page) else None,
        )

    async def get_bulk(self, request: GetMetricHistoryBulk) -> GetMetricHistoryBulk.Response:
        """The first points of a metric of several runs."""
        if not request.run_id:
            raise InvalidParameterValue("GetMetricHistoryBulk request must specify at least one run_id.")
        if len(request.run_id) > MAX_RUNS:
            raise InvalidParameterValue(
                f"GetMetricHistoryBulk request cannot specify more than {MAX_RUNS} run_ids. Received {len(request.run_id)} run_ids."
            )
        if request.metric_key is None:
            raise InvalidParameterValue("GetMetricHistoryBulk request must specify a metric_key.")
        limit = MAX_POINTS if request.max_results is None else max(0, min(request.max_results, MAX_POINTS))
        unstored = await self._unstored(request.run_id, request.metric_key)
        found = await read_histories(self._telemetry, Series(request.run_id, request.metric_key, unstored), limit)
        return GetMetricHistoryBulk.Response(metrics=_with_runs(request.metric_key, found))

    async def get_bulk_interval(self, request: GetMetricHistoryBulkInterval) -> GetMetricHistoryBulkInterval.Response:
        """A sample of a metric of several runs, evenly spread over its points."""
        first, last = _interval(request)
        size = MAX_SAMPLE if request.max_results is None else request.max_results
        runs = list(dict.fromkeys(request.run_ids))
        series = Series(runs, request.metric_key, await self._unstored(runs, request.metric_key))
        found = await sample_histories(self._telemetry, series, size=size, first=first, last=last)
        place = {run_id: number for number, run_id in enumerate(runs)}
        found.sort(key=lambda point: place[point.run_id])
        return GetMetricHistoryBulkInterval.Response(metrics=_with_runs(request.metric_key, found))

    async def _unstored(self, run_ids: Sequence[str], key: str) -> list[UnstoredPoint]:
        found = self._points.unstored(set(run_ids), key)
        if found is None:
            await self._flush()
        return found or []


def _spoken(point: StoredMetric) -> Metric:
    return Metric(key=point.key, value=NAN, timestamp=point.timestamp, step=point.step)


def _with_runs(key: str, points: Sequence[PointRecord]) -> list[MetricWithRunId]:
    return [
        MetricWithRunId(
            key=key, value=NAN if point.is_nan else point.value, timestamp=point.timestamp, step=point.step, run_id=point.run_id
        )
        for point in points
    ]


def _interval(request: GetMetricHistoryBulkInterval) -> tuple[int, int]:
    """The steps from which to which, after all was checked that is checked before."""
    if not request.run_ids:
        raise missing_value("run_ids")
    if len(request.run_ids) > MAX_RUNS:
        raise InvalidParameterValue(
            f"GetMetricHistoryBulkInterval request must specify at most {MAX_RUNS} run_ids. Received {len(request.run_ids)} run_ids. "
            "See the API docs for more information about request parameters."
        )
    if request.max_results is not None and not 1 <= request.max_results <= MAX_SAMPLE:
        raise InvalidParameterValue(
            f"max_results must be between 1 and {MAX_SAMPLE}. See the API docs for more information about request parameters."
        )
    if request.start_step is None and request.end_step is None:
        return -LARGEST - 1, LARGEST
    if request.start_step is None or request.end_step is None:
        raise InvalidParameterValue("If either start step or end step are specified, both must be specified.")
    if request.start_step > request.end_step:
        raise InvalidParameterValue(
            f"end_step must be greater than start_step. Found start_step={request.start_step} and end_step={request.end_step}."
        )
    return request.start_step, request.end_step
