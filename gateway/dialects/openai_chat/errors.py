"""OpenAI's errors, which its Responses share.

https://platform.openai.com/docs/guides/error-codes. Its SDKs raise on any event of a stream with an ``error`` member, and take a stream that just
ends for a whole one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.failures import kind_of_status, request_id
from gateway.dialects.types import Failure, FailureKind
from tracing.unreadable import UNREADABLE

__all__ = ("error_event", "failure_in", "read_error", "write_error")

_TYPES: Final[Mapping[FailureKind, str]] = {
    FailureKind.AUTHENTICATION: "authentication_error",
    FailureKind.PERMISSION: "permission_error",
    FailureKind.RATE_LIMIT: "rate_limit_error",
    FailureKind.OVERLOADED: "server_error",
    FailureKind.TIMEOUT: "api_error",
    FailureKind.SERVER: "api_error",
}
_KINDS: Final = {
    "authentication_error": FailureKind.AUTHENTICATION,
    "permission_error": FailureKind.PERMISSION,
    "rate_limit_error": FailureKind.RATE_LIMIT,
    "rate_limit_exceeded": FailureKind.RATE_LIMIT,
    "insufficient_quota": FailureKind.RATE_LIMIT,
    "invalid_request_error": FailureKind.INVALID_REQUEST,
}


def read_error(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
    """See ``UpstreamDialect.read_error``."""
    try:
        sent = msgspec.json.decode(body)
    except UNREADABLE:
        sent = None
    error = sent.get("error", sent) if isinstance(sent, dict) else sent
    failure = failure_in(error, status)
    return msgspec.structs.replace(failure, status=status, kind=kind_of_status(status), request_id=request_id(headers))


def failure_in(error: Any, status: int) -> Failure:
    """An ``error`` member. Servers put an object there, or only a text."""
    if isinstance(error, str):
        return Failure(status=status, kind=kind_of_status(status), message=error)
    if not isinstance(error, dict):
        return Failure(status=status, kind=kind_of_status(status), message=f"The provider answered {status} without a message.")
    message, code, param = (error.get(name) for name in ("message", "code", "param"))
    return Failure(
        status=status,
        kind=_KINDS.get(str(error.get("type"))) or kind_of_status(status),
        message=str(message) if message else f"The provider answered {status} without a message.",
        code=None if code is None else str(code),
        param=param if isinstance(param, str) else None,
    )


def write_error(failure: Failure) -> bytes:
    """OpenAI's error object."""
    kind = _TYPES.get(failure.kind, "invalid_request_error")
    return msgspec.json.encode({"error": {"message": failure.message, "type": kind, "param": failure.param, "code": failure.code}})


def error_event(failure: Failure) -> bytes:
    """See ``ClientDialect.error_event``."""
    return b"\n\ndata: " + write_error(failure) + b"\n\n"
