"""What a vendor's answer, or the lack of one, says: the failure it is, or none."""

import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.errors import GatewayError, UpstreamTimeout, UpstreamUnreachable
from gateway.resilience.types import Failure, Reason
from gateway.types import Observation

__all__ = ("READ_STATUSES", "is_begun", "of_answer", "of_error", "of_observation", "retry_after")

READ_STATUSES: Final = frozenset({400, 403, 413, 422})
"""Statuses whose body may say that another model could answer."""

PHRASES: Final[tuple[tuple[Reason, re.Pattern[bytes]], ...]] = (
    (
        Reason.CONTEXT_WINDOW,
        re.compile(
            rb"context_length_exceeded|context_window_exceeded|maximum context length|context window|prompt is too long"
            rb"|input is too long|input token count|too many (?:input )?tokens|exceeds? the (?:model's )?(?:maximum|max)[a-z ]* tokens",
            re.IGNORECASE,
        ),
    ),
    (
        Reason.CONTENT_POLICY,
        re.compile(
            rb"content_policy|content_filter|content filter|content management policy|ResponsibleAIPolicyViolation|safety system"
            rb"|blocked by (?:our )?content|PROHIBITED_CONTENT|guardrail_intervened",
            re.IGNORECASE,
        ),
    ),
)
"""How vendors say it: OpenAI and Groq by code, Anthropic, Gemini, Bedrock, Cohere, vLLM and Mistral in prose, Azure by both."""

POLICY_FINISHES: Final = frozenset({"content_filter", "refusal", "SAFETY", "guardrail_intervened"})


def of_answer(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, now: float) -> Failure | None:
    """The failure that a whole answer is, ``None`` for a success. ``now`` is wall-clock time in seconds, for dates in ``retry-after``."""
    if status < 400:
        return None
    told = dict(headers)
    word = told.get(b"x-should-retry")
    return Failure(
        reason=_reason(status, body),
        status=status,
        retry_after=retry_after(told, now),
        should_retry=None if word not in (b"true", b"false") else word == b"true",
    )


def of_error(error: GatewayError) -> Failure:
    """The failure that one of our own errors is."""
    if isinstance(error, UpstreamTimeout):
        return Failure(reason=Reason.TIMEOUT)
    return Failure(reason=Reason.UNREACHABLE if isinstance(error, UpstreamUnreachable) else Reason.BROKEN)


def of_observation(observation: Observation) -> Failure | None:
    """The failure inside an answer of status 200: an error member, or an answer that the vendor's filter kept back, all of it or its end."""
    if observation.error is not None:
        return Failure(reason=Reason.BROKEN)
    if POLICY_FINISHES.intersection(observation.finish_reasons):
        return Failure(reason=Reason.CONTENT_POLICY)
    return None


def is_begun(observation: Observation) -> bool:
    """Whether an answer says anything yet, or how it ends: no filter turns it into a refusal that says nothing from there on."""
    if observation.error is not None or observation.finish_reasons:
        return True
    return any(part.get("content") or part.get("name") for message in observation.messages for part in message.parts)


def retry_after(headers: Mapping[bytes, bytes], now: float) -> float | None:
    """Seconds to wait by ``retry-after-ms``, else by ``retry-after`` (seconds or a date); ``None`` when neither can be read."""
    milliseconds = _number(headers.get(b"retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get(b"retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text.decode("latin-1")).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _reason(status: int, body: bytes) -> Reason:
    if status not in READ_STATUSES:
        return Reason.STATUS
    return next((reason for reason, phrase in PHRASES if phrase.search(body)), Reason.STATUS)


def _number(text: bytes | None) -> float | None:
    """A number of seconds that can be waited for: not negative, not NaN, not endless."""
    try:
        value = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None
