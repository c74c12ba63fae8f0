"""Our own errors in OpenAI's words: as a body, and as the event that ends a broken stream.

Its SDKs raise on any event with an ``error`` member, and take a stream that just ends for a whole one.
"""

import msgspec

from gateway.errors import GatewayError

__all__ = ("error_body", "error_event")


def error_body(error: GatewayError) -> bytes:
    """OpenAI's error object."""
    return msgspec.json.encode({"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}})


def error_event(error: GatewayError) -> bytes:
    """A server-sent event that holds it. The blank line in front ends an event that the upstream left unfinished."""
    return b"\n\ndata: " + error_body(error) + b"\n\n"
