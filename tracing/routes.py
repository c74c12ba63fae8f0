"""Traces over ``/api/v1``: found, read whole, assessed."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from tracing.assessments import AssessmentStore
from tracing.errors import BadAssessment, BadRequest, FilterError, TraceNotFound, TracingError
from tracing.results import UsageRow
from tracing.store import TraceStore
from tracing.types import Assessment, AssessmentSource, AssessmentValue, SpanContent, Trace, TracePage, TraceSummary

__all__ = ("NewAssessment", "router")

MAX_NAME = 250
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


class NewAssessment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Feedback as a client sends it."""

    name: str
    value: AssessmentValue
    rationale: str = ""
    span_id: str = ""
    source_type: AssessmentSource = "HUMAN"
    source_id: str = "default"
    metadata: dict[str, str] = {}


class Session(msgspec.Struct, frozen=True):
    """The traces of a session, in order of time."""

    session_id: str
    traces: list[TraceSummary]


class Usage(msgspec.Struct, frozen=True):
    """Figures of model calls, grouped by one of their properties."""

    by: str
    rows: list[UsageRow]


def router(store: TraceStore, assessments: AssessmentStore) -> Router:
    """Reads find what was sent before them. Trace ids may carry MLflow's prefix ``tr-``."""

    @get("/traces")
    async def search(
        filter: FromQuery[str | None] = None,
        order: FromQuery[str] = "-start_time",
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
        since: FromQuery[str | None] = None,
        until: FromQuery[str | None] = None,
    ) -> TracePage:
        return await store.search(filter, order, limit, cursor, _nanoseconds("since", since), _nanoseconds("until", until))

    @get("/traces/{trace_id:str}")
    async def show(trace_id: FromPath[str]) -> Trace:
        return await store.get(_trace_id(trace_id))

    @get("/traces/{trace_id:str}/spans/{span_id:str}")
    async def content(trace_id: FromPath[str], span_id: FromPath[str]) -> SpanContent:
        return await store.content(_trace_id(trace_id), span_id.lower())

    @post("/traces/{trace_id:str}/assessments")
    async def assess(trace_id: FromPath[str], data: JSONBody[NewAssessment]) -> Assessment:
        trace = await store.get_skeleton(_trace_id(trace_id))
        assessment = _assessment(trace, data)
        assessments.put([assessment])
        return assessment

    @get("/sessions/{session_id:path}")
    async def session(session_id: FromPath[str]) -> Session:
        name = session_id.removeprefix("/")
        return Session(name, await store.session(name))

    @get("/usage")
    async def usage(by: FromQuery[str] = "model", since: FromQuery[str | None] = None, until: FromQuery[str | None] = None) -> Usage:
        return Usage(by, await store.usage(by, _nanoseconds("since", since), _nanoseconds("until", until)))

    return Router(
        "/api/v1",
        route_handlers=[search, show, content, assess, session, usage],
        exception_handlers={TracingError: _failed},
        tags=["traces"],
    )


def _trace_id(text: str) -> str:
    plain = text.removeprefix("tr-").lower()
    if len(plain) != 32 or plain.strip("0123456789abcdef"):
        raise TraceNotFound(text)
    return plain


def _nanoseconds(name: str, text: str | None) -> int | None:
    """RFC 3339 text to nanoseconds since the epoch. Raises ``BadRequest``."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name}={text!r} is no time", hint="write it like 2026-11-23T12:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000) * 1000


def _assessment(trace: Trace, new: NewAssessment) -> Assessment:
    if not new.name or len(new.name) > MAX_NAME:
        raise BadAssessment(f"the name must have 1 to {MAX_NAME} characters")
    if new.value is None:
        raise BadAssessment(
            "a value is needed: feedback without one says nothing", hint="send true, false, a number, a text, a list or an object"
        )
    if new.span_id and all(span.span_id != new.span_id for span in trace.spans):
        raise BadAssessment(f"the trace has no span {new.span_id!r}", hint="leave span_id out to assess the whole trace")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Assessment(
        assessment_id=f"a-{secrets.token_hex(16)}",
        trace_id=trace.summary.trace_id,
        span_id=new.span_id,
        name=new.name,
        value=new.value,
        rationale=new.rationale,
        source_type=new.source_type,
        source_id=new.source_id,
        metadata=new.metadata,
        created_at=now,
        updated_at=now,
    )


def _failed(_: Request[Any, Any, Any], error: TracingError) -> Response[Any]:
    body: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, FilterError):
        body["position"] = error.position
    headers = {"retry-after": "1"} if error.status == 503 else {}
    return Response({"error": body}, status_code=error.status, headers=headers)
