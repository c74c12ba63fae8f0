"""What ``/metrics`` says, for Prometheus."""

import asyncio
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from server.health import Health

__all__ = ("exposition",)


def exposition(health: Health) -> Callable[[], bytes]:
    """Gives the text of all figures, of the process and of the journal, each time it is called."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(_JournalCollector(health))
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
        yield GaugeMetricFamily("tidegate_tasks", "Tasks of the server's loop: a request under way is one.", value=len(asyncio.all_tasks()))
