"""What one convention says about a span. ``None``: it says nothing, and the next convention is asked."""

from decimal import Decimal

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


_FIELDS = Reading.__struct_fields__


def merge(readings: list[Reading]) -> Reading:
    """Take each field from the first reading that has it. Token counts come from one reading, whole: two flavours never mix."""
    if len(readings) == 1:
        return readings[0]
    usage = next((reading for reading in readings if _has_usage(reading)), None)
    fields: dict[str, object] = {}
    for reading in readings:
        for name in _FIELDS:
            if name not in fields and (value := getattr(reading, name)) is not None and (name not in _USAGE or reading is usage):
                fields[name] = value
    return Reading(**fields)  # type: ignore[arg-type]  # names and values come from readings, field by field


_USAGE = frozenset({"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "exclusive_usage"})


def _has_usage(reading: Reading) -> bool:
    return reading.input_tokens is not None or reading.output_tokens is not None
