"""Judges, traces and replies made to order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import msgspec

from config.schema import JudgeSettings
from evals.judge import build
from evals.selection import selection
from evals.types import Judge, JudgeCall, JudgeReply
from evals.why import ANY
from tracing.errors import JournalFull, TraceNotFound
from tracing.types import Assessment, Cost, SpanContent, SpanView, Status, Trace, TraceSummary, Usage

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
YES = '{"rationale": "It answers the question.", "result": true}'


def make_judge(**changes: object) -> Judge:
    given = {"name": "helpful", "instructions": "Is {{ outputs }} a helpful answer to {{ inputs }}?", "model": "fake/judge"}
    return build(JudgeSettings(**{**given, **changes}))


def make_span(trace_id: str = "1" * 32, span_id: str = "a" * 16, parent: str | None = None, **changes: object) -> SpanView:
    span = SpanView(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        name="chat",
        kind="LLM",
        otel_kind="CLIENT",
        status=Status.OK,
        status_message="",
        error_type="",
        start_time="2026-11-24T10:00:00.000000000Z",
        end_time="2026-11-24T10:00:01.000000000Z",
        offset_ms=0.0,
        duration_ms=1000.0,
        ttft_ms=None,
        service_name="shop",
        scope_name="tidegate.gateway",
        source="gateway",
        convention="gen_ai",
        operation="chat",
        provider="openai",
        request_model="gpt-4o-mini",
        response_model="",
        response_id="",
        finish_reasons=["stop"],
        is_streaming=False,
        usage=Usage(input_tokens=10, output_tokens=5),
        cost=Cost(),
        session_id="",
        user_id="",
        tags=[],
        agent_name="",
        tool_name="",
        tool_call_id="",
        prompt_name="",
        prompt_version="",
        run_id="",
        route="",
        judge_name="",
        input_preview="",
        output_preview="",
        attributes={},
        resource={},
        events=[],
        links=[],
        content=said("What is the capital of France?", "Paris."),
    )
    return msgspec.structs.replace(span, **changes)


def said(question: str, answer: str, system: str = "") -> SpanContent:
    def message(role: str, text: str) -> str:
        return msgspec.json.encode([{"role": role, "parts": [{"type": "text", "content": text}]}]).decode()

    parts = msgspec.json.encode([{"type": "text", "content": system}]).decode() if system else ""
    return SpanContent(system=parts, input=message("user", question), output=message("assistant", answer))


def make_trace(trace_id: str = "1" * 32, spans: list[SpanView] | None = None, **changes: object) -> Trace:
    summary = TraceSummary(
        trace_id=trace_id,
        name="chat",
        start_time="2026-11-24T10:00:00.000000000Z",
        end_time="2026-11-24T10:00:01.000000000Z",
        duration_ms=1000.0,
        status=Status.OK,
        root_seen=True,
        span_count=1,
        error_count=0,
        llm_calls=1,
        models=["gpt-4o-mini"],
        services=["shop"],
        input_preview="What is the capital of France?",
        output_preview="Paris.",
        input_tokens=10,
        output_tokens=5,
        usage_estimated=False,
        cost=None,
        unpriced_calls=1,
        ttft_ms=None,
        session_id="",
        user_id="",
        tags=[],
        prompt_name="",
        prompt_version="",
        route="",
        judge_name="",
        source="gateway",
    )
    return Trace(
        summary=msgspec.structs.replace(summary, **changes), spans=[make_span(trace_id)] if spans is None else spans, assessments=[]
    )


class Sealed(msgspec.Struct, frozen=True):
    trace_id: str
    revision: str
    cursor: str
    filters: frozenset[str] = frozenset()
    began_ns: int = 0


def _means(filter: str | None, sealed: Sealed) -> bool:
    return filter in (None, ANY, selection(None)) or any(filter == selection(each) for each in sealed.filters)


class Traces:
    """Sealed traces in memory, in the order of sealing. A filter is the name of a set that a trace is in, or not."""

    def __init__(self) -> None:
        self._sealed: dict[str, Sealed] = {}
        self._positions = count(1)
        self.told: dict[str, list[SpanView]] = {}
        self.error: Exception | None = None
        self.queries = 0

    def seal(
        self, trace_id: str, revision: str = "r1", filters: frozenset[str] = frozenset(), *, began_ns: int = 0, position: int | None = None
    ) -> None:
        """A trace has come to rest; again, when it did so before. ``position`` is its place when it is not the last."""
        cursor = f"{next(self._positions) if position is None else position:012d}"
        self._sealed[trace_id] = Sealed(trace_id, revision, cursor, filters, began_ns)

    async def sealed(self, after: str | None, filter: str | None, since_ns: int | None, until_ns: int | None, limit: int) -> list[Sealed]:
        self.queries += 1
        if self.error is not None:
            raise self.error
        matching = (
            each
            for each in sorted(self._sealed.values(), key=lambda each: each.cursor)
            if each.cursor > (after or "") and _means(filter, each) and each.began_ns >= (since_ns or 0)
        )
        return [each for each in matching if until_ns is None or each.began_ns < until_ns][:limit]

    async def get(self, trace_id: str) -> Trace:
        if not await self.spans([trace_id]):
            raise TraceNotFound(trace_id)
        return make_trace(trace_id, self.told.get(trace_id))

    async def spans(self, trace_ids: Sequence[str]) -> dict[str, list[SpanView]]:
        if self.error is not None:
            raise self.error
        there = [trace_id for trace_id in trace_ids if trace_id in self._sealed or trace_id in self.told]
        return {trace_id: self.told.get(trace_id, [make_span(trace_id)]) for trace_id in there}


class Shelf:
    """Assessments as the table holds them: by id, the last one wins. ``puts`` counts every one that came."""

    def __init__(self) -> None:
        self.by_id: dict[str, Assessment] = {}
        self.puts: list[Assessment] = []
        self.full = False

    def put(self, assessments: list[Assessment]) -> None:
        if self.full:
            raise JournalFull("the journal is full")
        for each in assessments:
            self.puts.append(each)
            self.by_id[each.assessment_id] = each


@dataclass
class Caller:
    """Replies by script: a text, a reply, an exception, or a function of the call; the last one is repeated."""

    script: list[object] = field(default_factory=lambda: [YES])
    calls: list[JudgeCall] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    pause: float = 0.0

    async def ask(self, call: JudgeCall) -> JudgeReply:
        self.calls.append(call)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(self.pause)
            return reply(self._next(call))
        finally:
            self.open -= 1

    def _next(self, call: JudgeCall) -> object:
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return step(call) if callable(step) else step


def reply(step: object, **changes: object) -> JudgeReply:
    if isinstance(step, BaseException):
        raise step
    if isinstance(step, JudgeReply):
        return step
    known = {"finish_reason": "stop", "trace_id": "f" * 32, "input_tokens": 100, "output_tokens": 20, "cost": Decimal("0.0001")}
    return JudgeReply(text=str(step), **{**known, **changes})


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self.now.timestamp()
