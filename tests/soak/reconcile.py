"""What clients were told beside what the server wrote down: each request once, with the same end, tokens and money."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from tests.soak.clients import Told

ALL = {"all-requests": "requests", "all-tokens": "tokens", "all-money": "cost"}


class Stored:
    """What the server wrote down: all traces, those of shadows, those of requests for which somebody was asked; where limits stand."""

    def __init__(self, traces: list[dict], shadows: list[dict], asked: list[dict], budgets: list[dict]) -> None:
        copies = {trace["trace_id"] for trace in shadows}
        self.own = [trace for trace in traces if trace["trace_id"] not in copies]
        self.asked = [trace for trace in asked if trace["trace_id"] not in copies]
        self.shadows = shadows
        self.budgets = budgets


def differences(told: Iterable[Told], stored: Stored) -> list[str]:
    """Everything that does not agree, in words; empty when all does."""
    return [*_each(list(told), stored.own), *_copies(stored.shadows), *_sums(stored)]


def _each(told: list[Told], own: list[dict]) -> Iterator[str]:
    by_name: dict[str, list[dict]] = {}
    for trace in own:
        by_name.setdefault(trace["session_id"], []).append(trace)
    for each in told:
        found = by_name.pop(each.plan.name, [])
        if len(found) > 1:
            yield f"{_name(each)}: {len(found)} traces"
        elif not found and each.outcome not in {"left", "left before"}:
            yield f"{_name(each)}: no trace"
        elif found:
            yield from _one(each, found[0])
    yield from (f"{name}: a trace of nobody's request" for name in by_name)


def _one(each: Told, trace: dict) -> Iterator[str]:
    if each.outcome == "left before":
        yield f"{_name(each)}: a trace of a request that never came whole"
    if each.trace_id and each.trace_id != trace["trace_id"]:
        yield f"{_name(each)}: the client was told of trace {each.trace_id}, stored is {trace['trace_id']}"
    well = {"whole": "OK", "stream": "OK", "error": "ERROR", "stream error": "ERROR", "cut": "ERROR"}.get(each.outcome)
    if well is not None and trace["status"] != well:
        yield f"{_name(each)}: the trace {trace['trace_id']} says {trace['status']}"
    if trace["status"] == "INTERRUPTED":
        yield f"{_name(each)}: the trace {trace['trace_id']} is interrupted"
    alone = each.headers.get("x-tidegate-cache") != "hit" and "x-tidegate-hedge" not in each.headers and "!filtered" not in each.plan.text
    if each.usage is not None and alone and each.usage != (trace["input_tokens"], trace["output_tokens"] or 0):
        stored = trace["input_tokens"], trace["output_tokens"]
        yield f"{_name(each)}: the client was told of tokens {each.usage}, stored are {stored} ({trace['trace_id']})"


def _copies(shadows: list[dict]) -> Iterator[str]:
    for name, count in Counter(trace["session_id"] for trace in shadows).items():
        if count > 1:
            yield f"{name}: {count} copies"


def _sums(stored: Stored) -> Iterator[str]:
    counted = stored.asked
    sums = {
        "requests": Decimal(len(counted)),
        "tokens": Decimal(sum((trace["input_tokens"] or 0) + (trace["output_tokens"] or 0) for trace in counted)),
        "cost": sum((Decimal(str(trace["cost"] or 0)) for trace in counted), Decimal(0)),
    }
    for budget in stored.budgets:
        if budget["reserved"]:
            yield f"the limit {budget['limit']} of {budget['subject'] or 'all'} still holds {budget['reserved']} reserved"
        metric = ALL.get(budget["limit"])
        if metric is not None and abs(Decimal(str(budget["used"])) - sums[metric]) > Decimal("0.000000001") * len(counted) * (
            metric == "cost"
        ):
            yield f"the limit {budget['limit']} counted {budget['used']} {metric}, the traces sum up to {sums[metric]}"


def _name(each: Told) -> str:
    plan = each.plan
    way = "stream" if plan.stream else "whole"
    return f"{plan.name} ({plan.surface} {way} of {plan.model}: {plan.text.split()[0]} → {each.outcome} {each.status} {each.code})"
