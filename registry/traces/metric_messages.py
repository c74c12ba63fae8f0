"""MLflow's messages of figures about traces."""

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = ("AggregationType", "MetricAggregation", "MetricDataPoint", "MetricViewType", "QueryTraceMetrics")


class MetricViewType(WireEnum):
    """What is counted or measured."""

    TRACES = "TRACES", 1
    SPANS = "SPANS", 2
    ASSESSMENTS = "ASSESSMENTS", 3


class AggregationType(WireEnum):
    """What becomes of many values."""

    COUNT = "COUNT", 1
    SUM = "SUM", 2
    AVG = "AVG", 3
    PERCENTILE = "PERCENTILE", 4
    MIN = "MIN", 5
    MAX = "MAX", 6


class MetricAggregation(Message):
    """One of them; a percentile is from 0 to 100."""

    aggregation_type: AggregationType
    percentile_value: float | None = None


class MetricDataPoint(Message):
    """Figures of one group."""

    metric_name: str
    dimensions: dict[str, str] = {}
    values: dict[str, float] = {}


class QueryTraceMetrics(Message):
    """Figures of the traces of experiments, in groups, over time when an interval is given."""

    experiment_ids: list[str]
    view_type: MetricViewType
    metric_name: RequiredText
    aggregations: list[MetricAggregation]
    dimensions: list[str] = []
    filters: list[str] = []
    time_interval_seconds: Int64 | None = None
    start_time_ms: Int64 | None = None
    end_time_ms: Int64 | None = None
    max_results: int = 1000
    page_token: str | None = None

    class Response(Message):
        """A page of groups."""

        data_points: list[MetricDataPoint] = []
        next_page_token: str | None = None
