"""Our own spans, through OpenTelemetry's API: a tracer and spans that do what the gateway needs of them and nothing else.

The SDK's span checks each attribute, keeps bounded collections behind locks, and asks a sampler, a limit and every processor; a request of the
gateway, which begins and ends one span, pays for that as much as for being answered (docs/decisions/0011-live-spans.md). These
spans are written by us alone, so what they hold is known to be right; whoever has an OpenTelemetry ``Tracer`` in hand may use them all the same.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import Any, Final

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    get_current_span,
    use_span,
)
from opentelemetry.util.types import Attributes, AttributeValue
from typing_extensions import override

from tracing import types
from tracing.raw import RawEvent, RawLink, RawSpan

__all__ = ("LiveSpan", "LiveTracer", "Parent")

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_NO_STATE: Final = TraceState()
_STATUS: Final = {StatusCode.UNSET: types.Status.UNSET, StatusCode.OK: types.Status.OK, StatusCode.ERROR: types.Status.ERROR}


class Parent(msgspec.Struct, frozen=True):
    """The span that another one belongs under: identifiers in lower-case hexadecimal, and W3C ``tracestate``."""

    trace_id: str
    span_id: str
    state: str = ""


Notify = Callable[["LiveSpan"], None]


class LiveSpan(Span):
    """A span while it lasts. Not for use by several threads at once. What is said after ``end`` is not heard."""

    __slots__ = ("_ended", "parent", "raw", "state", "tell")

    def __init__(self, raw: RawSpan, state: str, tell: Notify) -> None:
        self.raw = raw
        self.state = state
        self.tell = tell
        self._ended = False

    @property
    def traceparent(self) -> str:
        """The W3C header for whoever is called within this span."""
        return f"00-{self.raw.trace_id}-{self.raw.span_id}-01"

    @override
    def get_span_context(self) -> SpanContext:
        state = TraceState.from_header([self.state]) if self.state else _NO_STATE
        return SpanContext(int(self.raw.trace_id, 16), int(self.raw.span_id, 16), is_remote=False, trace_flags=_SAMPLED, trace_state=state)

    @override
    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        if not self._ended:
            self.raw.attributes.update(attributes)

    @override
    def set_attribute(self, key: str, value: AttributeValue) -> None:
        if not self._ended:
            self.raw.attributes[key] = value

    def said(self, asked: bytes, answered: bytes) -> None:
        """What was said, as ``RawSpan`` has it: read when the span is stored. Empty: nothing, or what an attribute tells already."""
        if not self._ended:
            self.raw.asked, self.raw.answered = asked, answered

    @override
    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        if not self._ended:
            self.raw.events = (*self.raw.events, RawEvent(timestamp or time_ns(), name, dict(attributes or {})))

    @override
    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        if not self._ended:
            self.raw.links = (*self.raw.links, _link(Link(context, attributes)))

    @override
    def update_name(self, name: str) -> None:
        if not self._ended:
            self.raw.name = name

    @override
    def is_recording(self) -> bool:
        return not self._ended

    @override
    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """As the API: a status of OK is final, and UNSET changes nothing."""
        code = status.status_code if isinstance(status, Status) else status
        if self._ended or code is StatusCode.UNSET or self.raw.status is types.Status.OK:
            return
        said = status.description if isinstance(status, Status) else description
        self.raw.status, self.raw.status_message = _STATUS[code], (said or "") if code is StatusCode.ERROR else ""

    def succeeded(self) -> None:
        """Set the status of OK."""
        if not self._ended:
            self.raw.status, self.raw.status_message = types.Status.OK, ""

    @override
    def record_exception(
        self, exception: BaseException, attributes: Attributes = None, timestamp: int | None = None, escaped: bool = False
    ) -> None:
        kind = type(exception)
        known = {"exception.type": f"{kind.__module__}.{kind.__qualname__}", "exception.message": str(exception)}
        self.add_event("exception", {**known, **(attributes or {})}, timestamp)

    @override
    def end(self, end_time: int | None = None) -> None:
        """Write the span down; when this returns it is in the journal. A second call does nothing."""
        if self._ended:
            return
        self._ended = True
        self.raw.end_ns = end_time or time_ns()
        self.tell(self)


class LiveTracer(Tracer):
    """Begins spans of one scope. ``begin`` is told of each as it starts, if anybody wants to know, and ``end`` as it ends.

    ``settle`` has written down, when it returns, that all those began that have.
    """

    def __init__(
        self,
        resource: Mapping[str, Any],
        scope: types.Scope,
        begin: Notify | None,
        end: Notify,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self._resource = msgspec.Raw(msgspec.msgpack.encode(resource))
        self._scope = scope
        self._begin = begin
        self._end = end
        self.settle = settle

    def begin(
        self,
        name: str,
        parent: Parent | None,
        attributes: dict[str, Any],
        start_ns: int,
        kind: str = "CLIENT",
        links: tuple[RawLink, ...] = (),
    ) -> LiveSpan:
        """Begin a span; ``attributes`` becomes the span's own."""
        trace_id = f"{random.getrandbits(128) or 1:032x}" if parent is None else parent.trace_id
        raw = RawSpan(
            trace_id=trace_id,
            span_id=f"{random.getrandbits(64) or 1:016x}",
            parent_span_id=None if parent is None else parent.span_id,
            name=name,
            otel_kind=kind,
            start_ns=start_ns,
            end_ns=start_ns,
            status=types.Status.UNSET,
            status_message="",
            attributes=attributes,
            resource=self._resource,
            scope_name=self._scope.name,
            scope_version=self._scope.version,
            source="gateway",
            links=links,
        )
        span = LiveSpan(raw, "" if parent is None else parent.state, self._end)
        if self._begin is not None:
            self._begin(span)
        return span

    @override
    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> LiveSpan:
        parent = get_current_span(context).get_span_context()
        return self.begin(
            name,
            Parent(f"{parent.trace_id:032x}", f"{parent.span_id:016x}", parent.trace_state.to_header()) if parent.is_valid else None,
            dict(attributes or {}),
            start_time or time_ns(),
            kind.name,
            tuple(map(_link, links or ())),
        )

    @contextmanager
    @override
    def start_as_current_span(  # type: ignore[override]  # the API's own decorator, which also fits async functions, is private
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[LiveSpan]:
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span


def _link(link: Link) -> RawLink:
    return RawLink(f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}", dict(link.attributes or {}))
