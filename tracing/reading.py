"""What one convention says about a span. ``None``: it says nothing, and the next convention is asked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from tracing.types import SpanKind

__all__ = ("Reading", "merge")


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts as read, not yet made consistent.

    ``system``, ``input``, ``output`` and ``tools`` are JSON text. ``exclusive_usage``: input tokens leave out what a cache served.
    """

    kind: SpanKind | None = None
    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    finish_reasons: tuple[str, ...] | None = None
    streaming: bool | None = None
    ttft_ns: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    exclusive_usage: bool | None = None
    usage_estimated: bool | None = None
    cost_input: Decimal | None = None
    cost_output: Decimal | None = None
    cost_total: Decimal | None = None
    error_type: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    tags: tuple[str, ...] | None = None
    agent_name: str | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    run_id: str | None = None
    model_id: str | None = None
    route: str | None = None
    judge_name: str | None = None
    system: str | None = None
    input: str | None = None
    output: str | None = None
    tools: str | None = None


def merge(readings: Sequence[Reading]) -> Reading:
    """Take each field from the first reading that has it, but token counts from one: two ways of counting never mix.

    Another reading that counts the same input may still say how much of it a cache served.
    """
    if len(readings) == 1:
        return readings[0]
    usage = next((reading for reading in readings if reading.input_tokens is not None or reading.output_tokens is not None), None)
    fields: dict[str, object] = {}
    for reading in readings:
        for name in _FIELDS:
            if name not in fields and (value := getattr(reading, name)) is not None and _counts(name, reading, usage):
                fields[name] = value
    return Reading(**fields)  # type: ignore[arg-type]  # names and values come from readings, field by field


_FIELDS: Final = Reading.__struct_fields__
_TOTALS: Final = frozenset({"input_tokens", "output_tokens", "exclusive_usage"})
_DETAILS: Final = frozenset({"cache_read_tokens", "cache_write_tokens", "reasoning_tokens"})


def _counts(name: str, reading: Reading, usage: Reading | None) -> bool:
    if usage is None or reading is usage:
        return True
    return name not in _TOTALS and (name not in _DETAILS or reading.input_tokens in (None, usage.input_tokens))
