"""What an answer says, and what is said in place of one."""

from enum import StrEnum

import msgspec

from gateway.dialects.types.messages import Part

__all__ = ("Answer", "Candidate", "Failure", "FailureKind", "Finish", "Tokens")


class Finish(StrEnum):
    """Why a generation ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens in buckets that share none: ``input`` is without what a cache gave or took, ``output`` without ``reasoning``. ``None``: not said.

    Where a vendor counts reasoning within its output and does not tell how much, ``reasoning`` is ``None`` and ``output`` holds both.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None

    @property
    def prompt(self) -> int | None:
        """All input. Audio is a part of ``input``, told apart for its price."""
        return _sum(self.input, self.cache_read, self.cache_write, self.cache_write_1h)

    @property
    def completion(self) -> int | None:
        """All output tokens."""
        return _sum(self.output, self.reasoning)

    def merged(self, later: "Tokens") -> "Tokens":
        """These figures, replaced by those of a later report where it gives any: counts in a stream are cumulative."""
        return Tokens(
            **{name: getattr(later, name) if getattr(later, name) is not None else getattr(self, name) for name in self.__struct_fields__}
        )


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One of the answers that were asked for. ``finish`` is ``None`` only while it is unknown."""

    parts: tuple[Part, ...] = ()
    finish: Finish | None = None
    index: int = 0
    stop_sequence: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. ``created`` is in seconds since the epoch."""

    id: str | None = None
    model: str | None = None
    candidates: tuple[Candidate, ...] = ()
    tokens: Tokens | None = None
    created: int | None = None


class FailureKind(StrEnum):
    """What is wrong, in words that every dialect has its own for."""

    INVALID_REQUEST = "invalid_request"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    SERVER = "server"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error: ours, or an upstream's. ``code`` and ``param`` where somebody gave them; ``status`` is the HTTP status that goes with it."""

    status: int
    kind: FailureKind
    message: str
    code: str | None = None
    param: str | None = None
    request_id: str | None = None


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
