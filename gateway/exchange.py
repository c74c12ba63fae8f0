"""One request on its way through the gateway: plan, admit, send, fall back, answer. Each of these steps has a file of its own."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from time import perf_counter_ns
from typing import Any, TypeVar

from msgspec import structs

from gateway.admission import admitted, reviewed
from gateway.asking import peek
from gateway.beginning import begun
from gateway.ending import End
from gateway.errors import GatewayError
from gateway.guardrails.errors import GuardrailBlocked
from gateway.passing import STOPPED, failed
from gateway.planning import planned
from gateway.progress import Progress
from gateway.prompts import PromptSource
from gateway.pursuit import Pursuit
from gateway.replies import kept_reply, refusal, reply_of, stopped
from gateway.types import Observation, Opened, Plan, Reply, Target

__all__ = ("Exchange",)

T = TypeVar("T")


class Exchange:
    """Carries one request from its arrival to its reply. ``run`` or ``run_alone`` is called once. Implements ``gateway.pursuit.Sender``."""

    __slots__ = ("_end", "_progress")

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._end = End(progress)

    async def run(self, prompts: PromptSource) -> Reply:
        """Plan the request, ask the policies, and get an answer.

        Returns when the whole answer, or the first bytes of a stream, are there; the reply yields the rest of the stream. Errors of the
        gateway become replies. Raises ``CancelledError`` when the client has gone.
        """
        progress = self._progress
        snapshot, recording = progress.snapshot, progress.recording
        try:
            if (pause := snapshot.pause()) > 0:
                await asyncio.sleep(pause)
            plan = await planned(progress, prompts)
            progress.route = plan.route
            recording.route(plan.route)
            recording.content = snapshot.content.get(plan.route, "full")
            if snapshot.policies and (answer := await admitted(progress, plan)) is not None:
                return kept_reply(progress, self._end, answer)
            reply = await self._first_answer(plan)
        except GatewayError as error:
            return refusal(progress, self._end, error)
        except asyncio.CancelledError as error:
            return self._cancelled(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request ends once: told, counted and answered
            return refusal(progress, self._end, failed(error))
        if recording.content != "full" or not snapshot.may_keep:
            reply = structs.replace(reply, may_be_kept=False)
        if progress.call is not None:
            for tap in progress.call.taps:
                reply = tap(progress.call, reply)
        return reply

    async def run_alone(self, target: Target) -> Reply:
        """Ask ``target`` alone, without routing and without policies: for shadows. Errors become replies, as in ``run``."""
        progress = self._progress
        try:
            return reply_of(progress, self._end, await self.open(target))
        except GatewayError as error:
            return refusal(progress, self._end, error)
        except asyncio.CancelledError as error:
            return self._cancelled(error)
        except Exception as error:  # noqa: BLE001 - as in ``run``
            return refusal(progress, self._end, failed(error))

    def open(self, target: Target) -> Coroutine[Any, Any, Opened]:
        """See ``gateway.pursuit.Sender``."""
        progress = self._progress
        provider = progress.snapshot.providers[target.provider]
        progress.aim(target, provider)
        unsupported = progress.snapshot.on_unsupported.get(progress.route, "drop")
        return progress.asking.ask(target, provider, progress.inbound, progress.head, progress.edits, unsupported)

    def peek(self, opened: Opened) -> Observation:
        """See ``gateway.pursuit.Sender``."""
        return peek(opened)

    def _cancelled(self, error: asyncio.CancelledError) -> Reply:
        """The reply to a client that stays while the server stops. Raises ``error`` when it was the client that left."""
        if STOPPED not in error.args:
            self._end.left(None)
            raise error
        return stopped(self._progress, self._end)

    async def _first_answer(self, plan: Plan) -> Reply:
        """Ask the target of a plain route once, or pursue an answer by a route's rules. Nothing is tried again once bytes went out."""
        progress = self._progress
        pursuit = progress.pursuit
        if pursuit is None:
            opened = await self.open(plan.targets[0])
            # Asked here, too: few requests have reviews, and a coroutine would cost them all.
            if progress.call is not None and progress.call.reviews:
                opened = await reviewed(progress, opened)
            return reply_of(progress, self._end, opened)
        if pursuit.pool.rules.shadows:
            progress.snapshot.shadows.start(pursuit.pool, self._shadow)
        progress.recording.attempts = pursuit.attempts
        return await self._pursued(pursuit)

    async def _pursued(self, pursuit: Pursuit) -> Reply:
        """The first answer that the policies let out, or the last one there is."""
        progress = self._progress
        opened = await self._timed(pursuit.run(self))
        while True:
            progress.aim(opened.target, opened.provider)  # of several that were asked, maybe at the same time, this one answers
            try:
                passing = await reviewed(progress, opened)
                chosen = await begun(passing) if passing is not opened and pursuit.pool.reads_answers else passing
                return reply_of(progress, self._end, chosen)
            except GuardrailBlocked as error:
                following = await self._timed(pursuit.instead(self, error.usage))
                if following is None:
                    raise
            opened = following

    async def _timed(self, answer: Awaitable[T]) -> T:
        """Await an answer, and count the whole wait as the upstream's time, even if several targets were asked at once."""
        asking = self._progress.asking
        before, began = asking.upstream_ns, perf_counter_ns()
        try:
            return await answer
        finally:
            asking.upstream_ns = before + perf_counter_ns() - began

    async def _shadow(self, target: Target) -> None:
        """Send the same request to another model and throw the answer away. It is recorded in a trace of its own that names this one."""
        progress = self._progress
        progress.snapshot.enter()
        copy = Progress(progress.snapshot, progress.recording.shadow(), progress.inbound, progress.head, progress.edits)
        copy.route = progress.route
        try:
            reply = await Exchange(copy).run_alone(target)
        except BaseException:
            await progress.snapshot.leave()
            raise
        if reply.stream is None:
            await progress.snapshot.leave()
            return
        with suppress(GatewayError):  # its span says so
            async for _ in reply.stream:
                pass
