"""Properties of traces, stored through the journal, and read with FINAL: what was said last counts."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

import msgspec

from storage.records import SpanLog
from storage.telemetry import Telemetry
from tracing.barrier import settled
from tracing.errors import JournalFull
from tracing.properties import PropertyKind, TraceProperties, TraceProperty, property_row

__all__ = ("PropertyStore", "properties_of")

_OF_TRACES: Final = """SELECT trace_id, kind, key, value FROM trace_properties FINAL
    WHERE project_id = 'default' AND trace_id IN {trace_ids:Array(String)} ORDER BY kind, key"""

_KNOWN: Final = """SELECT trace_id FROM spans WHERE project_id = 'default' AND trace_id = {trace_id:String} AND is_deleted = 0 LIMIT 1
    UNION ALL SELECT trace_id FROM trace_properties FINAL
    WHERE project_id = 'default' AND trace_id = {trace_id:String} AND kind = 'INFO' AND key = 'experiment_id' LIMIT 1"""

LATELY: Final = 20_000
"""Traces whose place is remembered until it is surely stored."""

PLACE: Final = (PropertyKind.INFO, "experiment_id")

_PLACES: Final = """SELECT trace_id, value FROM trace_properties FINAL
    WHERE project_id = 'default' AND trace_id IN {trace_ids:Array(String)} AND kind = 'INFO' AND key = 'experiment_id'"""

_TABLES: Final = ("spans", "span_content", "traces", "assessments", "trace_properties")
"""All that holds something of a trace. Figures a minute stay: what was spent was spent."""


class _Record(msgspec.Struct, frozen=True):
    trace_id: str
    kind: PropertyKind
    key: str
    value: str


class _Placed(msgspec.Struct, frozen=True):
    trace_id: str
    value: str


class _Known(msgspec.Struct, frozen=True):
    trace_id: str


class PropertyStore:
    """Keeps properties of traces. ``flush`` returns when everything journalled before is stored."""

    def __init__(self, telemetry: Telemetry, log: SpanLog, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._log = log
        self._flush = flush
        self._lately: dict[str, str] = {}

    def put(self, properties: Sequence[TraceProperty]) -> None:
        """Journal them, with one write. Raises ``JournalFull`` when none was kept."""
        if properties and not self._log.append([property_row(each) for each in properties]):
            raise JournalFull("the journal is full: nothing of this was kept", hint="storage must catch up first; see /health")
        self._lately.update(
            {each.trace_id: each.value for each in properties if each.value and each.kind is PLACE[0] and each.key == PLACE[1]}
        )
        for trace_id in list(islice(self._lately, max(0, len(self._lately) - LATELY))):
            del self._lately[trace_id]

    async def of_traces(self, trace_ids: Sequence[str]) -> dict[str, TraceProperties]:
        """The properties of these traces; traces without any are absent."""
        if not trace_ids:
            return {}
        await settled(self._flush)
        return await properties_of(self._telemetry, trace_ids)

    async def knows(self, trace_id: str) -> bool:
        """Whether this trace has a span, or a place in an experiment."""
        await settled(self._flush)
        return bool(await self._telemetry.query(_KNOWN, {"trace_id": trace_id}, _Known))

    async def places(self, trace_ids: Sequence[str]) -> dict[str, str]:
        """The experiments that these traces were put into: here and lately, or as it is stored. Nothing is flushed for it."""
        lately = {each: self._lately[each] for each in trace_ids if each in self._lately}
        asked = [each for each in trace_ids if each not in lately]
        found = await self._telemetry.query(_PLACES, {"trace_ids": asked}, _Placed) if asked else []
        return {each.trace_id: each.value for each in found} | lately

    async def erase(self, trace_ids: Sequence[str]) -> None:
        """Remove these traces with all that is known of them."""
        await settled(self._flush)
        for table in _TABLES:
            await self._telemetry.command(
                f"DELETE FROM {table} WHERE project_id = 'default' AND trace_id IN {{trace_ids:Array(String)}}",
                {"trace_ids": list(trace_ids)},
            )


async def properties_of(telemetry: Telemetry, trace_ids: Sequence[str]) -> dict[str, TraceProperties]:
    """The properties of traces, of what is stored already."""
    found: dict[str, list[_Record]] = {}
    for record in await telemetry.query(_OF_TRACES, {"trace_ids": list(trace_ids)}, _Record):
        found.setdefault(record.trace_id, []).append(record)
    return {trace_id: _gathered(records) for trace_id, records in found.items()}


def _gathered(records: Sequence[_Record]) -> TraceProperties:
    def of(kind: PropertyKind) -> dict[str, str]:
        return {record.key: record.value for record in records if record.kind is kind}

    return TraceProperties(
        info=of(PropertyKind.INFO),
        tags=of(PropertyKind.TAG),
        metadata=of(PropertyKind.METADATA),
        runs=tuple(of(PropertyKind.RUN)),
        prompts=tuple(of(PropertyKind.PROMPT)),
    )
