import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as LibraryUsage
from genai_prices import data_snapshot

from tracing.prices import FAKE_SOURCE, SOURCE, price
from tracing.types import Usage

USAGES = (
    Usage(input_tokens=1000, output_tokens=200),
    Usage(input_tokens=1000, output_tokens=200, cache_read_tokens=600),
    Usage(input_tokens=1000, output_tokens=0, cache_read_tokens=600, cache_write_tokens=300),
    Usage(input_tokens=300_000, output_tokens=5, cache_read_tokens=1),
)


def test_every_model_of_the_table_costs_what_the_library_says():
    now = time.time_ns()
    compared = 0
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            compared += sum(_same(provider.id, model.id, usage, now) for usage in USAGES)
    assert compared > 4000


def _same(provider: str, model: str, usage: Usage, at_ns: int) -> bool:
    """Compare where both know a price; the library calls what it cannot price free, which is not the same as unknown."""
    found = price(provider, model, usage, at_ns)
    if found.total is None:
        return False
    moment = datetime.fromtimestamp(at_ns / 1e9, UTC)
    counts = {name: getattr(usage, name) for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")}
    expected = data_snapshot.get_snapshot().calc(LibraryUsage(**counts), model, provider, None, moment).total_price
    assert found.total == pytest.approx(expected, abs=Decimal("1e-12")), (provider, model, usage)
    assert found.source == SOURCE
    return True


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "no-such-model"), ("my-own-proxy", "gpt-4o-mini"), ("fake", "no-such-model"), ("", ""), ("openai", "")],
)
def test_an_unknown_model_has_no_cost_rather_than_none_at_all(provider, model):
    cost = price(provider, model, USAGES[0], time.time_ns())
    assert (cost.input, cost.output, cost.total) == (None, None, None)


def test_a_call_without_figures_has_no_cost():
    assert price("openai", "gpt-4o-mini", Usage(), time.time_ns()).total is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [("gcp.gemini", "gemini-2.5-pro"), ("x_ai", "grok-4"), ("mistral_ai", "mistral-large-latest"), ("azure.ai.openai", "gpt-4o")],
)
def test_providers_are_found_by_the_names_that_opentelemetry_gives_them(provider, model):
    assert price(provider, model, USAGES[0], time.time_ns()).total


def test_the_built_in_provider_has_prices_of_its_own():
    cost = price("fake", "echo", Usage(input_tokens=1_000_000, output_tokens=1_000_000), time.time_ns())
    assert (cost.total, cost.source) == (Decimal(2), FAKE_SOURCE)
