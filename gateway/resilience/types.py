"""The words of a route's persistence: why an attempt failed, what a request is, and what is tried next."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from gateway.types import Target

__all__ = ("Facts", "Failure", "Reason", "Step")


class Reason(StrEnum):
    """Why an attempt gave no answer, beyond its status; the words of ``retry_on`` and ``fallback_on``."""

    STATUS = "status"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    CONTEXT_WINDOW = "context_window_exceeded"
    CONTENT_POLICY = "content_policy"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that gave no answer. ``retry_after`` is in seconds; ``should_retry`` is the vendor's own word, ``None`` when it had none."""

    reason: Reason
    status: int | None = None
    retry_after: float | None = None
    should_retry: bool | None = None

    @property
    def word(self) -> str:
        """As headers and spans tell it: ``429``, ``timeout``, ``content_policy``."""
        return str(self.status) if self.reason is Reason.STATUS else self.reason.value

    @property
    def blames_target(self) -> bool:
        """Whether it says something of the target's health, rather than of the request."""
        if self.reason is Reason.STATUS:
            return self.status is not None and (self.status in {408, 429} or self.status >= 500)
        return self.reason in {Reason.TIMEOUT, Reason.UNREACHABLE, Reason.BROKEN}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What routing looks at in a request. ``sticky`` is the text whose requests belong together, ``""`` for none.

    ``account`` is the provider that keeps what the request names; ``""``: nothing, or nobody knows.
    """

    stream: bool = False
    sticky: str = ""
    previous_response: str = ""
    account: str = ""
    metadata: Any = None
    headers: Mapping[bytes, bytes] = {}
    parameters: Mapping[str, Any] = {}


class Step(msgspec.Struct, frozen=True):
    """What is tried next, after ``wait`` seconds."""

    target: Target
    wait: float = 0.0
