"""The core's side of the line: it counts for all workers, keeps them up to date, and asks them what they have counted."""

import asyncio
from collections.abc import Coroutine, Iterable
from itertools import count
from time import monotonic_ns
from typing import Final

from gateway.errors import GatewayError
from gateway.limits.ledger import LocalLedger
from gateway.limits.types import Granted, Refused
from server.parts.ground import nobody_else
from server.registered_prompts import RegisteredPrompts
from server.services import Services
from server.workers.gathered import Gathered
from server.workers.in_force import InForce
from server.workers.messages import (
    Ask,
    Exhausted,
    Hello,
    Now,
    Render,
    Rendered,
    Report,
    Reserve,
    Reserved,
    Settle,
    ToWorker,
    frame,
    to_core,
)
from server.workers.place import unix_socket
from server.workers.recovery import Recovery
from server.workers.roll import Roll, Worker
from storage.process.messages import receive

__all__ = ("Hub",)

REPORT_SECONDS: Final = 1.0
"""How long a worker may take to report: one that is stuck must not hold up the page of all."""

CHANGE_SECONDS: Final = 5.0
"""How long it may take to hear of a change: whoever has taken a key back must not hear "done" while a worker that rests still lets it in."""

REPORT_EVERY_SECONDS: Final = 1.0


class Connected(Worker):
    """A worker, and the way to it."""

    def __init__(self, number: int, out: asyncio.StreamWriter) -> None:
        super().__init__(number)
        self._out = Gathered(out)
        self._asked: dict[int, asyncio.Future[Report | None]] = {}
        self._gone = False

    def say(self, message: ToWorker) -> None:
        """Send a message, if the worker is still there."""
        self._out.write(frame(message))

    async def answer_to(self, question: Ask, seconds: float) -> Report | None:
        """What it reports, at once ``None`` when it has gone. Raises ``TimeoutError``."""
        if self._gone:
            return None
        answer: asyncio.Future[Report | None] = asyncio.get_running_loop().create_future()
        self._asked[question.id] = answer
        self.say(question)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            del self._asked[question.id]

    def answered(self, report: Report) -> None:
        """Whoever asked has the report; nobody may, if it came too late."""
        self.report, self.stuck = report, False
        if (answer := self._asked.get(report.id)) is not None and not answer.done():
            answer.set_result(report)

    def leave(self) -> None:
        """Note that the worker has gone: nobody waits for its answers any more."""
        self._gone = True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(None)


class Hub:
    """Listens from ``listen`` to ``close``, to ``expected`` workers."""

    def __init__(self, services: Services, expected: int) -> None:
        self._services = services
        self._prompts = RegisteredPrompts(services.names.prompts)
        self._workers: set[Connected] = set()
        self._recovery = Recovery(ledger if isinstance(ledger := services.proxy.limits.ledger, LocalLedger) else None, expected)
        self._roll = Roll(expected, self.reports)
        self._ids = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        services.ground.changed = self._tell_all
        services.proxy.cache.elsewhere = self._clear
        services.fleet = self._roll

    async def listen(self, path: str) -> None:
        """Listen for workers. Returns when those that an earlier core had are back. Raises ``OSError``."""
        self._server = await asyncio.start_unix_server(self._serve, sock=unix_socket(path))
        self._services.tracing.figures.asked()  # as the workers do, it counts from the start
        self._start(self._keep_asking())
        await self._recovery.wait()

    def close(self) -> None:
        """Accept no more workers. Those there were have ended by now."""
        self._services.ground.changed = nobody_else
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def reports(self) -> list[Report]:
        """The reports of all workers but those that are stuck."""
        return await self._ask_all([worker for worker in self._workers if not worker.stuck])

    async def _ask_all(self, workers: Iterable[Connected], clear: str | None = None, seconds: float = REPORT_SECONDS) -> list[Report]:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._ask(worker, clear, seconds)) for worker in workers]
        return [report for task in asked if (report := task.result()) is not None]

    async def _clear(self, route: str) -> int:
        """Who is stuck is asked, too: it will do so."""
        return sum(report.cleared for report in await self._ask_all(self._workers, route))

    async def _keep_asking(self) -> None:
        """Ask for reports again and again, so that what a worker had counted is known when it is killed."""
        while True:
            await asyncio.sleep(REPORT_EVERY_SECONDS)
            await self.reports()

    async def _ask(self, worker: Connected, clear: str | None, seconds: float) -> Report | None:
        question = Ask(next(self._ids), clear, self._services.condition().journal.last_error)
        try:
            return await worker.answer_to(question, seconds)
        except TimeoutError:
            worker.stuck = True
            return None

    async def _serve(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        first = await receive(reader)
        if first is None or not isinstance(hello := to_core.decode(first), Hello):
            out.close()
            return
        worker = Connected(hello.number, out)
        worker.open = {granted.id: granted for granted in hello.open}
        self._recovery.take(hello)
        worker.say(self._now())
        self._workers.add(worker)
        self._roll.enter(worker)
        try:
            await self._recovery.wait()
            while (data := await receive(reader)) is not None:
                message = to_core.decode(data)
                match message:
                    case Reserve():
                        if not self._reserve(worker, message):
                            self._start(self._reserve_elsewhere(worker, message))
                    case Settle():
                        self._settle(worker, message)
                    case Exhausted():
                        self._services.proxy.limits.tell(message.event)
                    case Render():
                        self._start(self._render(worker, message))
                    case Report():
                        worker.answered(message)
        finally:
            self._workers.discard(worker)
            worker.leave()
            self._roll.leave(worker)
            self._give_back(worker)
            out.close()

    def _reserve(self, worker: Connected, asked: Reserve) -> bool:
        """Reserve here, where nothing comes between looking and taking; ``False`` where others count."""
        ledger = self._services.proxy.limits.ledger
        if not isinstance(ledger, LocalLedger):
            return False
        self._answer(worker, asked, ledger.take(asked.reservation, asked.charges, asked.now))
        return True

    async def _reserve_elsewhere(self, worker: Connected, asked: Reserve) -> None:
        self._answer(worker, asked, await self._services.proxy.limits.ledger.reserve(asked.reservation, asked.charges, asked.now))

    def _answer(self, worker: Connected, asked: Reserve, outcome: Granted | Refused) -> None:
        if isinstance(outcome, Granted):
            if worker in self._workers:
                worker.open[outcome.id] = outcome
                charges = None if outcome.charges == asked.charges else outcome.charges
                worker.say(Reserved(asked.id, monotonic_ns(), outcome.amounts, outcome.left, charges))
            else:
                self._services.proxy.limits.settle(outcome, {})
        else:
            worker.say(Reserved(asked.id, monotonic_ns(), refused=outcome))

    def _settle(self, worker: Connected, message: Settle) -> None:
        granted = worker.open.pop(message.reservation, None)
        if granted is not None:
            self._services.proxy.limits.settle(granted, message.amounts)

    def _give_back(self, worker: Connected) -> None:
        """A worker is gone. Its requests were sent, as far as is known; what else they used the traces may know."""
        for granted in worker.open.values():
            self._services.proxy.limits.settle(granted, {"requests": 1})
        worker.open.clear()

    async def _render(self, worker: Connected, asked: Render) -> None:
        try:
            prompt = await self._prompts.render(asked.name, asked.selector, asked.variables)
        except GatewayError as error:
            worker.say(Rendered(asked.id, error=type(error).__name__, message=str(error)))
        else:
            worker.say(Rendered(asked.id, prompt=prompt))

    def _now(self) -> Now:
        settings, tracked = self._services.proxy.in_force()
        return Now(InForce(settings), dict(self._services.access.keys.index.by_digest()), tracked)

    async def _tell_all(self) -> None:
        """Return when all go by what is in force: a worker reports after it has taken what was said before. One that is stuck is not waited for long."""
        if self._workers:
            now = self._now()
            for worker in self._workers:
                worker.say(now)
            await self._ask_all(self._workers, seconds=CHANGE_SECONDS)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
