"""A worker's side of the line to the core: one connection, opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

import msgspec
from typing_extensions import override

import gateway.errors
from gateway.errors import GatewayError, PromptsUnavailable
from gateway.limits.events import BudgetEvent
from gateway.limits.ledger import Count, Ledger, LocalLedger
from gateway.limits.types import Amounts, Charge, Counter, Granted, Refused, Tally
from gateway.prompts import RenderedPrompt
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
    ToCore,
    frame,
    to_worker,
)
from server.workers.place import Place
from storage.process.messages import receive

__all__ = ("CorePrompts", "CountingLedger", "Line")

logger = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 1.0
"""Longest wait for the core's answer; beyond it the worker counts by itself."""


class CoreAway(Exception):
    """The core does not answer."""


class Line:
    """``run`` until cancelled. ``use`` gets what the core says is in force, ``report`` answers what it asks."""

    def __init__(self, place: Place, use: Callable[[Now], None], report: Callable[[Ask], "asyncio.Future[Report] | Report"]) -> None:
        self._place = place
        self._use = use
        self._report = report
        self._out: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[Reserved | Rendered]] = {}
        self._ids = count(1)

    async def run(self) -> None:
        """Stay connected."""
        while True:
            try:
                reader, self._out = await asyncio.open_unix_connection(self._place.line)
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            try:
                self.say(Hello(self._place.number))
                await self._listen(reader)
            finally:
                self._out.close()
                self._out = None
                self._lose()
            logger.warning("the core is away; requests go on, and limits are counted by each worker until it is back")

    @property
    def up(self) -> bool:
        """Whether the core is there."""
        return self._out is not None

    def say(self, message: ToCore) -> None:
        """Send it, if the core is there."""
        if self._out is not None and not self._out.is_closing():
            self._out.write(frame(message))

    def number(self) -> int:
        """For the next question."""
        return next(self._ids)

    async def ask(self, question: Reserve | Render) -> Reserved | Rendered:
        """Send it and wait. Raises ``CoreAway``."""
        if self._out is None:
            raise CoreAway
        future: asyncio.Future[Reserved | Rendered] = asyncio.get_running_loop().create_future()
        self._waiting[question.id] = future
        try:
            self.say(question)
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await future
        except TimeoutError as error:
            raise CoreAway from error
        finally:
            del self._waiting[question.id]

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while (data := await receive(reader)) is not None:
            message = to_worker.decode(data)
            match message:
                case Now():
                    self._use(message)
                case Ask():
                    self.say(await answer if isinstance(answer := self._report(message), asyncio.Future) else answer)
                case Reserved() | Rendered():
                    if (future := self._waiting.get(message.id)) is not None and not future.done():
                        future.set_result(message)

    def _lose(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(CoreAway())


class CountingLedger(Ledger):
    """The core's counters. While it is away this process counts by itself, from what it was told last."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._local = LocalLedger()
        self._known: dict[Counter, Count] = {}

    @override
    async def reserve(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        try:
            answer = await self._line.ask(Reserve(self._line.number(), reservation, tuple(charges), now))
        except CoreAway:
            return await self._alone(reservation, charges, now)
        assert isinstance(answer, Reserved)  # noqa: S101 - it has the question's number
        outcome = answer.granted or answer.refused
        assert outcome is not None  # noqa: S101 - one of the two
        self._note(outcome)
        return outcome

    @override
    async def settle(self, granted: Granted, amounts: Amounts, now: float) -> Sequence[Tally]:
        self.give_back(granted, amounts)
        return ()

    def give_back(self, granted: Granted, amounts: Amounts) -> None:
        """As ``settle``: to whoever had granted it."""
        if granted.id.startswith(_ALONE):
            self._local.give_back(granted, amounts)
        else:
            self._line.say(Settle(granted, amounts))

    @override
    async def counts(self, now: float) -> Mapping[Counter, Count]:
        return await self._local.counts(now)

    @override
    async def raise_to(self, counter: Counter, used: int, ends: int) -> None:
        """The core keeps the past."""

    @override
    async def close(self) -> None:
        await self._local.close()

    def learn(self, counts: Sequence[tuple[Counter, Count]]) -> None:
        """What the core has counted, in case it is away later."""
        self._known = dict(counts)

    async def _alone(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        for charge in charges:
            if (known := self._known.pop(charge.counter, None)) is not None:
                await self._local.raise_to(charge.counter, known.used, known.ends)
        return self._local.take(_ALONE + reservation, charges, now)

    def _note(self, outcome: Granted | Refused) -> None:
        """What counters stood at, in case the core is away for the next request. Those of windows that are over are let go now and then."""
        if isinstance(outcome, Refused):
            self._known[outcome.charge.counter] = Count(outcome.used, 0, outcome.charge.ends)
            return
        for charge, left in zip(outcome.charges, outcome.left, strict=True):
            self._known[charge.counter] = Count(charge.ceiling.limit - left, 0, charge.ends)
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()


_ALONE: Final = "alone:"
_MOST_KNOWN: Final = 10_000


class CorePrompts:
    """Implements ``gateway.prompts.PromptSource``: the core has the registry."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def render(self, name: str, selector: str, variables: Mapping[str, str | int | float]) -> RenderedPrompt:
        """See ``PromptSource.render``. Raises ``PromptsUnavailable`` while the core is away."""
        try:
            answer = await self._line.ask(Render(self._line.number(), name, selector, variables))
        except CoreAway as error:
            raise PromptsUnavailable(f"The prompt {name!r} cannot be read now: the core is away. Try again.", param="model") from error
        assert isinstance(answer, Rendered)  # noqa: S101 - it has the question's number
        if answer.prompt is not None:
            return answer.prompt
        raise _error(answer)


def _error(answer: Rendered) -> GatewayError:
    kind = getattr(gateway.errors, answer.error, PromptsUnavailable)
    param = "prompt_variables" if answer.error == "PromptVariableMissing" else "model"
    error = kind(answer.message, param=param)
    return error if isinstance(error, GatewayError) else PromptsUnavailable(answer.message, param=param)


def exhausted(line: Line) -> Callable[[BudgetEvent], None]:
    """Who is told of a budget that refused a request."""
    return lambda event: line.say(Exhausted(msgspec.structs.replace(event)))
