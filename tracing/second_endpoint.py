"""A second OTLP endpoint for our own spans, through the SDK's exporter."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from config.schema import OtlpExportSettings
from config.settings.detection import DetectionSettings
from tracing.exporting import RedactingExporter
from tracing.raw import RawSpan, attributes_of
from tracing.redaction import Redactor

__all__ = ("SecondEndpoint",)

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_CODES: Final = {"OK": StatusCode.OK, "ERROR": StatusCode.ERROR}


class SecondEndpoint:
    """Implements ``tracing.provider.Exporter``.

    The SDK retries in a thread of its own and drops when its queue is full: requests never notice it. Its log holds URLs at worst.
    """

    def __init__(self, processor: SpanProcessor, resource: Resource) -> None:
        self._processor = processor
        self._resource = resource

    @classmethod
    def open(cls, otlp: OtlpExportSettings, redact: DetectionSettings | None, resource: Resource) -> "SecondEndpoint":
        """The endpoint of ``telemetry.otlp``; spans leave as ``telemetry.redact`` has them."""
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        headers = {name: secret.reveal() for name, secret in otlp.headers.items()}
        exporter = OTLPSpanExporter(endpoint=otlp.endpoint, headers=headers)
        redactor = Redactor.of(redact)
        return cls(BatchSpanProcessor(exporter if redactor is None else RedactingExporter(exporter, redactor)), resource)

    def export(self, span: RawSpan) -> None:
        """See ``Exporter.export``."""
        self._processor.on_end(_readable(span, self._resource))

    def shutdown(self) -> None:
        """See ``Exporter.shutdown``."""
        self._processor.shutdown()


def _readable(raw: RawSpan, resource: Resource) -> ReadableSpan:
    """A finished span as the SDK's exporters take it."""
    return ReadableSpan(
        name=raw.name,
        context=_context(raw.trace_id, raw.span_id),
        parent=None if raw.parent_span_id is None else _context(raw.trace_id, raw.parent_span_id),
        resource=resource,
        attributes=_attributes(attributes_of(raw)),
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
    """Attributes as the SDK takes them: it knows no unknown value, and takes a sequence for a tuple."""
    return {key: value for key, value in attributes.items() if value is not None}
