"""From a route's settings to its rules."""

from collections.abc import Iterable
from decimal import Decimal
from time import time_ns
from typing import Final

from config.schema import RouteSettings, TargetSettings
from gateway.errors import Misconfigured
from gateway.resilience.conditions import Condition, reader_of_parameters
from gateway.resilience.rules import Candidate, Rules, Shadow, WeightedPrompt
from gateway.resilience.triggers import Triggers
from gateway.types import Target
from tracing.prices import price
from tracing.types import Usage

__all__ = ("compiled",)

COMMON_MIX: Final = Usage(input_tokens=3000, output_tokens=1000)
"""Tokens of a call by which models are compared: what is read is longer than what is said."""


def compiled(settings: RouteSettings, providers: frozenset[str]) -> Rules:
    """The rules of a route. Raises ``Misconfigured``."""

    def targets(names: Iterable[str]) -> tuple[Target, ...]:
        return tuple(_target(name, settings.name, providers) for name in names)

    candidates = tuple(_candidate(each, settings, providers) for each in settings.targets if each.weight > 0)
    if not candidates:
        raise Misconfigured(f"The route {settings.name!r} has no target with a weight above 0.")
    return Rules(
        name=settings.name,
        candidates=candidates,
        strategy=settings.strategy,
        sticky=settings.sticky,
        retries=settings.retries,
        retry_on=Triggers.of(settings.retry_on),
        retry_budget=settings.retry_budget,
        backoff=settings.backoff,
        fallbacks=targets(settings.fallbacks),
        fallback_on=Triggers.of(settings.fallback_on),
        fallbacks_for=tuple((Triggers.of([word]), targets(names)) for word, names in settings.fallbacks_for.items()),
        hedge_after=settings.hedge.after if settings.hedge else None,
        breaker=settings.breaker,
        outliers=settings.outliers,
        shadows=tuple(Shadow(_target(each.model, settings.name, providers), each.share) for each in settings.shadows if each.share > 0),
        shadow_concurrency=settings.shadow_concurrency,
        prompts=tuple(WeightedPrompt(each.prompt, each.weight) for each in settings.prompts if each.weight > 0),
        read_parameters=reader_of_parameters(each.when for each in candidates if each.when is not None),
    )


def _candidate(target: TargetSettings, route: RouteSettings, providers: frozenset[str]) -> Candidate:
    found = _target(target.model, route.name, providers)
    when = Condition.of(target.when) if target.when is not None else None
    return Candidate(found, target.weight, when, _price(found) if route.strategy == "cheapest" else None)


def _price(target: Target) -> Decimal | None:
    """What a call of the common mix costs. A provider under a name of its own is priced when the name is a vendor's."""
    return price(target.provider, target.model, COMMON_MIX, time_ns()).total


def _target(text: str, route: str, providers: frozenset[str]) -> Target:
    provider, slash, model = text.partition("/")
    if not slash or not model or provider not in providers:
        configured = ", ".join(repr(name) for name in sorted(providers))
        raise Misconfigured(f"The route {route!r} names {text!r}, which is not 'provider/model' of a configured provider: {configured}.")
    return Target(provider, model)
