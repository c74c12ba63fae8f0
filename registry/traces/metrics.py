"""Figures of traces, spans and assessments: what can be asked, checked and answered."""

from datetime import UTC, datetime
from typing import Final

from registry.errors import InvalidParameterValue
from registry.runs.checks import experiment_number
from registry.search import Clause, next_token, offset_of, parse_filter
from registry.traces.metric_messages import AggregationType, MetricAggregation, MetricDataPoint, QueryTraceMetrics
from registry.traces.metrics_store import VIEWS, FigureRow, TraceFigures, View
from registry.traces.search import Condition, Kind

__all__ = ("TraceMetrics",)

MAX_RESULTS: Final = 1000
TIME: Final = "time_bucket"
_TRACE_KEYS: Final[dict[str, Kind]] = {"tag": "tag", "metadata": "metadata"}


class TraceMetrics:
    """Raises the tree of ``registry.errors``."""

    def __init__(self, figures: TraceFigures) -> None:
        self._figures = figures

    async def query(self, request: QueryTraceMetrics) -> QueryTraceMetrics.Response:
        """A page of groups with their figures."""
        view = VIEWS[request.view_type.value]
        _check(request, view)
        offset, size = offset_of(request.page_token), request.max_results
        traces, own = _filters(request, view)
        rows = await self._figures.query(
            [str(experiment_number(each)) for each in request.experiment_ids],
            view,
            request.metric_name,
            [_named(each) for each in request.aggregations],
            dimensions=request.dimensions,
            traces=traces,
            own=own,
            interval_ms=(request.time_interval_seconds or 0) * 1000,
            since_ms=request.start_time_ms,
            until_ms=request.end_time_ms,
            offset=offset,
            limit=size + 1,
        )
        token = next_token(offset + size) if len(rows) > size else None
        return QueryTraceMetrics.Response(data_points=[_point(request, row) for row in rows[:size]], next_page_token=token)


def _check(request: QueryTraceMetrics, view: View) -> None:
    if request.metric_name not in view.metrics:
        raise InvalidParameterValue(f"Invalid metric_name '{request.metric_name}'. It is one of {', '.join(view.metrics)}.")
    for dimension in request.dimensions:
        if dimension not in view.dimensions:
            raise InvalidParameterValue(f"Invalid dimension '{dimension}'. Dimensions are {', '.join(view.dimensions)}.")
    if not request.aggregations:
        raise InvalidParameterValue("Missing value for required parameter 'aggregations'. Name at least one, such as COUNT.")
    counts = view.metrics[request.metric_name].counts
    for each in request.aggregations:
        if (each.aggregation_type is AggregationType.COUNT) is not counts:
            allowed = "COUNT" if counts else "SUM, AVG, MIN, MAX, PERCENTILE"
            raise InvalidParameterValue(f"'{request.metric_name}' is aggregated by {allowed}, not by {each.aggregation_type.value}.")
    if request.time_interval_seconds is not None:
        if request.start_time_ms is None or request.end_time_ms is None:
            raise InvalidParameterValue("start_time_ms and end_time_ms are required if time_interval_seconds is set")
        if request.time_interval_seconds <= 0:
            raise InvalidParameterValue("time_interval_seconds must be positive")
    if not 1 <= request.max_results <= MAX_RESULTS:
        raise InvalidParameterValue(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied. It must be 1 to {MAX_RESULTS}."
        )


def _named(given: MetricAggregation) -> tuple[str, float | None]:
    """The name of its figure, and the share of a percentile."""
    if given.aggregation_type is not AggregationType.PERCENTILE:
        return given.aggregation_type.value, None
    percentile = given.percentile_value
    if percentile is None or not 0 <= percentile <= 100:
        raise InvalidParameterValue(f"Percentile value must be between 0 and 100, got {percentile}")
    return f"P{percentile}", percentile / 100


def _filters(request: QueryTraceMetrics, view: View) -> tuple[list[Condition], list[tuple[str, str]]]:
    """Conditions on traces, and those on the rows of the view: a dimension and its value."""
    traces: list[Condition] = []
    own: list[tuple[str, str]] = []
    for text in request.filters:
        for clause in parse_filter(text):
            value = _value(clause, text)
            if clause.entity == "trace":
                traces.append(_of_trace(clause.key, value, text))
            elif (column := f"{clause.entity}_{clause.key}") in view.dimensions:
                own.append((column, value))
            else:
                raise _unknown(text)
    return traces, own


def _of_trace(key: str, value: str, text: str) -> Condition:
    if key == "status":
        return Condition("attribute", "status", "=", value)
    kind, _, name = key.partition(".")
    if kind not in _TRACE_KEYS or not name:
        raise _unknown(text)
    return Condition(_TRACE_KEYS[kind], name.strip('`"'), "=", value)


def _value(clause: Clause, text: str) -> str:
    if clause.operator != "=" or clause.operand is None or clause.operand.kind != "text":
        raise _unknown(text)
    return clause.operand.text


def _unknown(text: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Invalid filter {text!r}. Filters are of the form trace.status = 'OK', trace.tag.KEY, trace.metadata.KEY, span.name, span.type, "
        "span.status or assessment.name, each with = and a text in quotes."
    )


def _point(request: QueryTraceMetrics, row: FigureRow) -> MetricDataPoint:
    dimensions = dict(zip(request.dimensions, row.groups, strict=True))
    if request.time_interval_seconds:
        dimensions[TIME] = datetime.fromtimestamp(row.bucket_ms / 1000, UTC).isoformat()
    names = [_named(each)[0] for each in request.aggregations]
    values = {name: value for name, value in zip(names, row.figures, strict=True) if value is not None}
    return MetricDataPoint(metric_name=request.metric_name, dimensions=dimensions, values=values)
