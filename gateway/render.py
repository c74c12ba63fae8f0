"""Our own errors, in the words of the client's dialect. OpenAI's are written here, since they tell more than the neutral form can.

Its SDKs raise on any event with an ``error`` member, and take a stream that just ends for a whole one.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from gateway.dialects.failures import failure_of
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError
from gateway.types import Reply

__all__ = ("error_body", "error_event", "refused")

_OPENAI: Final = frozenset({DialectName.OPENAI_CHAT, DialectName.OPENAI_RESPONSES})
"""Dialects that share one form of errors."""


def error_body(error: GatewayError, dialect: DialectName = DialectName.OPENAI_CHAT) -> bytes:
    """The error object of ``dialect``."""
    if dialect not in _OPENAI:
        return CLIENT_DIALECTS[dialect].write_error(failure_of(error))
    return msgspec.json.encode({"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}})


def error_event(error: GatewayError) -> bytes:
    """A server-sent event that holds it. The blank line in front ends an event that the upstream left unfinished."""
    return b"\n\ndata: " + error_body(error) + b"\n\n"


def refused(
    error: GatewayError,
    trace_id: str = "",
    headers: Iterable[tuple[bytes, bytes]] = (),
    dialect: DialectName = DialectName.OPENAI_CHAT,
) -> Reply:
    """The reply that tells one of our own errors."""
    typed = [(b"content-type", b"application/json"), *headers]
    return Reply(status=error.status, headers=typed, trace_id=trace_id, body=error_body(error, dialect))
