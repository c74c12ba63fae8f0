"""Which workers are connected, and what each has reported last."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from typing_extensions import override

from gateway.limits.types import Granted
from server.fleet import Fleet, Targets, WorkerCondition
from server.workers.messages import Report
from tracing.figures import Subject, Tally, summed

__all__ = ("Roll", "Worker")


class Worker:
    """One that is connected. ``open`` are its reservations that were not settled; ``stuck``: its last question waits for an answer."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.open: dict[str, Granted] = {}
        self.report: Report | None = None
        self.stuck = False

    def condition(self) -> WorkerCondition:
        """Its condition, as far as it is known."""
        report = self.report
        if self.stuck or report is None:
            return WorkerCondition(number=self.number, state="stuck")
        return WorkerCondition(
            number=self.number,
            state="ok",
            requests=report.requests,
            tasks=report.tasks,
            resident_bytes=report.resident_bytes,
            cpu_seconds=report.cpu_seconds,
        )


class Roll(Fleet):
    """``expected`` workers, numbered from 1. ``ask`` has all of them report."""

    def __init__(self, expected: int, ask: Callable[[], Awaitable[object]]) -> None:
        self._expected = expected
        self._ask = ask
        self._there: dict[int, Worker] = {}
        self._tallies_of_ended: Mapping[Subject, Tally] = {}
        self._dropped_by_ended: Counter[str] = Counter()

    @property
    def there(self) -> Sequence[Worker]:
        """The workers that are connected."""
        return tuple(self._there.values())

    def enter(self, worker: Worker) -> None:
        """Note that a worker has connected."""
        self._there[worker.number] = worker

    def leave(self, worker: Worker) -> None:
        """Note that a worker has disconnected. What it has counted goes on counting."""
        if self._there.get(worker.number) is worker:
            del self._there[worker.number]
        if worker.report is not None:
            self._tallies_of_ended = summed([self._tallies_of_ended, dict(worker.report.tallies)])
            self._dropped_by_ended.update(worker.report.dropped)

    @override
    async def look(self) -> None:
        await self._ask()

    @override
    def conditions(self) -> tuple[WorkerCondition, ...]:
        return tuple(
            worker.condition() if (worker := self._there.get(number)) is not None else WorkerCondition(number=number, state="away")
            for number in range(1, self._expected + 1)
        )

    @override
    def targets(self) -> Sequence[Targets | None]:
        there = [self._there.get(number) for number in range(1, self._expected + 1)]
        return [None if each is None or each.stuck or each.report is None else each.report.targets for each in there]

    @override
    def tallies(self) -> Sequence[Mapping[Subject, Tally]]:
        return [self._tallies_of_ended, *(dict(report.tallies) for report in self._reports())]

    @override
    def dropped(self) -> Mapping[str, int]:
        dropped = Counter(self._dropped_by_ended)
        for report in self._reports():
            dropped.update(report.dropped)
        return dropped

    def _reports(self) -> list[Report]:
        return [worker.report for worker in self._there.values() if worker.report is not None]
