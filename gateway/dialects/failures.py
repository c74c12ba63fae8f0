"""Errors between dialects: what a status means, and our own errors in the neutral form. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.dialects.types import Failure, FailureKind
from gateway.errors import GatewayError

__all__ = ("failure_of", "kind_of_status", "request_id")

_KINDS: Final[Mapping[int, FailureKind]] = {
    401: FailureKind.AUTHENTICATION,
    402: FailureKind.PERMISSION,
    403: FailureKind.PERMISSION,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    413: FailureKind.TOO_LARGE,
    429: FailureKind.RATE_LIMIT,
    503: FailureKind.OVERLOADED,
    504: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOADED,
}


def kind_of_status(status: int) -> FailureKind:
    """The kind of a failure, as far as its status tells."""
    return _KINDS.get(status) or (FailureKind.SERVER if status >= 500 else FailureKind.INVALID_REQUEST)


def failure_of(error: GatewayError) -> Failure:
    """One of our own errors in the neutral form."""
    return Failure(status=error.status, kind=kind_of_status(error.status), message=error.message, code=error.code, param=error.param)


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The upstream's name of a request, whichever header it has for it."""
    return next((value.decode("latin-1") for name, value in headers if name in {b"x-request-id", b"request-id"}), None)
