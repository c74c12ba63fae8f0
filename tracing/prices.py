"""What a model call cost, from the price table of ``genai-prices``.

The library resolves a model and prices a call in 130 microseconds; here its rates are read once for each provider and model
(``tracing.price_table``). A test compares both for every model that the library knows.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from importlib.metadata import version
from typing import Final

import msgspec

from tracing.types import Cost, Usage

__all__ = ("FAKE_PRICES", "FAKE_SOURCE", "SOURCE", "Rates", "load_prices", "price")

SOURCE: Final = f"genai-prices {version('genai-prices')}"
FAKE_SOURCE: Final = "fake"

_UNKNOWN: Final = Cost()
_QUANTUM: Final = Decimal("1e-12")

Rate = Decimal | tuple[tuple[int, Decimal], ...]
"""Dollars a token: one rate, or ``(threshold, rate)`` in rising order, of which the last below the input tokens holds for all tokens."""


class Rates(msgspec.Struct, frozen=True):
    """Dollars a token. ``None``: not priced apart (cached tokens then cost what input costs), or not sold at all (``input``, ``output``)."""

    input: Rate | None = None
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    reasoning: Rate | None = None
    request: Decimal = Decimal(0)
    source: str = SOURCE


def _fake(dollars_in: str, dollars_out: str) -> Rates:
    return Rates(input=Decimal(dollars_in) / 1_000_000, output=Decimal(dollars_out) / 1_000_000, source=FAKE_SOURCE)


FAKE_PRICES: Final = {
    "echo": _fake("0.50", "1.50"),
    "lorem": _fake("0.50", "1.50"),
    "tools": _fake("1.00", "3.00"),
    "flaky": _fake("0.10", "0.30"),
    "judge": _fake("0.15", "0.60"),
}
"""Invented prices of the built-in ``fake`` provider, in dollars a million tokens, so that a demonstration shows money."""


def price(provider: str, model: str, usage: Usage, at_ns: int) -> Cost:
    """Price one call made at ``at_ns``. All figures ``None`` when the model, or what it used, is unknown."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return _UNKNOWN
    rates = _rates(provider, model, at_ns)
    return _UNKNOWN if rates is None else _charge(rates, usage)


def _charge(rates: Rates, usage: Usage) -> Cost:
    """Disjoint buckets: a token that a cache served, or that was reasoned, is charged once."""
    given, said = usage.input_tokens or 0, usage.output_tokens or 0
    if (given and rates.input is None) or (said and rates.output is None):
        return _UNKNOWN
    read, written, reasoned = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0, usage.reasoning_tokens or 0
    plain = max(0, given - (read if rates.cache_read is not None else 0) - (written if rates.cache_write is not None else 0))
    spoken = max(0, said - reasoned) if rates.reasoning is not None else said
    asked = plain * _at(rates.input, given) + read * _at(rates.cache_read, given) + written * _at(rates.cache_write, given)
    answered = spoken * _at(rates.output, given) + reasoned * _at(rates.reasoning, given)
    return Cost(input=_round(asked), output=_round(answered), total=_round(asked + answered + rates.request), source=rates.source)


def _at(rate: Rate | None, input_tokens: int) -> Decimal:
    if rate is None:
        return Decimal(0)
    if isinstance(rate, Decimal):
        return rate
    return next(value for threshold, value in reversed(rate) if input_tokens > threshold or threshold < 0)


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(_QUANTUM, ROUND_HALF_EVEN)


def _rates(provider: str, model: str, at_ns: int) -> Rates | None:
    if provider == "fake":
        return FAKE_PRICES.get(model.rpartition("/")[2])
    from tracing.price_table import table_rates

    return table_rates(provider, model, at_ns)


def load_prices() -> None:
    """Load the table now. It takes a quarter of a second, which neither a start nor a request should wait for."""
    import tracing.price_table  # noqa: F401 - loading it is the purpose
