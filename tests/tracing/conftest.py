"""A journal that stores on flush, spans to store, and both together over a real database."""

import time
from collections.abc import Iterator
from itertools import count

import msgspec
import pytest

from config.schema import TelemetrySettings
from storage.journal_cursor import Position
from storage.records import Opening, Row
from storage.telemetry import Telemetry
from tracing.assessments import AssessmentStore
from tracing.ingest import SpanSink
from tracing.raw import Expander, Keeping
from tracing.store import TraceStore
from tracing.types import Attribute, Scope, Span, Status

EXPAND = Expander(Keeping(retention_days=TelemetrySettings().retention_days, content=True))


def expanded(record: Row | Opening) -> list[Row]:
    return [Row(table, data, record.key) for table, rows in EXPAND({record.table: [record.data]}).items() for data in rows]


class DirectLog:
    """Keeps what is appended, and stores it when it is flushed, as the store process does."""

    def __init__(self) -> None:
        self.records: list[Row | Opening] = []
        self.appends = 0
        self.full = False
        self.appended = self.stored = Position(1, 0)
        self._tokens = count()

    def append(self, records: list[Row | Opening]) -> bool:
        if self.full:
            return False
        self.appends += 1
        self.records += records
        self.appended = Position(1, self.appended.offset + len(records))
        return True

    @property
    def rows(self) -> list[Row]:
        """As the store process makes them."""
        return [row for record in self.records if isinstance(record, Row) for row in expanded(record)]

    @property
    def openings(self) -> list[Row]:
        return [row for record in self.records if isinstance(record, Opening) for row in expanded(record)]

    async def store(self, telemetry: Telemetry) -> None:
        waiting, end, self.records = self.rows, self.appended, []
        for table in sorted({row.table for row in waiting}):
            data = b"\n".join(row.data for row in waiting if row.table == table)
            await telemetry.insert(table, data, token=f"{id(self)}-{next(self._tokens)}")
        self.stored = end


class Bench(msgspec.Struct, frozen=True):
    """All of tracing over one database. ``soon`` is the store again, where orphans are sealed soon, too."""

    telemetry: Telemetry
    log: DirectLog
    sink: SpanSink
    store: TraceStore
    soon: TraceStore
    assessments: AssessmentStore


@pytest.fixture
def log() -> DirectLog:
    return DirectLog()


@pytest.fixture
def tracing(telemetry: Telemetry, log: DirectLog) -> Bench:
    async def flush() -> None:
        await log.store(telemetry)

    settings = TelemetrySettings(seal_after=0.05, seal_orphans_after=3600)
    return Bench(
        telemetry,
        log,
        SpanSink(log, settings),
        TraceStore(telemetry, flush, settings),
        TraceStore(telemetry, flush, TelemetrySettings(seal_after=0.05, seal_orphans_after=0.3)),
        AssessmentStore(telemetry, log, flush),
    )


class Spans:
    """Makes spans with identifiers and times of their own; the clock goes on a second with each."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._now = time.time_ns() - 3_600_000_000_000

    def trace_id(self) -> str:
        return f"{next(self._ids):032x}"

    def make(
        self,
        attributes: dict[str, Attribute] | None = None,
        *,
        parent: Span | None = None,
        name: str = "chat",
        status: Status = Status.OK,
        milliseconds: float = 100.0,
        scope: str = "test",
        **changes: object,
    ) -> Span:
        number = next(self._ids)
        self._now += 1_000_000_000
        span = Span(
            trace_id=parent.trace_id if parent else f"{number:032x}",
            span_id=f"{number:016x}",
            parent_span_id=parent.span_id if parent else None,
            name=name,
            start_ns=self._now,
            end_ns=self._now + round(milliseconds * 1e6),
            status=status,
            attributes=attributes or {},
            resource={"service.name": "shop"},
            scope=Scope(scope, "1"),
        )
        return msgspec.structs.replace(span, **changes)

    def chat(self, question: str = "hello", answer: str = "hi", **changes: object) -> Span:
        """A model call as the gateway writes it."""
        attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 100,
            "gen_ai.input.messages": _messages("user", question),
            "gen_ai.output.messages": _messages("assistant", answer),
        }
        attributes |= changes.pop("attributes", {})  # type: ignore[arg-type,operator]
        return self.make(attributes, **{"scope": "tidegate.gateway", **changes})  # type: ignore[arg-type]


def _messages(role: str, content: str) -> str:
    return msgspec.json.encode([{"role": role, "parts": [{"type": "text", "content": content}]}]).decode()


@pytest.fixture
def spans() -> Iterator[Spans]:
    yield Spans()
