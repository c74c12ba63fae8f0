"""MLflow's messages of traces, of the second version, which older clients speak."""

from registry.traces.messages import Most500
from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = ("EndTrace", "GetTraceInfo", "SearchTraces", "StartTrace", "TextPair", "TraceInfo", "TraceStatus")


class TraceStatus(WireEnum):
    """How far a trace is, in the second version."""

    TRACE_STATUS_UNSPECIFIED = "TRACE_STATUS_UNSPECIFIED", 0
    OK = "OK", 1
    ERROR = "ERROR", 2
    IN_PROGRESS = "IN_PROGRESS", 3


class TextPair(Message):
    """A tag, or a piece of metadata."""

    key: str = ""
    value: str = ""


class TraceInfo(Message):
    """What is known of a trace, in the second version."""

    request_id: str
    experiment_id: str
    timestamp_ms: Int64
    execution_time_ms: Int64 | None = None
    status: TraceStatus
    request_metadata: list[TextPair] = []
    tags: list[TextPair] = []


class StartTrace(Message):
    """Begin a trace; the server names it."""

    experiment_id: str | None = None
    timestamp_ms: Int64 | None = None
    request_metadata: list[TextPair] = []
    tags: list[TextPair] = []

    class Response(Message):
        """As it was stored."""

        trace_info: TraceInfo


class EndTrace(Message):
    """Say how a trace ended."""

    request_id: RequiredText
    timestamp_ms: Int64 | None = None
    status: TraceStatus | None = None
    request_metadata: list[TextPair] = []
    tags: list[TextPair] = []

    class Response(Message):
        """As it was stored."""

        trace_info: TraceInfo


class GetTraceInfo(Message):
    """One trace without its spans."""

    request_id: RequiredText

    class Response(Message):
        """That trace."""

        trace_info: TraceInfo


class SearchTraces(Message):
    """Traces of experiments."""

    experiment_ids: list[str] = []
    filter: str | None = None
    max_results: Most500 = 100
    order_by: list[str] = []
    page_token: str | None = None

    class Response(Message):
        """A page of them."""

        traces: list[TraceInfo] = []
        next_page_token: str | None = None
