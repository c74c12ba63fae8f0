"""The rates of ``genai-prices``, in our own form. Loaded when the first price is asked for: the library is slow to load."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec
from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from tracing.prices import Rate, Rates

__all__ = ("Sold", "sold", "table_rates")

_PROVIDERS: Final = {
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "gemini": "google",
    "vertex": "google",
    "xai": "x-ai",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "together": "together",
    "x_ai": "x-ai",
}
"""OpenTelemetry's provider names, and our own, where the library's differ."""


class Sold(msgspec.Struct, frozen=True):
    """A model that is sold by text, in dollars a token; where more is asked of long inputs, what short ones cost."""

    model: str
    context_window: int | None
    input: float
    output: float | None


def sold(provider: str, at_ns: int) -> list[Sold]:
    """The models of a provider in the price table; none of a provider that it does not know.

    Prefixes of fine-tuned models are no models.
    """
    theirs = _PROVIDERS.get(provider, provider)
    known = next((each for each in data_snapshot.get_snapshot().providers if each.id == theirs), None)
    return [found for info in known.models if (found := _sold(info, at_ns))] if known else []


def _sold(info: ModelInfo, at_ns: int) -> Sold | None:
    prices = info.get_prices(datetime.fromtimestamp(at_ns / 1e9, UTC))
    given = _short(prices.input_mtok)
    if given is None or info.id.startswith("ft:") or info.id.endswith("-"):
        return None
    return Sold(info.id, info.context_window, given, _short(prices.output_mtok))


def _short(price: Decimal | TieredPrices | None) -> float | None:
    rate = _rate(price)
    return float(rate[0][1] if isinstance(rate, tuple) else rate) if rate is not None else None


def table_rates(provider: str, model: str, at_ns: int) -> Rates | None:
    """The rates of a model at a time; ``None`` when the table does not know it."""
    info = _model(provider, model)
    if info is None:
        return None
    if isinstance(info.prices, ModelPrice):
        return _of_constant(provider, model)
    return _read(info.get_prices(datetime.fromtimestamp(at_ns / 1e9, UTC)))


@lru_cache(maxsize=4096)
def _model(provider: str, model: str) -> ModelInfo | None:
    """Resolve a model. A provider that the table does not know has no prices: its copy of a model may cost anything."""
    try:
        return data_snapshot.get_snapshot().find_provider_model(model, None, _PROVIDERS.get(provider, provider) or None, None)[1]
    except LookupError:
        return None


@lru_cache(maxsize=4096)
def _of_constant(provider: str, model: str) -> Rates | None:
    info = _model(provider, model)
    return None if info is None or not isinstance(info.prices, ModelPrice) else _read(info.prices)


def _read(prices: ModelPrice) -> Rates:
    return Rates(
        input=_rate(prices.input_mtok),
        output=_rate(prices.output_mtok),
        cache_read=_rate(prices.cache_read_mtok),
        cache_write=_rate(prices.cache_write_mtok),
        reasoning=_rate(prices.output_reasoning_mtok),
        request=prices.requests_kcount / 1000 if isinstance(prices.requests_kcount, Decimal) else Decimal(0),
    )


def _rate(value: Decimal | TieredPrices | None) -> Rate | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return value / 1_000_000
    return ((-1, value.base / 1_000_000), *((tier.start, tier.price / 1_000_000) for tier in value.tiers))
