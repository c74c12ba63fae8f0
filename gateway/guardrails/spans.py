"""Verdicts as spans of kind ``GUARDRAIL``, beneath the span of their request."""

from collections.abc import Sequence

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from gateway.policies import Verdict

__all__ = ("record_verdicts",)


def record_verdicts(tracer: Tracer, request: Span, verdicts: Sequence[Verdict]) -> None:
    """A span for each verdict, with the times that were noted."""
    context = set_span_in_context(request)
    for verdict in verdicts:
        kind = {"gen_ai.operation.name": "apply_guardrail", "openinference.span.kind": "GUARDRAIL"}
        attributes = {**kind, "tidegate.guardrail": verdict.name, **verdict.attributes}
        span = tracer.start_span(
            f"guardrail {verdict.name}", context=context, kind=SpanKind.INTERNAL, attributes=attributes, start_time=verdict.started_ns
        )
        if verdict.error:
            span.set_status(Status(StatusCode.ERROR, verdict.error))
        span.end(verdict.ended_ns)
