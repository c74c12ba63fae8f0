"""What a request will use: known before it is sent as far as it can be, and exactly once it has ended.

Before, it is an estimate on the high side: a token for every three bytes of text, 2,000 for a picture, and as many tokens of answer as
the request allows. A request that sets no bound to its answer asks for its input at least, and for some thousand tokens of answer at most.
"""

import re
from collections.abc import Collection, Mapping
from time import time_ns
from typing import Any, Final

from gateway.limits.types import NANOS, Amounts, Demand, Metric
from gateway.policies import Call, Outcome
from gateway.types import Operation, Provider, Target
from gateway.types import Usage as Used
from tracing.prices import price
from tracing.types import Usage

__all__ = ("ASSUMED_ANSWER", "demands", "used")

ASSUMED_ANSWER: Final = 4096
"""Tokens reserved for an answer that its request sets no bound to."""

BYTES_A_TOKEN: Final = 3
TOKENS_A_PICTURE: Final = 2000
_REQUESTS: Final[frozenset[Metric]] = frozenset({"requests"})
_ONE_REQUEST: Final[Mapping[Metric, Demand]] = {"requests": Demand(1, 1)}
_COUNTED_ONE: Final[Amounts] = {"requests": 1}
_BINARY: Final = re.compile(rb'"(?:data:[^"]*|[A-Za-z0-9+/=_-]{1000,})"')


def demands(call: Call, metrics: frozenset[Metric]) -> Mapping[Metric, Demand]:
    """Demands for the ``metrics`` that somebody counts. Money is left out where no target has a known price."""
    if metrics == _REQUESTS or call.answer is not None:  # an answer that was there already uses no tokens
        return _ONE_REQUEST
    found = {**_ONE_REQUEST}
    asked = _asked(call)
    bound = _bound(call)
    answer = Demand(0, ASSUMED_ANSWER) if bound is None else Demand(bound, bound)
    found["tokens"] = Demand(asked + answer.least, asked + answer.most)
    if "cost" in metrics and (money := _money(call, asked, answer)) is not None:
        found["cost"] = money
    return found


def used(call: Call, outcome: Outcome, metrics: Collection[Metric]) -> Amounts:
    """What a request used of ``metrics``, once it has ended: what its spans say.

    Nothing was used where nothing was sent, or where the vendor gave no answer.
    """
    if _REQUESTS.issuperset(metrics):
        return _COUNTED_ONE
    spent = list(outcome.thrown_away)
    if call.target is not None and outcome.usage is not None:
        spent.append((call.target, outcome.usage))
    tokens = sum((usage.input_tokens or 0) + (usage.output_tokens or 0) for _, usage in spent)
    cost = sum(_price(call.providers, target, _counted(usage)) or 0 for target, usage in spent) if "cost" in metrics else 0
    return {"requests": 1, "tokens": tokens, "cost": cost}


def _counted(usage: Used) -> Usage:
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _asked(call: Call) -> int:
    """Tokens of the request; a file of sounds or pictures has none that could be counted."""
    if call.inbound.resource is not None and not call.inbound.resource.content_type.startswith("application/json"):
        return 0
    body = call.inbound.body
    pictures = [found.end() - found.start() for found in _BINARY.finditer(body)] if len(body) > 1000 else []
    return -(-(len(body) - sum(pictures)) // BYTES_A_TOKEN) + len(pictures) * TOKENS_A_PICTURE


def _bound(call: Call) -> int | None:
    """Most tokens of the answer; ``None`` where the request sets no bound."""
    if call.inbound.operation not in (Operation.CHAT, Operation.COMPLETIONS, Operation.PASSTHROUGH):
        return 0
    head: Any = call.head
    bound = head.max_completion_tokens if head.max_completion_tokens is not None else head.max_tokens
    return bound if isinstance(bound, int) and bound >= 0 else None


def _money(call: Call, asked: int, answer: Demand) -> Demand | None:
    """The price of the dearest target, since any of them may answer."""
    found = [
        (
            _price(call.providers, target, Usage(input_tokens=asked, output_tokens=answer.least)),
            _price(call.providers, target, Usage(input_tokens=asked, output_tokens=answer.most)),
        )
        for target in call.plan.targets
    ]
    known = [(least, most) for least, most in found if least is not None and most is not None]
    return Demand(max(least for least, _ in known), max(most for _, most in known)) if known else None


def _price(providers: Mapping[str, Provider], target: Target, usage: Usage) -> int | None:
    provider = providers.get(target.provider)
    total = price(provider.system if provider else target.provider, target.model, usage, time_ns()).total
    return None if total is None else round(total * NANOS)
