"""A worker's side of the line to the core: one connection, opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

import msgspec

import gateway.errors
from gateway.errors import GatewayError, PromptsUnavailable
from gateway.limits.events import BudgetEvent
from gateway.prompts import RenderedPrompt
from server.workers.gathered import Gathered
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
    ToCore,
    frame,
    to_worker,
)
from server.workers.place import Place
from storage.process.messages import receive

__all__ = ("CoreAway", "CorePrompts", "Line")

logger = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 1.0
"""Longest wait for what the core is asked once."""


class CoreAway(Exception):
    """The core does not answer."""


class Line:
    """``run`` until cancelled. ``use`` gets what the core says is in force, ``report`` answers what it asks."""

    def __init__(self, place: Place, use: Callable[[Now], None], report: Callable[[Ask], "asyncio.Future[Report] | Report"]) -> None:
        self._place = place
        self._use = use
        self._report = report
        self._out: Gathered | None = None
        self._waiting: dict[int, asyncio.Future[Reserved | Rendered]] = {}
        self._ids = count(1)
        self._there = asyncio.Event()
        self._greeting: Callable[[int], Sequence[ToCore]] = lambda number: [Hello(number)]

    def greet_with(self, greeting: Callable[[int], Sequence[ToCore]]) -> None:
        """Make the first message to each core, from this worker's number, with ``greeting``."""
        self._greeting = greeting

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._place.line)
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self._out = Gathered(writer)
            try:
                for message in self._greeting(self._place.number):
                    self.say(message)
                self._there.set()
                await self._listen(reader)
            finally:
                self._there.clear()
                writer.close()
                self._out = None
                self._lose()
            logger.warning("the core is away; requests go on, and those with a limit wait until it is back")

    @property
    def up(self) -> bool:
        """Whether the core is connected."""
        return self._out is not None

    def say(self, message: ToCore) -> None:
        """Send a message, if the core is connected."""
        if self._out is not None:
            self._out.write(frame(message))

    def number(self) -> int:
        """A number for the next question."""
        return next(self._ids)

    async def ask(self, question: Reserve | Render, seconds: float = PATIENCE_SECONDS, *, again: bool = False) -> Reserved | Rendered:
        """Ask the core and wait for its answer. Raises ``CoreAway``.

        ``again``: wait for a core that is away, and ask the next one when it is lost.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        return await self._asked(question)
                    except CoreAway:
                        if not again:
                            raise
                    await self._there.wait()
        except TimeoutError as error:
            raise CoreAway from error

    async def _asked(self, question: Reserve | Render) -> Reserved | Rendered:
        if self._out is None:
            raise CoreAway
        future: asyncio.Future[Reserved | Rendered] = asyncio.get_running_loop().create_future()
        self._waiting[question.id] = future
        try:
            self.say(question)
            return await future
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
