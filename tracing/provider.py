"""Where our own spans come from, and go: the journal always, and a second OTLP endpoint where one is configured.

A gateway span is written down when it has started (``tracing.openings``), so that it is stored as interrupted if the process dies; every span of
ours is written down as it ends, before ``end()`` returns. The second endpoint gets the same spans from the SDK's exporter, in the background.
"""

from typing import Protocol

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import TracerProvider
from opentelemetry.util.types import Attributes
from typing_extensions import override

from config.schema import TelemetrySettings
from tracing import types
from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.ingest import SpanSink
from tracing.live import LiveSpan, LiveTracer
from tracing.openings import Openings
from tracing.raw import RawSpan

__all__ = ("Exporter", "SpanProvider", "build_tracer_provider")


class Exporter(Protocol):
    """Who else gets finished spans."""

    def export(self, span: RawSpan) -> None:
        """Take a span, without waiting for where it goes."""
        ...

    def shutdown(self) -> None:
        """Send what is left, and stop."""
        ...


class SpanProvider(TracerProvider):
    """Gives tracers whose spans reach ``sink``, and then each of ``exporters``."""

    def __init__(self, sink: SpanSink, resource: Resource, *exporters: Exporter) -> None:
        self._sink = sink
        self._openings = Openings(sink)
        self._resource = resource
        self._exporters = exporters

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
        return LiveTracer(dict(self._resource.attributes), scope, begin, self._ended, self._openings.write)

    def shutdown(self) -> None:
        """Send what is left to the second endpoint, and stop."""
        self._openings.write()
        for exporter in self._exporters:
            exporter.shutdown()

    def _begun(self, span: LiveSpan) -> None:
        self._openings.begun(span.raw)

    def _ended(self, span: LiveSpan) -> None:
        self._openings.ended(span.raw)
        for exporter in self._exporters:
            exporter.export(span.raw)


def build_tracer_provider(settings: TelemetrySettings, sink: SpanSink, version: str, *exporters: Exporter) -> SpanProvider:
    """A provider whose spans reach ``sink``, ``exporters``, and the second endpoint when one is configured."""
    resource = Resource({"service.name": "tidegate", "service.version": version})
    second = _second_endpoint(settings, resource)
    return SpanProvider(sink, resource, *exporters, *(() if second is None else (second,)))


def _second_endpoint(settings: TelemetrySettings, resource: Resource) -> Exporter | None:
    if settings.otlp is None:
        return None
    # Here, as the SDK's exporter and what it loads take longer to import than all of the tracing package.
    from tracing.second_endpoint import SecondEndpoint

    return SecondEndpoint.open(settings.otlp, settings.redact, resource)
