"""Anthropic's errors.

https://docs.anthropic.com/en/api/errors. Its SDKs ignore an event of a stream whose name they do not know, so an error has to be named so.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.failures import kind_of_status, request_id
from gateway.dialects.types import Failure, FailureKind
from tracing.unreadable import UNREADABLE

__all__ = ("error_event", "failure_in", "read_error", "write_error")

_TYPES: Final[Mapping[FailureKind, str]] = {
    FailureKind.INVALID_REQUEST: "invalid_request_error",
    FailureKind.AUTHENTICATION: "authentication_error",
    FailureKind.PERMISSION: "permission_error",
    FailureKind.NOT_FOUND: "not_found_error",
    FailureKind.TOO_LARGE: "request_too_large",
    FailureKind.RATE_LIMIT: "rate_limit_error",
    FailureKind.OVERLOADED: "overloaded_error",
    FailureKind.TIMEOUT: "timeout_error",
    FailureKind.SERVER: "api_error",
}
_KINDS: Final = {name: kind for kind, name in _TYPES.items()}


def read_error(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
    """See ``UpstreamDialect.read_error``."""
    try:
        sent = msgspec.json.decode(body)
    except UNREADABLE:
        sent = None
    sent = sent if isinstance(sent, dict) else {}
    failure = failure_in(sent.get("error"), status)
    named = sent.get("request_id")
    return msgspec.structs.replace(failure, status=status, request_id=named if isinstance(named, str) else request_id(headers))


def failure_in(error: Any, status: int | None = None) -> Failure:
    """An ``error`` member; in a stream it comes without a status."""
    told = error if isinstance(error, dict) else {}
    kind = _KINDS.get(str(told.get("type"))) or kind_of_status(status or 502)
    message = str(told.get("message") or f"The provider answered {status or 'with an error'} without a message.")
    return Failure(status=status or _status(kind), kind=kind, message=message, code=str(told["type"]) if "type" in told else None)


def write_error(failure: Failure) -> bytes:
    """Anthropic's error object."""
    error = {"type": _TYPES[failure.kind], "message": failure.message}
    return msgspec.json.encode({"type": "error", "error": error, "request_id": failure.request_id})


def error_event(failure: Failure) -> bytes:
    """See ``ClientDialect.error_event``."""
    return b"\n\nevent: error\ndata: " + write_error(failure) + b"\n\n"


def _status(kind: FailureKind) -> int:
    return {FailureKind.RATE_LIMIT: 429, FailureKind.OVERLOADED: 529, FailureKind.TIMEOUT: 504}.get(kind, 502)
