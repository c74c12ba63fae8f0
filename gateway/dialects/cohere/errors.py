"""Cohere's errors: a message, and the status.

https://docs.cohere.com/reference/errors
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from gateway.dialects.failures import kind_of_status, request_id
from gateway.dialects.types import Failure, FailureKind
from tracing.unreadable import UNREADABLE

__all__ = ("read_error",)

BLOCKED: Final = 498
"""Blocked input or output; 499 is a request that somebody cancelled."""


class Told(msgspec.Struct):
    """The body of an error; ``detail`` is the one of what stands in front of the API."""

    message: str | None = None
    detail: str | None = None


def read_error(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
    """See ``UpstreamDialect.read_error``."""
    try:
        told = msgspec.json.decode(body, type=Told)
    except UNREADABLE:
        told = Told()
    message = told.message or told.detail or f"The provider answered {status} without a message."
    kind = FailureKind.INVALID_REQUEST if status == BLOCKED else kind_of_status(status)
    return Failure(status=400 if status == BLOCKED else status, kind=kind, message=message, request_id=request_id(headers))
