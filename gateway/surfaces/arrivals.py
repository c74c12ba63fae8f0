"""A request as it arrived at a surface."""

from time import perf_counter_ns, time_ns
from typing import Any

import msgspec
from litestar.types import HTTPScope

from gateway.types import Inbound, Operation

__all__ = ("Arrival", "content_type")


class Arrival(msgspec.Struct, frozen=True):
    """When a request began to arrive: wall-clock time, and the performance counter, in nanoseconds."""

    received_ns: int
    started: int

    @classmethod
    def now(cls) -> "Arrival":
        """The arrival of a request at this moment."""
        return cls(time_ns(), perf_counter_ns())

    def inbound(self, scope: HTTPScope, operation: Operation, body: bytes, **told: Any) -> Inbound:
        """The request, now that its body is here. ``told`` are further members of ``Inbound``."""
        client = scope["client"]
        return Inbound(
            operation=operation,
            body=body,
            headers=scope["headers"],
            received_ns=self.received_ns,
            started=self.started,
            address=client[0] if client else "",
            **told,
        )


def content_type(scope: HTTPScope) -> str:
    """The type of a request's body; JSON where nothing is said."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), "application/json")
