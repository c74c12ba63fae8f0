"""Our own errors in OpenAI's words: as a body, and as the event that ends a broken stream.

Its SDKs raise on any event with an ``error`` member, and take a stream that just ends for a whole one.
"""

from collections.abc import Iterable

import msgspec

from gateway.errors import GatewayError
from gateway.types import Reply

__all__ = ("error_body", "error_event", "refused")


def error_body(error: GatewayError) -> bytes:
    """OpenAI's error object."""
    return msgspec.json.encode({"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}})


def error_event(error: GatewayError) -> bytes:
    """A server-sent event that holds it. The blank line in front ends an event that the upstream left unfinished."""
    return b"\n\ndata: " + error_body(error) + b"\n\n"


def refused(error: GatewayError, trace_id: str = "", headers: Iterable[tuple[bytes, bytes]] = ()) -> Reply:
    """The reply that tells one of our own errors."""
    return Reply(status=error.status, headers=[(b"content-type", b"application/json"), *headers], trace_id=trace_id, body=error_body(error))
