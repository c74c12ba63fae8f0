"""What can go wrong in tracing.

::

    TracingError
    ├── BadRequest            400: the caller can fix it
    │   ├── FilterError       a filter that does not parse, or names what is not there
    │   ├── BadCursor         a cursor that no page of ours gave out
    │   ├── BadOrder          an order that is not offered
    │   ├── BadAssessment     feedback that contradicts itself
    │   └── OtlpError         a body that is not an OTLP request
    │       ├── UnsupportedEncoding   415: neither protobuf nor JSON, or a compression that is not read
    │       └── BodyTooLarge          413: more bytes than are read, before or after decompression
    ├── NotFound              404
    │   ├── TraceNotFound
    │   └── SpanNotFound
    └── Unavailable           503: try again later
        ├── JournalFull       spans cannot be taken now
        └── StoreUnavailable  the telemetry database does not answer

Each class knows its HTTP status and the code that clients see.
"""

from typing import ClassVar

__all__ = (
    "BadAssessment",
    "BadCursor",
    "BadOrder",
    "BadRequest",
    "BodyTooLarge",
    "FilterError",
    "JournalFull",
    "NotFound",
    "OtlpError",
    "SpanNotFound",
    "StoreUnavailable",
    "TraceNotFound",
    "TracingError",
    "Unavailable",
    "UnsupportedEncoding",
)


class TracingError(Exception):
    """The parent of all. ``hint`` says how to fix it, ``""`` when nobody knows."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadRequest(TracingError):
    """The request cannot be understood; sending it again changes nothing."""

    status = 400
    code = "bad_request"


class FilterError(BadRequest):
    """A filter is wrong at ``position``, counted in characters from 0."""

    code = "bad_filter"

    def __init__(self, message: str, *, position: int, hint: str = "") -> None:
        super().__init__(f"{message} at position {position}", hint=hint)
        self.position = position


class BadCursor(BadRequest):
    """A cursor was not made by this version for this order."""

    code = "bad_cursor"


class BadOrder(BadRequest):
    """There is no such order."""

    code = "bad_order"


class BadAssessment(BadRequest):
    """An assessment lacks a value, or has both a value and an error."""

    code = "bad_assessment"


class OtlpError(BadRequest):
    """A body is not the request that its content type says."""

    code = "bad_otlp_request"


class UnsupportedEncoding(OtlpError):
    """The content type or the content encoding is none of those that are read."""

    status = 415
    code = "unsupported_encoding"


class BodyTooLarge(OtlpError):
    """The body, or what it decompresses to, is larger than the limit."""

    status = 413
    code = "body_too_large"


class NotFound(TracingError):
    """What was asked for is not stored."""

    status = 404
    code = "not_found"


class TraceNotFound(NotFound):
    """No span of this trace is stored."""

    code = "trace_not_found"

    def __init__(self, trace_id: str) -> None:
        super().__init__(
            f"no trace {trace_id!r} is stored",
            hint="a trace id is 32 hexadecimal digits; a trace older than its retention is gone; list them with GET /api/v1/traces",
        )


class SpanNotFound(NotFound):
    """The trace has no such span."""

    code = "span_not_found"

    def __init__(self, trace_id: str, span_id: str) -> None:
        super().__init__(f"trace {trace_id!r} has no span {span_id!r}", hint="its spans are listed by GET /api/v1/traces/{trace_id}")


class Unavailable(TracingError):
    """Something that is needed does not answer now; the same request may work later."""

    status = 503
    code = "unavailable"


class JournalFull(Unavailable):
    """The journal has reached its limit: nothing of the request was kept."""

    code = "journal_full"


class StoreUnavailable(Unavailable):
    """Traces cannot be read now. What was received is kept in the journal."""

    code = "store_unavailable"
