"""What the store answers besides traces: choices for filters, figures, traces that are ready for a judge."""

from decimal import Decimal

import msgspec

__all__ = ("FacetValue", "SealedTrace", "UsageRow")


class FacetValue(msgspec.Struct, frozen=True):
    """A value that spans have, and how many have it."""

    value: str
    spans: int


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one group of model calls. The two lists are the 50th, 90th, 95th and 99th percentile; ``None`` where nothing was measured."""

    value: str
    calls: int
    errors: int
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    latency_ms: list[float | None]
    ttft_ms: list[float | None]


class SealedTrace(msgspec.Struct, frozen=True, kw_only=True):
    """A trace at rest. ``revision`` changes when spans come after all; ``cursor`` continues behind this trace."""

    trace_id: str
    revision: str
    sealed_ms: int
    cursor: str
