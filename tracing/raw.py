"""Spans as they are journalled: MessagePack of what was said, and not yet of what it means.

To read a span's facts, look up its price and write its rows costs several times as much as to note it down, and nobody waits for it. So the
server notes spans down in this form, and the store process makes rows of them (``expansion``) on their way into the database. What is
made depends on the bytes alone, and on settings: a batch that is stored again after a crash gives the same rows.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from storage.records import Opening, Row
from tracing.openai_chat import unread_attributes
from tracing.rows import opening, rows
from tracing.semconv import read_facts
from tracing.types import Scope, Span, SpanEvent, SpanLink, Status

__all__ = (
    "OPENED",
    "SPANS",
    "Keeping",
    "RawSpan",
    "attributes_of",
    "encode",
    "expansion",
    "raw_opening",
    "raw_row",
    "raw_span",
    "span_of_raw",
)

logger = logging.getLogger(__name__)

SPANS: Final = "spans.raw"
"""The table of the journal's rows that hold a finished span."""

OPENED: Final = "spans.opened"
"""The table of openings that hold a span that began."""


class RawEvent(msgspec.Struct, array_like=True, frozen=True):
    """An event of a span (``tracing.types.SpanEvent``), without names of fields."""

    time_ns: int
    name: str
    attributes: dict[str, Any]


class RawLink(msgspec.Struct, array_like=True, frozen=True):
    """A link of a span (``tracing.types.SpanLink``), without names of fields."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class RawSpan(msgspec.Struct, array_like=True):
    """As ``Span``, without names of fields. ``resource`` is MessagePack already: it is the same for all spans of a process.

    ``asked`` and ``answered`` are the messages of a request and a whole answer, in OpenAI's JSON: attributes that nobody has read yet.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    otel_kind: str
    start_ns: int
    end_ns: int
    status: Status
    status_message: str
    attributes: dict[str, Any]
    resource: msgspec.Raw
    scope_name: str
    scope_version: str
    source: str
    events: tuple[RawEvent, ...] = ()
    links: tuple[RawLink, ...] = ()
    asked: bytes = b""
    answered: bytes = b""


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a span: for how many days, and whether with what was said."""

    retention_days: int
    content: bool


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(RawSpan)
_mappings: Final = msgspec.msgpack.Decoder(dict[str, Any])
encode: Final[Callable[[object], bytes]] = _encoder.encode


def raw_row(span: RawSpan, key: bytes) -> Row:
    """A finished span for the journal. Raises ``OverflowError`` for an integer of more than 64 bits."""
    return Row(SPANS, _encoder.encode(span), key)


def raw_opening(span: RawSpan, key: bytes) -> Opening:
    """A span that began, for the journal. Raises as ``raw_row``."""
    return Opening(OPENED, _encoder.encode(span), key)


def raw_span(span: Span) -> RawSpan:
    """A span as it is journalled. Raises as ``raw_row``."""
    return RawSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        otel_kind=span.otel_kind,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status=span.status,
        status_message=span.status_message,
        attributes=dict(span.attributes),
        resource=msgspec.Raw(_encoder.encode(span.resource)),
        scope_name=span.scope.name,
        scope_version=span.scope.version,
        source=span.source,
        events=tuple(RawEvent(event.time_ns, event.name, dict(event.attributes)) for event in span.events),
        links=tuple(RawLink(link.trace_id, link.span_id, dict(link.attributes)) for link in span.links),
    )


def attributes_of(raw: RawSpan) -> Mapping[str, Any]:
    """All attributes, with those that were still unread."""
    return {**raw.attributes, **unread_attributes(raw.asked, raw.answered)}


def span_of_raw(raw: RawSpan, resource: Mapping[str, Any]) -> Span:
    """The span that was journalled."""
    return Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_span_id=raw.parent_span_id,
        name=raw.name,
        otel_kind=raw.otel_kind,
        start_ns=raw.start_ns,
        end_ns=raw.end_ns,
        status=raw.status,
        status_message=raw.status_message,
        attributes=attributes_of(raw),
        events=tuple(SpanEvent(event.time_ns, event.name, event.attributes) for event in raw.events),
        links=tuple(SpanLink(link.trace_id, link.span_id, link.attributes) for link in raw.links),
        resource=resource,
        scope=Scope(raw.scope_name, raw.scope_version),
        source=raw.source,
    )


def expansion(options: dict[str, Any]) -> "Expander":
    """What a store process makes of journalled rows. ``options`` are those of ``Keeping``."""
    return Expander(msgspec.convert(options, Keeping))


class Expander:
    """A ``storage.leisure.Expand``: spans become rows of ``spans`` and ``span_content``; rows of other tables pass as they are."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._resources: dict[bytes, dict[str, Any]] = {}

    def __call__(self, journalled: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
        """Rows by table, in the order of the tables' names."""
        made: dict[str, list[bytes]] = {table: data for table, data in journalled.items() if table not in (SPANS, OPENED)}
        for table, make in ((SPANS, self._rows), (OPENED, self._opening)):
            for data in journalled.get(table, ()):
                for row in self._made(data, make):
                    made.setdefault(row.table, []).append(row.data)
        return dict(sorted(made.items()))

    def _made(self, data: bytes, make: Callable[[Span], Sequence[Row | Opening]]) -> Sequence[Row | Opening]:
        try:
            return make(self._span(data))
        except Exception as error:  # noqa: BLE001 - whatever it is, one span must not hold up all that follow it
            return [_unreadable(error, data)]

    def _rows(self, span: Span) -> list[Row]:
        return rows(span, read_facts(span), retention_days=self._keeping.retention_days, content=self._keeping.content)

    def _opening(self, span: Span) -> list[Opening]:
        return [opening(span, retention_days=self._keeping.retention_days)]

    def _span(self, data: bytes) -> Span:
        raw = _decoder.decode(data)
        packed = bytes(raw.resource)
        resource = self._resources.get(packed)
        if resource is None:
            # A program that writes something new into each resource must not fill the memory.
            if len(self._resources) >= _RESOURCES:
                self._resources.clear()
            resource = self._resources[packed] = _mappings.decode(packed)
        return span_of_raw(raw, resource)


_RESOURCES: Final = 256


def _unreadable(error: Exception, data: bytes) -> Row:
    """A row that ClickHouse will refuse, so that what was journalled lies among the rejected."""
    logger.error("a span cannot be made into rows: %s", type(error).__name__)
    return Row("spans", msgspec.json.encode({"unreadable_span": data, "error": type(error).__name__}))
