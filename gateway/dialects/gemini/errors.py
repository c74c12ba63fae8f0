"""Google's errors: https://cloud.google.com/apis/design/errors. Some come wrapped in a list."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.failures import kind_of_status, request_id
from gateway.dialects.types import Failure, FailureKind
from tracing.unreadable import UNREADABLE

__all__ = ("error_event", "failure_in", "read_error", "write_error")

_STATES: Final[Mapping[FailureKind, str]] = {
    FailureKind.INVALID_REQUEST: "INVALID_ARGUMENT",
    FailureKind.AUTHENTICATION: "UNAUTHENTICATED",
    FailureKind.PERMISSION: "PERMISSION_DENIED",
    FailureKind.NOT_FOUND: "NOT_FOUND",
    FailureKind.TOO_LARGE: "INVALID_ARGUMENT",
    FailureKind.RATE_LIMIT: "RESOURCE_EXHAUSTED",
    FailureKind.OVERLOADED: "UNAVAILABLE",
    FailureKind.TIMEOUT: "DEADLINE_EXCEEDED",
    FailureKind.SERVER: "INTERNAL",
}


def read_error(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
    """See ``UpstreamDialect.read_error``."""
    try:
        sent = msgspec.json.decode(body)
    except UNREADABLE:
        sent = None
    if isinstance(sent, list) and sent:
        sent = sent[0]
    failure = failure_in(sent.get("error") if isinstance(sent, dict) else None, status)
    return msgspec.structs.replace(failure, status=status, kind=kind_of_status(status), request_id=request_id(headers))


def failure_in(error: Any, status: int) -> Failure:
    """An ``error`` member."""
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    status = code if isinstance(code, int) and code >= 400 else status
    message = str(told.get("message") or f"The provider answered {status} without a message.")
    return Failure(status=status, kind=kind_of_status(status), message=message, code=str(told["status"]) if "status" in told else None)


def write_error(failure: Failure) -> bytes:
    """Google's error object."""
    return msgspec.json.encode({"error": {"code": failure.status, "message": failure.message, "status": _STATES[failure.kind]}})


def error_event(failure: Failure) -> bytes:
    """See ``ClientDialect.error_event``."""
    return b"\n\ndata: " + write_error(failure) + b"\n\n"
