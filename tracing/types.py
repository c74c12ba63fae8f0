"""Spans, the facts read from them, and what the reading side gets back.

A span goes through three types: ``Span`` as a client sent it, ``Facts`` as the conventions say it means, and the two rows that are
stored (``tracing.rows``). The reading side has types of its own, made for answers: a stored row is never returned raw.

Units: times are nanoseconds since the Unix epoch on the way in and RFC 3339 text with nanoseconds on the way out; durations are
milliseconds; money is US dollars. A number that is not known is ``None``.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

__all__ = (
    "Assessment",
    "AssessmentSource",
    "AssessmentValue",
    "Attribute",
    "Content",
    "Cost",
    "Facts",
    "Scope",
    "ScoreSummary",
    "Span",
    "SpanContent",
    "SpanEvent",
    "SpanKind",
    "SpanLink",
    "SpanView",
    "Status",
    "Trace",
    "TracePage",
    "TraceProperties",
    "TraceSummary",
    "Usage",
)

Attribute = str | bool | int | float | list[object] | dict[str, object] | None
"""A decoded OTLP ``AnyValue``: bytes arrive as base64 text."""

AssessmentValue = bool | float | str | list[object] | dict[str, object] | None
AssessmentSource = Literal["HUMAN", "LLM_JUDGE", "CODE"]


class Status(StrEnum):
    """How a span ended. ``INTERRUPTED``: it began, and the process that ran it died before it ended."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"
    INTERRUPTED = "INTERRUPTED"


class SpanKind(StrEnum):
    """What a span did: MLflow's span types, so that its client reads them unchanged."""

    LLM = "LLM"
    EMBEDDING = "EMBEDDING"
    TOOL = "TOOL"
    AGENT = "AGENT"
    CHAIN = "CHAIN"
    RETRIEVER = "RETRIEVER"
    RERANKER = "RERANKER"
    GUARDRAIL = "GUARDRAIL"
    EVALUATOR = "EVALUATOR"
    MEMORY = "MEMORY"
    PARSER = "PARSER"
    UNKNOWN = "UNKNOWN"


class Scope(msgspec.Struct, frozen=True):
    """The instrumentation that made a span."""

    name: str = ""
    version: str = ""


class SpanEvent(msgspec.Struct, frozen=True):
    """Something that happened at one moment of a span."""

    time_ns: int
    name: str
    attributes: Mapping[str, Attribute] = {}


class SpanLink(msgspec.Struct, frozen=True):
    """A span of another trace, or of this one, that this span refers to."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Attribute] = {}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A finished span as it was sent: identifiers are lower-case hexadecimal text of 32 and 16 digits."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str
    otel_kind: str = "INTERNAL"
    start_ns: int
    end_ns: int
    status: Status = Status.UNSET
    status_message: str = ""
    attributes: Mapping[str, Attribute] = {}
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()
    resource: Mapping[str, Attribute] = {}
    scope: Scope = Scope()
    source: str = "otlp"


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one model call. ``input_tokens`` includes what was read from and written to a cache; ``output_tokens`` includes reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars of one model call, and who said so: ``reported`` by the client, or the name of the price table."""

    input: Decimal | None = None
    output: Decimal | None = None
    total: Decimal | None = None
    source: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was said. ``system``, ``input``, ``output`` and ``tools`` are JSON text; the two ``*_text`` fields are for search."""

    system: str = ""
    input: str = ""
    output: str = ""
    tools: str = ""
    input_text: str = ""
    output_text: str = ""
    input_preview: str = ""
    output_preview: str = ""
    truncated: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a span means, whichever convention said it."""

    kind: SpanKind = SpanKind.UNKNOWN
    convention: str = ""
    operation: str = ""
    provider: str = ""
    request_model: str = ""
    response_model: str = ""
    response_id: str = ""
    finish_reasons: tuple[str, ...] = ()
    streaming: bool = False
    ttft_ns: int | None = None
    usage: Usage = Usage()
    cost: Cost = Cost()
    error_type: str = ""
    session_id: str = ""
    user_id: str = ""
    tags: tuple[str, ...] = ()
    agent_name: str = ""
    tool_name: str = ""
    tool_call_id: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    run_id: str = ""
    model_id: str = ""
    route: str = ""
    judge_name: str = ""
    content: Content = Content()


class ScoreSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment as a table row shows it. ``value`` is ``None`` when nobody knows: ``error_code`` then says why."""

    name: str
    value: AssessmentValue = None
    error_code: str = ""
    source_type: AssessmentSource = "LLM_JUDGE"


class TraceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the traces table. ``cost`` is the sum of the calls whose price is known; ``unpriced_calls`` counts the others."""

    trace_id: str
    name: str
    start_time: str
    end_time: str
    duration_ms: float
    status: Status
    root_seen: bool
    span_count: int
    error_count: int
    llm_calls: int
    models: list[str]
    services: list[str]
    input_preview: str
    output_preview: str
    input_tokens: int | None
    output_tokens: int | None
    usage_estimated: bool
    cost: Decimal | None
    input_cost: Decimal | None = None
    output_cost: Decimal | None = None
    unpriced_calls: int
    ttft_ms: float | None
    session_id: str
    user_id: str
    tags: list[str]
    prompt_name: str
    prompt_version: str
    route: str
    judge_name: str
    source: str
    scores: list[ScoreSummary] = []


class TracePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of traces. ``next_cursor`` is opaque text for the next page, ``None`` at the end."""

    traces: list[TraceSummary]
    next_cursor: str | None = None


class SpanContent(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a span, as JSON text (``""`` where nothing was recorded)."""

    system: str = ""
    input: str = ""
    output: str = ""
    tools: str = ""
    truncated: bool = False


class SpanView(msgspec.Struct, frozen=True, kw_only=True):
    """One stored span, for reading. ``offset_ms`` is its start after the start of the trace."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    otel_kind: str
    status: Status
    status_message: str
    error_type: str
    start_time: str
    end_time: str
    offset_ms: float
    duration_ms: float
    ttft_ms: float | None
    service_name: str
    scope_name: str
    source: str
    convention: str
    operation: str
    provider: str
    request_model: str
    response_model: str
    response_id: str
    finish_reasons: list[str]
    is_streaming: bool
    usage: Usage
    cost: Cost
    session_id: str
    user_id: str
    tags: list[str]
    agent_name: str
    tool_name: str
    tool_call_id: str
    prompt_name: str
    prompt_version: str
    run_id: str
    route: str
    judge_name: str
    input_preview: str
    output_preview: str
    attributes: dict[str, str]
    resource: dict[str, str]
    events: list[SpanEvent]
    links: list[SpanLink]
    content: SpanContent | None = None


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge, a person or code said of a trace (``span_id`` empty) or of one of its spans.

    Exactly one of a value and an error is meant: ``error_code`` non-empty means that there is no verdict, and ``value`` is ``None``.
    Times are RFC 3339 text with milliseconds, in UTC.
    """

    assessment_id: str
    trace_id: str
    span_id: str = ""
    trace_revision: str = ""
    name: str
    kind: Literal["FEEDBACK", "EXPECTATION", "ISSUE"] = "FEEDBACK"
    value: AssessmentValue = None
    rationale: str = ""
    source_type: AssessmentSource
    source_id: str = "default"
    judge_name: str = ""
    judge_version: str = ""
    judge_trace_id: str = ""
    judge_cost: Decimal | None = None
    error_code: str = ""
    error_message: str = ""
    error_stack: str = ""
    overrides: str = ""
    valid: bool = True
    metadata: dict[str, str] = {}
    created_at: str
    updated_at: str


class TraceProperties(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says of a trace beside its spans. ``info`` may hold ``experiment_id``; ``prompts`` are ``name/version``."""

    info: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    metadata: Mapping[str, str] = {}
    runs: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A whole trace: spans in pre-order of their tree, orphans under the root level."""

    summary: TraceSummary
    spans: list[SpanView]
    assessments: list[Assessment]
    properties: TraceProperties = msgspec.field(default_factory=TraceProperties)
