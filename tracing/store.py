"""Traces, read: pages of them, one of them whole, and those that are ready for a judge. The statements are in ``store_sql``."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from config.schema import TelemetrySettings
from storage.telemetry import Telemetry
from tracing import store_sql as sql
from tracing.assessments_store import assessments_of, scores_of
from tracing.barrier import settled
from tracing.cursors import read_cursor, write_cursor
from tracing.errors import BadOrder, BadRequest, SpanNotFound, TraceNotFound
from tracing.filters import parse
from tracing.filters_store import condition
from tracing.properties import NOTHING_SAID, SESSION, USER
from tracing.properties_store import properties_of
from tracing.records import ContentRecord, HeadRecord, RollupRecord, SpanRecord, span_view, trace_summary
from tracing.results import FacetValue, SealedTrace, UsageRow
from tracing.scope import Scope, ScopeOf, everything
from tracing.statements import Condition, Statement
from tracing.store_sql import Position
from tracing.task_group import task_group
from tracing.tree import pre_order
from tracing.types import SpanContent, SpanView, Trace, TracePage, TraceSummary

__all__ = ("FACETS", "TraceStore")

T = TypeVar("T")
MAX_PAGE: Final = 1000
_SEALED: Final = "sealed"

FACETS: Final = {
    "model": "if(response_model != '', response_model, request_model)",
    "provider": "provider",
    "service": "service_name",
    "prompt": "prompt_name",
    "route": "route",
    "kind": "kind",
    "name": "name",
}
"""Fields of which the values in use can be listed."""


class TraceStore:
    """The reading side of tracing.

    Every method first waits for ``flush``, so that a caller finds what it sent before, and raises ``StoreUnavailable`` when that fails.
    Traces that are not in the scope of whoever asks are as if they were not there, and are counted nowhere.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        flush: Callable[[], Awaitable[None]],
        settings: TelemetrySettings,
        scope: ScopeOf = everything,
    ) -> None:
        self._telemetry = telemetry
        self._flush = flush
        self._settings = settings
        self._scope = scope

    async def search(
        self,
        filter: str | None = None,
        order: str = "-start_time",
        limit: int = 50,
        cursor: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> TracePage:
        """A page of traces. ``order`` is ``start_time``, ``duration``, ``cost`` or ``tokens``, from the largest down with ``-`` before it.

        Raises ``FilterError``, ``BadOrder`` and ``BadCursor``.
        """
        chosen = sql.ORDERS.get(order.removeprefix("-"))
        if chosen is None:
            raise BadOrder(f"there is no order {order!r}", hint=f"orders are {', '.join(sql.ORDERS)}, each also with - before it")
        after = read_cursor(order, cursor) if cursor else None
        where = self._where(filter, since_ns, until_ns)
        await settled(self._flush)
        size = max(1, min(limit, MAX_PAGE))
        statement = sql.page(chosen, descending=order.startswith("-"), where=where, after=after, limit=size + 1)
        heads = await (self._heads_placed(statement) if chosen.joined else self._run(statement, HeadRecord))
        more = len(heads) > size
        last = heads[size - 1] if more else None
        traces = await self._summaries(heads[:size])
        return TracePage(traces=traces, next_cursor=write_cursor(order, Position(last.sort_key, last.trace_id)) if last else None)

    async def _heads_placed(self, statement: Statement) -> list[HeadRecord]:
        """The heads of the traces that a statement places, in that order."""
        placed = await self._run(statement, _Placed)
        found = await self._run(sql.heads_of([each.trace_id for each in placed]), HeadRecord) if placed else []
        heads = {head.trace_id: head for head in found}
        places = ((heads.get(each.trace_id), each.sort_key) for each in placed)
        return [msgspec.structs.replace(head, sort_key=key) for head, key in places if head is not None]

    async def get(self, trace_id: str) -> Trace:
        """A whole trace, with what was said in each span. Raises ``TraceNotFound``."""
        return await self._trace(trace_id, with_content=True)

    async def get_skeleton(self, trace_id: str) -> Trace:
        """A whole trace without content. Raises ``TraceNotFound``."""
        return await self._trace(trace_id, with_content=False)

    async def content(self, trace_id: str, span_id: str) -> SpanContent:
        """What was said in one span, empty where nothing was recorded. Raises ``SpanNotFound``."""
        await settled(self._flush)
        if not await self.seen([trace_id]):
            raise SpanNotFound(trace_id, span_id)
        found = await self._run(sql.content_of(trace_id, span_id), ContentRecord)
        if found:
            return found[0]
        if any(span.span_id == span_id for span in await self._run(sql.spans([trace_id]), SpanRecord)):
            return SpanContent()
        raise SpanNotFound(trace_id, span_id)

    async def summaries(self, trace_ids: Sequence[str]) -> dict[str, TraceSummary]:
        """The rows of these traces, without their scores; those without a span are absent."""
        if not trace_ids:
            return {}
        await settled(self._flush)
        ids = await self.seen(trace_ids)
        async with task_group() as group:
            heads = group.create_task(self._run(sql.heads_of(ids), HeadRecord))
            figures = group.create_task(self._run(sql.rollups(ids), RollupRecord))
        known = {record.trace_id: record for record in figures.result()}
        return {head.trace_id: trace_summary(head, known[head.trace_id], []) for head in heads.result() if head.trace_id in known}

    async def spans(self, trace_ids: Sequence[str]) -> dict[str, list[SpanView]]:
        """The spans of these traces with what was said in them, in pre-order of their trees; traces without a span are absent."""
        if not trace_ids:
            return {}
        await settled(self._flush)
        trace_ids = await self.seen(trace_ids)
        async with task_group() as group:
            records = group.create_task(self._run(sql.spans(trace_ids), SpanRecord))
            said = group.create_task(self._run(sql.contents(trace_ids), ContentRecord))
        contents = {(record.trace_id, record.span_id): record for record in said.result()}
        found: dict[str, list[SpanRecord]] = {}
        for record in records.result():
            found.setdefault(record.trace_id, []).append(record)
        return {
            trace_id: _views(spans, {span.span_id: contents.get((trace_id, span.span_id), SpanContent()) for span in spans})
            for trace_id, spans in found.items()
        }

    async def has_any(self) -> bool:
        """Whether any span is stored."""
        await settled(self._flush)
        return (await self._run(sql.any_span(self._scope().condition()), _Count))[0].traces > 0

    async def count(self, filter: str | None = None, since_ns: int | None = None, until_ns: int | None = None) -> int:
        """The number of traces that a search would find. Raises ``FilterError``."""
        where = self._where(filter, since_ns, until_ns)
        await settled(self._flush)
        return (await self._run(sql.count(where), _Count))[0].traces

    async def session(self, session_id: str, limit: int = 500) -> list[TraceSummary]:
        """The traces of a session, in order of time; empty when nobody knows it."""
        await settled(self._flush)
        ids = [found.trace_id for found in await self._run(sql.session(session_id, self._scope().condition(), limit), _Found)]
        if not ids:
            return []
        known = {trace.trace_id: trace for trace in await self._summaries(await self._run(sql.heads_of(ids), HeadRecord))}
        return [known[trace_id] for trace_id in ids if trace_id in known]

    async def facet(self, field: str, since_ns: int | None = None, limit: int = 20, *, judges: bool = True) -> list[FacetValue]:
        """The most frequent values of a field of spans (``FACETS``), with those of judges or without. Raises ``BadRequest``."""
        if field not in FACETS:
            raise BadRequest(f"there are no choices for {field!r}", hint=f"choices exist for {', '.join(FACETS)}")
        await settled(self._flush)
        within = _both(sql.time_range(since_ns, None), self._scope())
        where = within if judges else Condition(f"{within.sql} AND judge_name = ''", within.parameters)
        return await self._run(sql.facet(FACETS[field], where, limit), FacetValue)

    async def usage(self, by: str = "model", since_ns: int | None = None, until_ns: int | None = None, limit: int = 200) -> list[UsageRow]:
        """Figures of model calls by ``minute``, ``hour``, ``model``, ``provider``, ``provider_model``, ``route``, ``service`` or ``prompt``. Raises ``BadRequest``."""
        if by not in sql.USAGE_BY:
            raise BadRequest(f"usage is not kept by {by!r}", hint=f"it is by {', '.join(sql.USAGE_BY)}")
        await settled(self._flush)
        scope, within = self._scope(), sql.time_range(since_ns, until_ns)
        if scope.is_whole:
            return await self._run(sql.usage(by, sql.usage_range(since_ns, until_ns), limit), UsageRow)
        return await self._run(sql.usage_of_spans(by, _both(within, scope), limit), UsageRow)

    async def sealed(
        self, after: str | None, filter: str | None, since_ns: int | None, until_ns: int | None, limit: int
    ) -> list[SealedTrace]:
        """Traces at rest that hold no span of a judge, in the order in which they came to rest. Raises ``FilterError`` and ``BadCursor``."""
        quiet, orphans = self._settings.seal_after, self._settings.seal_orphans_after
        position = read_cursor(_SEALED, after) if after else None
        among = sql.quiet_since(position, max(quiet, orphans))
        where = self._where(filter, since_ns, until_ns, among.sql if among else "")
        await settled(self._flush)
        rows = await self._run(sql.sealed(where, position, among, quiet, orphans, limit), _Sealed)
        if not rows:
            return []
        found = {each.trace_id: each.revision for each in await self._run(sql.revisions([row.trace_id for row in rows]), _Revision)}
        return [
            SealedTrace(
                trace_id=row.trace_id,
                revision=found.get(row.trace_id, ""),
                sealed_ms=row.sort_key,
                cursor=write_cursor(_SEALED, Position(row.sort_key, row.trace_id)),
            )
            for row in rows
        ]

    def _where(self, filter: str | None, since_ns: int | None, until_ns: int | None, traces: str = "") -> Condition:
        within = _both(sql.time_range(since_ns, until_ns), self._scope())
        if filter is None or not filter.strip():
            return within
        matching = condition(parse(filter), traces)
        return Condition(f"{within.sql} AND {matching.sql}", {**within.parameters, **matching.parameters})

    async def seen(self, trace_ids: Sequence[str]) -> Sequence[str]:
        """The traces among these that the caller may see."""
        scope = self._scope()
        if scope.is_whole or not trace_ids:
            return trace_ids
        found = {each.trace_id for each in await self._run(sql.among(trace_ids, scope.condition()), _Found)}
        return [trace_id for trace_id in trace_ids if trace_id in found]

    async def _trace(self, trace_id: str, *, with_content: bool) -> Trace:
        await settled(self._flush)
        if not await self.seen([trace_id]):
            raise TraceNotFound(trace_id)
        async with task_group() as group:
            spans = group.create_task(self._run(sql.spans([trace_id]), SpanRecord))
            heads = group.create_task(self._run(sql.heads_of([trace_id]), HeadRecord))
            said = group.create_task(self._contents(trace_id) if with_content else _nothing())
            assessments = group.create_task(assessments_of(self._telemetry, trace_id))
            properties = group.create_task(properties_of(self._telemetry, [trace_id]))
        summaries = await self._summaries(heads.result())
        if not summaries or not spans.result():
            raise TraceNotFound(trace_id)
        found = properties.result().get(trace_id, NOTHING_SAID)
        return Trace(
            summary=_told(summaries[0], found.metadata),
            spans=_views(spans.result(), said.result()),
            assessments=assessments.result(),
            properties=found,
        )

    async def _contents(self, trace_id: str) -> dict[str, SpanContent]:
        return {record.span_id: record for record in await self._run(sql.contents([trace_id]), ContentRecord)}

    async def _summaries(self, heads: Sequence[HeadRecord]) -> list[TraceSummary]:
        """The summaries of these traces. A trace that is being stored at this moment may have no rolled-up figures yet, and is left out."""
        if not heads:
            return []
        ids = [head.trace_id for head in heads]
        async with task_group() as group:
            figures = group.create_task(self._run(sql.rollups(ids), RollupRecord))
            scores = group.create_task(scores_of(self._telemetry, ids))
        known = {record.trace_id: record for record in figures.result()}
        return [
            trace_summary(head, known[head.trace_id], scores.result().get(head.trace_id, [])) for head in heads if head.trace_id in known
        ]

    async def _run(self, statement: Statement, row: type[T]) -> list[T]:
        return await self._telemetry.query(statement.sql, statement.parameters, row)


class _Placed(msgspec.Struct, frozen=True):
    """A trace, and the value that it is ordered by."""

    trace_id: str
    sort_key: int


class _Found(msgspec.Struct, frozen=True):
    trace_id: str


class _Sealed(msgspec.Struct, frozen=True):
    trace_id: str
    sort_key: int


class _Revision(msgspec.Struct, frozen=True):
    trace_id: str
    revision: str


class _Count(msgspec.Struct, frozen=True):
    traces: int


def _both(within: Condition, scope: Scope) -> Condition:
    seen = scope.condition()
    return Condition(f"{within.sql} AND {seen.sql}", {**within.parameters, **seen.parameters})


def _told(summary: TraceSummary, metadata: Mapping[str, str]) -> TraceSummary:
    """The owner of a trace, taken from its metadata where no span names one."""
    session_id, user_id = summary.session_id or metadata.get(SESSION, ""), summary.user_id or metadata.get(USER, "")
    return msgspec.structs.replace(summary, session_id=session_id, user_id=user_id)


async def _nothing() -> dict[str, SpanContent] | None:
    return None


def _views(spans: Sequence[SpanRecord], said: Mapping[str, SpanContent] | None) -> list[SpanView]:
    """``said`` is ``None`` for a skeleton, whose spans have no content at all."""
    begin = min(span.start_ns for span in spans)
    return [span_view(span, begin, None if said is None else said.get(span.span_id, SpanContent())) for span in pre_order(spans)]
