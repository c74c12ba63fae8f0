"""Where our own spans come from, and go: the journal always, and a second OTLP endpoint where one is configured.

A gateway span is written down as it starts, so that it is stored as interrupted if the process dies; every span of ours is written down as
it ends, before ``end()`` returns. The second endpoint gets the same spans from the SDK's exporter, in the background.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TracerProvider
from opentelemetry.util.types import Attributes
from typing_extensions import override

from config.schema import OtlpExportSettings, TelemetrySettings
from tracing import types
from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.exporting import RedactingExporter
from tracing.ingest import SpanSink
from tracing.live import LiveSpan, LiveTracer
from tracing.raw import RawSpan
from tracing.redaction import Redactor

__all__ = ("SpanProvider", "build_tracer_provider")

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_CODES: Final = {"OK": StatusCode.OK, "ERROR": StatusCode.ERROR}


class SpanProvider(TracerProvider):
    """Gives tracers whose spans reach ``sink``, and ``exporter`` if there is one."""

    def __init__(self, sink: SpanSink, resource: Resource, exporter: SpanProcessor | None = None) -> None:
        self._sink = sink
        self._resource = resource
        self._exporter = exporter

    @override
    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> LiveTracer:
        scope = types.Scope(instrumenting_module_name, instrumenting_library_version or "")
        begin = self._begun if scope.name == GATEWAY_SCOPE else None
        return LiveTracer(dict(self._resource.attributes), scope, begin, self._ended)

    def shutdown(self) -> None:
        """Send what is left to the second endpoint, and stop."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def _begun(self, span: LiveSpan) -> None:
        self._sink.begin_own(span.raw)

    def _ended(self, span: LiveSpan) -> None:
        self._sink.put_own(span.raw)
        if self._exporter is not None:
            self._exporter.on_end(_readable(span.raw, self._resource))


def build_tracer_provider(settings: TelemetrySettings, sink: SpanSink, version: str) -> SpanProvider:
    """A provider whose spans reach ``sink``, and the second endpoint when one is configured."""
    resource = Resource({"service.name": "tidegate", "service.version": version})
    return SpanProvider(sink, resource, None if settings.otlp is None else _exporter(settings.otlp, Redactor.of(settings.redact)))


def _exporter(otlp: OtlpExportSettings, redactor: Redactor | None) -> SpanProcessor:
    """It retries in a thread of its own and drops when its queue is full: requests never notice it. Its log holds URLs at worst."""
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
    headers = {name: secret.reveal() for name, secret in otlp.headers.items()}
    exporter = OTLPSpanExporter(endpoint=otlp.endpoint, headers=headers)
    return BatchSpanProcessor(exporter if redactor is None else RedactingExporter(exporter, redactor))


def _readable(raw: RawSpan, resource: Resource) -> ReadableSpan:
    """A finished span as the SDK's exporters take it."""
    return ReadableSpan(
        name=raw.name,
        context=_context(raw.trace_id, raw.span_id),
        parent=None if raw.parent_span_id is None else _context(raw.trace_id, raw.parent_span_id),
        resource=resource,
        attributes=_attributes(raw.attributes),
        events=[Event(event.name, _attributes(event.attributes), event.time_ns) for event in raw.events],
        links=[Link(_context(link.trace_id, link.span_id), _attributes(link.attributes)) for link in raw.links],
        kind=SpanKind[raw.otel_kind],
        status=Status(_CODES.get(raw.status, StatusCode.UNSET), raw.status_message or None),
        start_time=raw.start_ns,
        end_time=raw.end_ns,
        instrumentation_scope=InstrumentationScope(raw.scope_name, raw.scope_version),
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=_SAMPLED)


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The SDK knows no unknown value, and takes a sequence for a tuple."""
    return {key: value for key, value in attributes.items() if value is not None}
