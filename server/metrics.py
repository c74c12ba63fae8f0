"""What ``/metrics`` says, for Prometheus: https://prometheus.io/docs/practices/naming."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from time import time_ns
from typing import Final

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from server.fleet import Targets, WorkerCondition
from server.health import Health
from tracing.figures import BOUNDS, Spread, Subject, Tally
from tracing.prices import price
from tracing.types import Usage

__all__ = ("exposition",)

LABELS: Final = ("asker", "operation", "route", "target", "provider")


def exposition(health: Health) -> Callable[[], bytes]:
    """A function that gives the text of all figures of the process, the gateway and the journal."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(_JournalCollector(health))
    registry.register(_GatewayCollector(health))
    registry.register(_LiveCollector(health))
    return lambda: generate_latest(registry)


class _JournalCollector(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    @override
    def collect(self) -> Iterator[Metric]:
        condition = self._health.condition()
        journal = condition.journal
        yield GaugeMetricFamily("tidegate_journal_bytes", "Bytes of spans that wait to be stored.", value=journal.bytes)
        yield GaugeMetricFamily("tidegate_journal_pending_records", "Records that wait to be stored.", value=journal.pending)
        yield CounterMetricFamily(
            "tidegate_journal_dropped_records", "Records dropped because the journal was full.", value=journal.dropped
        )
        answers = condition.storage_error is None and journal.last_error is None
        yield GaugeMetricFamily("tidegate_storage_up", "Whether the telemetry database answers.", value=float(answers))


class _LiveCollector(Collector):
    """Current figures of each process. A process that does not answer has no samples, since nobody knows them."""

    def __init__(self, health: Health) -> None:
        self._health = health

    @override
    def collect(self) -> Iterator[Metric]:
        workers = self._health.condition().workers
        tasks = GaugeMetricFamily("tidegate_tasks", "Tasks of the server's loop: a request under way is one.", labels=_of(workers))
        tasks.add_metric(["core"] if workers else [], len(asyncio.all_tasks()))
        for worker in workers:
            _add(tasks, worker, worker.tasks)
        yield tasks
        yield from _targets(self._health.targets(), workers)
        if workers:
            yield from _workers(workers)


def _of(workers: Sequence[WorkerCondition]) -> list[str]:
    return ["worker"] if workers else []


def _add(family: Metric, worker: WorkerCondition, value: float | None) -> None:
    if value is not None:
        family.add_metric([str(worker.number)], value)  # type: ignore[attr-defined]  # each family has it, their base has not


def _targets(found: Sequence[Targets | None], workers: Sequence[WorkerCondition]) -> Iterator[Metric]:
    labels = ["route", "target", *_of(workers)]
    pending = GaugeMetricFamily("tidegate_gateway_target_requests", "Requests under way to a model of a route.", labels=labels)
    left_alone = GaugeMetricFamily("tidegate_gateway_circuit_open", "1 while a model is left alone since it failed.", labels=labels)
    processes = [["core"], *([str(worker.number)] for worker in workers)] if workers else [[]]
    for process, targets in zip(processes, found, strict=True):
        for route, target, state, under_way in targets or ():
            pending.add_metric([route, target, *process], under_way)
            left_alone.add_metric([route, target, *process], float(state != "closed"))
    yield pending
    yield left_alone


def _workers(workers: Sequence[WorkerCondition]) -> Iterator[Metric]:
    up = GaugeMetricFamily("tidegate_worker_up", "Whether a worker is there and answers.", labels=["worker"])
    requests = GaugeMetricFamily("tidegate_worker_requests", "Requests under way.", labels=["worker"])
    memory = GaugeMetricFamily("tidegate_worker_resident_memory_bytes", "Resident memory size in bytes.", labels=["worker"])
    seconds = CounterMetricFamily("tidegate_worker_cpu_seconds", "Time on the processor, since its start.", labels=["worker"])
    for worker in workers:
        _add(up, worker, float(worker.state == "ok"))
        _add(requests, worker, worker.requests)
        _add(memory, worker, worker.resident_bytes)
        _add(seconds, worker, worker.cpu_seconds)
    yield from (up, requests, memory, seconds)


class _GatewayCollector(Collector):
    """Figures of requests. Costs are in traces; here only models without a known price are told."""

    def __init__(self, health: Health) -> None:
        self._health = health

    @override
    def collect(self) -> Iterator[Metric]:
        figures = self._health.tallies()
        tallies = [(list(subject), tally) for subject, tally in figures.items()]
        yield _counts(
            "requests", "Requests by how they ended: error is empty for a good one.", "error", [(of, each.errors) for of, each in tallies]
        )
        yield _counts(
            "tokens", "Tokens: input holds the cache's, output the reasoning.", "kind", [(of, each.tokens) for of, each in tallies]
        )
        yield _counts("cache", "What the answer cache said: hit, miss or bypass.", "answer", [(of, each.cache) for of, each in tallies])
        yield _spreads("duration_seconds", "From a request's arrival to the end of its answer.", [(of, each.whole) for of, each in tallies])
        yield _spreads("first_chunk_seconds", "To the first bytes of a stream.", [(of, each.first_chunk) for of, each in tallies])
        yield _prices(figures)


def _counts(name: str, documentation: str, by: str, found: list[tuple[list[str], dict[str, int]]]) -> Metric:
    family = CounterMetricFamily(f"tidegate_gateway_{name}", documentation, labels=[*LABELS, by])
    for of, counts in found:
        for word, count in counts.items():
            family.add_metric([*of, word], count)
    return family


def _spreads(name: str, documentation: str, found: list[tuple[list[str], Spread]]) -> Metric:
    family = HistogramMetricFamily(f"tidegate_gateway_{name}", documentation, labels=LABELS)
    for of, spread in found:
        cumulative = list(zip([*map(str, BOUNDS), "+Inf"], accumulate(spread.counts), strict=True))
        if cumulative[-1][1]:
            family.add_metric(of, cumulative, spread.total)
    return family


def _prices(figures: Mapping[Subject, Tally]) -> Metric:
    family = GaugeMetricFamily("tidegate_gateway_price_known", "Whether a price is known of a model that was asked.", labels=["target"])
    sample, now = Usage(input_tokens=1, output_tokens=1), time_ns()
    for target, provider in {(subject.target, subject.provider) for subject, tally in figures.items() if tally.tokens}:
        known = price(provider, target.partition("/")[2], sample, now).total is not None
        family.add_metric([target], float(known))
    return family
