"""What the answer in the cache had cost when it was made."""

from time import time_ns

from gateway.policies import Call
from gateway.types import Target, Usage
from tracing.prices import price
from tracing.types import Usage as PricedUsage

__all__ = ("cost_of",)


def cost_of(call: Call, target: Target, usage: Usage | None) -> float | None:
    """US dollars that the answer had cost; ``None`` when no price is known."""
    if usage is None:
        return None
    counted = PricedUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
    total = price(call.providers[target.provider].system, target.model, counted, time_ns()).total
    return None if total is None else float(total)
