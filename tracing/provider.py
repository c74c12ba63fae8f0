"""The OpenTelemetry SDK, with the journal as its destination.

A gateway span is written down as it starts, so that it is stored as interrupted if the process dies; every span of ours is written down as
it ends, before ``end()`` returns. A second destination gets the same spans over OTLP, in the background.
"""

import logging
from collections.abc import Mapping
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import StatusCode
from typing_extensions import override

from config.schema import TelemetrySettings
from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.exporting import RedactingExporter
from tracing.ingest import SpanSink
from tracing.redaction import Redactor
from tracing.types import Attribute, Scope, Span, SpanEvent, SpanLink, Status

__all__ = ("JournalSpanProcessor", "build_tracer_provider", "span_of")

_LIMITS: Final = SpanLimits(
    max_attributes=1024,
    max_span_attributes=1024,
    max_events=1024,
    max_links=1024,
    max_event_attributes=128,
    max_link_attributes=128,
    max_attribute_length=SpanLimits.UNSET,
    max_span_attribute_length=SpanLimits.UNSET,
)
_STATUS: Final = {StatusCode.UNSET: Status.UNSET, StatusCode.OK: Status.OK, StatusCode.ERROR: Status.ERROR}


class JournalSpanProcessor(SpanProcessor):
    """Hands spans to the sink, on the caller's thread."""

    def __init__(self, sink: SpanSink, resource: Resource) -> None:
        self._sink = sink
        self._resource = _attributes(resource.attributes)

    @override
    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        scope = span.instrumentation_scope
        if scope is not None and scope.name == GATEWAY_SCOPE:
            self._sink.begin(span_of(span, self._resource))

    @override
    def on_end(self, span: ReadableSpan) -> None:
        self._sink.put([span_of(span, self._resource)])


def build_tracer_provider(settings: TelemetrySettings, sink: SpanSink, version: str) -> TracerProvider:
    """A provider whose spans reach ``sink``, and the second endpoint when one is configured."""
    resource = Resource({"service.name": "tidegate", "service.version": version})
    # Said aloud, as the SDK would else ask the environment: a caller whose own trace is not sampled, or a limit that is meant for another
    # program, must not cost a trace of ours.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False, sampler=ALWAYS_ON, span_limits=_LIMITS)
    provider.add_span_processor(JournalSpanProcessor(sink, resource))
    if settings.otlp is not None:
        # The exporter retries in a thread of its own and drops when its queue is full: requests never notice it. Its log holds URLs at worst.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        headers = {name: secret.reveal() for name, secret in settings.otlp.headers.items()}
        exporter = OTLPSpanExporter(endpoint=settings.otlp.endpoint, headers=headers)
        redactor = Redactor.of(settings.redact)
        provider.add_span_processor(BatchSpanProcessor(exporter if redactor is None else RedactingExporter(exporter, redactor)))
    return provider


def span_of(span: ReadableSpan, resource: Mapping[str, Attribute]) -> Span:
    """A span of the SDK in our own type; ``resource`` is its provider's. One that has not ended yet ends where it starts."""
    context, parent, scope = span.context, span.parent, span.instrumentation_scope
    start = span.start_time or 0
    return Span(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_span_id=f"{parent.span_id:016x}" if parent is not None else None,
        name=span.name,
        otel_kind=span.kind.name,
        start_ns=start,
        end_ns=span.end_time or start,
        status=_STATUS[span.status.status_code],
        status_message=span.status.description or "",
        attributes=_attributes(span.attributes),
        events=tuple(SpanEvent(event.timestamp, event.name, _attributes(event.attributes)) for event in span.events),
        links=tuple(
            SpanLink(f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}", _attributes(link.attributes)) for link in span.links
        ),
        resource=resource,
        scope=Scope(scope.name, scope.version or "") if scope is not None else Scope(),
        source="gateway",
    )


def _attributes(attributes: object) -> dict[str, Attribute]:
    return dict(attributes) if attributes else {}  # type: ignore[call-overload]  # the SDK's own mapping, of OTel's value types
