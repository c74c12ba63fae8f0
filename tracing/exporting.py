"""Spans for a second destination, as they may leave: replaced in the exporter's own thread, never while a request waits."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from typing_extensions import override

from tracing.redaction import REDACTED, Redactor, told

__all__ = ("RedactingExporter",)


class RedactingExporter(SpanExporter):
    """Hands spans on to ``inner`` once ``redactor`` has been over them."""

    def __init__(self, inner: SpanExporter, redactor: Redactor) -> None:
        self._inner = inner
        self._redactor = redactor

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([self._redacted(span) for span in spans])

    @override
    def shutdown(self) -> None:
        self._inner.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)

    def _redacted(self, span: ReadableSpan) -> ReadableSpan:
        counts = Counter[str]()
        attributes = self._attributes(span.attributes, counts)
        events = [Event(event.name, self._attributes(event.attributes, counts), event.timestamp) for event in span.events]
        description = self._attributes({"description": span.status.description or ""}, counts)["description"]
        if counts:
            attributes[REDACTED] = told(counts)
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=attributes,
            events=events,
            links=span.links,
            kind=span.kind,
            status=Status(span.status.status_code, description or None),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _attributes(self, attributes: Any, counts: Counter[str]) -> dict[str, Any]:
        return self._redactor.attributes(dict(attributes or {}), counts)
