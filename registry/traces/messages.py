"""MLflow's messages of traces, of its third version."""

from typing import Annotated, Any

import msgspec

from registry.traces.assessment_messages import Assessment
from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "BatchGetTraceInfos",
    "BatchGetTraces",
    "CalculateTraceFilterCorrelation",
    "DeleteTraceTag",
    "DeleteTraceTagV3",
    "DeleteTraces",
    "GetTrace",
    "GetTraceInfoV3",
    "KeyValue",
    "LinkPromptsToTrace",
    "LinkTracesToRun",
    "MlflowExperimentLocation",
    "Most500",
    "NewTrace",
    "OtlpEvent",
    "OtlpLink",
    "OtlpSpan",
    "OtlpStatus",
    "PromptVersionRef",
    "SearchTracesV3",
    "SetTraceTag",
    "SetTraceTagV3",
    "StartTraceV3",
    "State",
    "Trace",
    "TraceInfoV3",
    "TraceLocation",
    "TraceLocationType",
)

Most500 = Annotated[int, msgspec.Meta(ge=-(2**31), le=500)]


class State(WireEnum):
    """How far a trace is."""

    STATE_UNSPECIFIED = "STATE_UNSPECIFIED", 0
    OK = "OK", 1
    ERROR = "ERROR", 2
    IN_PROGRESS = "IN_PROGRESS", 3


class TraceLocationType(WireEnum):
    """Where a trace is kept."""

    TRACE_LOCATION_TYPE_UNSPECIFIED = "TRACE_LOCATION_TYPE_UNSPECIFIED", 0
    MLFLOW_EXPERIMENT = "MLFLOW_EXPERIMENT", 1
    INFERENCE_TABLE = "INFERENCE_TABLE", 2


class MlflowExperimentLocation(Message):
    """An experiment."""

    experiment_id: str | None = None


class TraceLocation(Message):
    """Where a trace is kept: here, an experiment."""

    type: TraceLocationType | None = None
    mlflow_experiment: MlflowExperimentLocation | None = None


class TraceInfoV3(Message):
    """What is known of a trace, without its spans."""

    trace_id: str | None = None
    client_request_id: str | None = None
    trace_location: TraceLocation | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str | None = None
    execution_duration: str | None = None
    state: State | None = None
    trace_metadata: dict[str, str] = {}
    assessments: list[Assessment] = []
    tags: dict[str, str] = {}


class KeyValue(Message):
    """An attribute of OTLP; ``value`` is an ``AnyValue``."""

    key: str
    value: dict[str, Any] = {}


class OtlpStatus(Message):
    """How a span ended."""

    code: str | None = None
    message: str | None = None


class OtlpEvent(Message):
    """Something that happened in a span."""

    time_unix_nano: Int64
    name: str
    attributes: list[KeyValue] = []


class OtlpLink(Message):
    """Another span."""

    trace_id: str
    span_id: str
    attributes: list[KeyValue] = []


class OtlpSpan(Message):
    """A span as OTLP's messages have it; identifiers are base64."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str
    kind: str
    start_time_unix_nano: Int64
    end_time_unix_nano: Int64
    attributes: list[KeyValue] = []
    events: list[OtlpEvent] = []
    links: list[OtlpLink] = []
    status: OtlpStatus


class Trace(Message):
    """A trace with its spans."""

    trace_info: TraceInfoV3
    spans: list[OtlpSpan] = []


class NewTrace(Message):
    """A trace as it is announced: its spans come by OTLP."""

    trace_info: TraceInfoV3


class StartTraceV3(Message):
    """Say what is known of a trace, which for the client is over by then."""

    trace: NewTrace

    class Response(Message):
        """As it was stored."""

        trace: Trace


class GetTraceInfoV3(Message):
    """One trace without its spans."""

    trace_id: RequiredText

    class Response(Message):
        """That trace."""

        trace: Trace


class GetTrace(Message):
    """One trace with its spans."""

    trace_id: RequiredText
    allow_partial: bool = False

    class Response(Message):
        """That trace."""

        trace: Trace


class FileEvent(Message, omit_defaults=False):
    """An event of a span in a file."""

    name: str
    time_unix_nano: Int64
    attributes: dict[str, Any]


class FileLink(Message, omit_defaults=False):
    """A link of a span in a file."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class FileSpan(Message, omit_defaults=False):
    """A span as MLflow writes it to ``traces.json``: each attribute is JSON text."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    start_time_unix_nano: Int64
    end_time_unix_nano: Int64
    events: list[FileEvent]
    status: OtlpStatus
    attributes: dict[str, str]
    links: list[FileLink]


class GetTraceArtifact(Message):
    """The spans of a trace as a file. Attachments, which ``path`` names, are not served here: they are artifacts."""

    request_id: str | None = None
    path: str | None = None

    class Response(Message, omit_defaults=False):
        """What is in ``traces.json``."""

        spans: list[FileSpan]


class BatchGetTraces(Message):
    """Several traces with their spans; those that nobody knows are left out."""

    trace_ids: list[str]
    experiment_ids: list[str] | None = None

    class Response(Message):
        """Those traces."""

        traces: list[Trace] = []


class BatchGetTraceInfos(Message):
    """Several traces without their spans."""

    trace_ids: list[str]
    experiment_ids: list[str] | None = None

    class Response(Message):
        """Those traces."""

        trace_infos: list[TraceInfoV3] = []


class SearchTracesV3(Message):
    """Traces of experiments."""

    locations: list[TraceLocation]
    filter: str | None = None
    max_results: Most500 = 100
    order_by: list[str] = []
    page_token: str | None = None

    class Response(Message):
        """A page of them."""

        traces: list[TraceInfoV3] = []
        next_page_token: str | None = None


class CalculateTraceFilterCorrelation(Message):
    """How much two filters go together."""

    experiment_ids: list[str]
    filter_string1: RequiredText
    filter_string2: RequiredText
    base_filter: str | None = None

    class Response(Message, omit_defaults=False):
        """Counts, and the normalised pointwise mutual information; ``NaN`` where it is not defined."""

        npmi: float
        npmi_smoothed: float
        filter1_count: int
        filter2_count: int
        joint_count: int
        total_count: int


class SetTraceTagV3(Message):
    """Set a tag."""

    trace_id: RequiredText
    key: RequiredText
    value: str | None = None


class DeleteTraceTagV3(Message):
    """Remove a tag."""

    trace_id: RequiredText
    key: RequiredText


class SetTraceTag(SetTraceTagV3):
    """The same with the older name of a trace's id."""

    older_names = {"request_id": "trace_id"}


class DeleteTraceTag(DeleteTraceTagV3):
    """The same with the older name of a trace's id."""

    older_names = {"request_id": "trace_id"}


class DeleteTraces(Message):
    """Remove traces: those named, or those that began at a time or before it."""

    experiment_id: RequiredText
    max_timestamp_millis: Int64 | None = None
    max_traces: int | None = None
    request_ids: list[str] = []

    class Response(Message):
        """How many went."""

        traces_deleted: int = 0


class LinkTracesToRun(Message):
    """Say that traces belong to a run."""

    trace_ids: list[str]
    run_id: RequiredText


class PromptVersionRef(Message):
    """A version of a prompt."""

    name: RequiredText
    version: RequiredText


class LinkPromptsToTrace(Message):
    """Say that prompts were used in a trace."""

    trace_id: RequiredText
    prompt_versions: list[PromptVersionRef]
