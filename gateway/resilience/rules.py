"""A route's settings, ready to decide by."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from config.schema import BackoffSettings, BreakerSettings, OutlierSettings
from gateway.resilience.conditions import Condition
from gateway.resilience.triggers import Triggers
from gateway.resilience.types import Reason
from gateway.types import Target

__all__ = ("Candidate", "Rules", "Shadow", "WeightedPrompt")


class Candidate(msgspec.Struct, frozen=True):
    """A target that a route may choose. ``price`` is the dollars of a common call, ``None`` when nobody knows."""

    target: Target
    weight: float
    when: Condition | None = None
    price: Decimal | None = None


class Shadow(msgspec.Struct, frozen=True):
    """A target that gets a copy of a share of the requests."""

    target: Target
    share: float


class WeightedPrompt(msgspec.Struct, frozen=True):
    """A prompt that a route may render: ``prompts:/name@alias``."""

    reference: str
    weight: float


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All that a route was told to do. ``fallbacks_for`` is in the order of the file; ``read_parameters`` reads what conditions ask about."""

    name: str
    candidates: tuple[Candidate, ...]
    strategy: Literal["weighted", "latency", "cheapest"]
    sticky: tuple[str, ...]
    retries: int
    retry_on: Triggers
    retry_budget: float
    backoff: BackoffSettings
    fallbacks: tuple[Target, ...]
    fallback_on: Triggers
    fallbacks_for: tuple[tuple[Triggers, tuple[Target, ...]], ...]
    hedge_after: float | None
    breaker: BreakerSettings
    outliers: OutlierSettings | None
    shadows: tuple[Shadow, ...]
    shadow_concurrency: int
    prompts: tuple[WeightedPrompt, ...]
    read_parameters: Callable[[bytes], Mapping[str, Any]] | None

    @property
    def plain(self) -> bool:
        """Whether there is nothing to decide: one target for every request, which is asked once."""
        extras = (self.fallbacks, self.fallbacks_for, self.shadows, self.prompts, self.retries, self.hedge_after)
        return len(self.candidates) == 1 and self.candidates[0].when is None and not any(extras)

    @property
    def reads_answers(self) -> bool:
        """Whether an answer of status 200 must be looked into: a refusal by the vendor's filter may be one."""
        triggers = (self.retry_on, self.fallback_on, *(triggers for triggers, _ in self.fallbacks_for))
        return any(Reason.CONTENT_POLICY in each.reasons for each in triggers)

    def targets(self) -> Iterator[Target]:
        """Every target that may answer a client, each once."""
        listed = [candidate.target for candidate in self.candidates]
        listed += self.fallbacks
        listed += [target for _, targets in self.fallbacks_for for target in targets]
        return iter(dict.fromkeys(listed))
