"""Pursues an answer on a route with rules: sends, waits, retries, falls back, races. ``gateway.resilience`` decides what to try."""

import asyncio
from collections.abc import Iterator
from time import perf_counter_ns, time, time_ns
from typing import Protocol

import msgspec

from gateway.attempts import Attempt
from gateway.beginning import begun
from gateway.errors import GatewayError, UpstreamBroken, UpstreamFailure, UpstreamTimeout
from gateway.racing import raced
from gateway.resilience.failures import of_answer, of_error, of_observation
from gateway.resilience.journey import Journey
from gateway.resilience.pool import Pool
from gateway.resilience.types import Failure, Reason, Step
from gateway.types import Headers, Observation, Opened, Target, Usage
from gateway.wire.headers import header_value

__all__ = ("Pursuit", "Sender", "made_by")


class Tried(msgspec.Struct):
    """What came of an attempt: an answer, which may be a failure, or an error of ours."""

    target: Target
    attempt: Attempt
    opened: Opened | None = None
    error: UpstreamFailure | None = None
    failure: Failure | None = None


class Sender(Protocol):
    """Sends a request to one target, and reads what came."""

    async def open(self, target: Target) -> Opened:
        """Ask ``target`` and wait for the first bytes of its answer. Raises ``UpstreamFailure``."""
        ...

    def peek(self, opened: Opened) -> Observation:
        """What an answer says, as far as it is there. Raises ``UpstreamBroken``."""
        ...


class Pursuit:
    """The attempts for one request.

    ``run`` is called once, ``instead`` for each answer that may not go out, and ``end`` once after them, however they ended.
    """

    def __init__(self, journey: Journey, pool: Pool, *, stream: bool) -> None:
        self.attempts: list[Attempt] = []
        self._journey = journey
        self.pool = pool
        self._stream = stream
        self._won: Tried | None = None

    async def run(self, sender: Sender) -> Opened:
        """The first answer that is not a failure to try again after, or the last answer there is. Raises ``UpstreamFailure``."""
        return await self._run(Step(self._journey.now()), sender)

    async def instead(self, sender: Sender, used: Usage | None) -> Opened | None:
        """The next answer, after a guardrail withheld the last one, which ``used`` this much and is closed.

        ``None`` where no target is left for the reason ``content_policy``. Raises ``UpstreamFailure``.
        """
        if self._won is None:
            return None
        withheld, failure = self._won, Failure(reason=Reason.CONTENT_POLICY)
        step = self._journey.after(withheld.target, failure)
        if step is None:
            return None
        self._won, withheld.attempt.used = None, used
        self._failed(withheld, failure)
        return await self._run(step, sender)

    async def _run(self, step: Step, sender: Sender) -> Opened:
        last: Tried | None = None
        while True:
            if step.wait:
                await asyncio.sleep(step.wait)
            try:
                tried = await self._try(step, sender)
            except GatewayError:  # it cannot be asked so; what the one before it said is more to the point
                if last is None:
                    raise
                tried = last
            if tried.failure is None:
                self._won = tried
                return _opened(tried)
            following = self._journey.after(tried.target, tried.failure)
            if following is None:
                return _opened(tried)
            await _let_go(tried)
            last = tried if tried.opened is None or tried.opened.first is None else None
            step = following

    def end(self, error: str | None, observation: Observation | None) -> None:
        """The answer was given, or broke off with ``error``, or the client left."""
        if self._won is None:
            return
        won, self._won = self._won, None
        won.attempt.ended_ns = time_ns()
        if error is None:
            self.pool.answered(won.target)
            for made in made_by(observation):
                self.pool.affinity.note(made, won.target)
        elif error.startswith("upstream_"):
            won.attempt.failure = error
            reason = Reason.TIMEOUT if error == UpstreamTimeout.code else Reason.BROKEN
            self.pool.failed(won.target, Failure(reason=reason))
        self.pool.release(won.target)

    def headers(self) -> Headers:
        """Headers that tell the client what was tried."""
        told: Headers = [(b"x-tidegate-attempts", str(len(self.attempts)).encode())]
        failed = [f"{each.target.name}={each.failure}" for each in self.attempts if each.failure]
        if failed:
            told.append((b"x-tidegate-failed-attempts", header_value(", ".join(failed))))
        if any(each.hedge for each in self.attempts):
            won = any(each.hedge and not each.cancelled and not each.failure for each in self.attempts)
            told.append((b"x-tidegate-hedge", b"won" if won else b"lost"))
        return told

    async def _try(self, step: Step, sender: Sender) -> Tried:
        after = self.pool.rules.hedge_after
        if after is None:
            return await self._attempt(sender, step.target, step.wait)
        return await self._race(step, sender, after)

    async def _race(self, step: Step, sender: Sender, after: float) -> Tried:
        """Start the first attempt, and after a while a second beside it. The loser is cancelled before the winner's answer goes on."""
        return await raced(
            lambda: self._attempt(sender, step.target, step.wait),
            lambda: self._attempt(sender, self._journey.beside(step.target), hedge=True),
            after=after,
            good=lambda tried: tried.failure is None,
            discard=self._discard,
        )

    async def _discard(self, tried: Tried) -> None:
        """An answer that came when another was chosen already."""
        await _let_go(tried)
        if tried.failure is None:
            tried.attempt.cancelled, tried.attempt.ended_ns = True, time_ns()
            self.pool.release(tried.target)

    async def _attempt(self, sender: Sender, target: Target, waited: float = 0.0, *, hedge: bool = False) -> Tried:
        """Ask one target. Whoever loses a race is cancelled here."""
        attempt = Attempt(target=target, started_ns=time_ns(), waited=waited, hedge=hedge)
        self.attempts.append(attempt)
        self._journey.begin(target)
        tried = Tried(target, attempt)
        began = perf_counter_ns()
        try:
            opened = await sender.open(target)
            tried.opened = await begun(opened) if self.pool.reads_answers else opened
        except UpstreamFailure as error:
            tried.error, tried.failure = error, of_error(error)
        except GatewayError as error:  # this target cannot be asked so: nothing was sent
            attempt.failure, attempt.ended_ns = error.code, time_ns()
            self.pool.release(target)
            raise
        except BaseException:
            attempt.cancelled, attempt.ended_ns = True, time_ns()
            self.pool.release(target)
            raise
        else:
            tried.failure = self._failure(sender, tried.opened)
        self._note(tried, (perf_counter_ns() - began) / 1e9)
        return tried

    def _failure(self, sender: Sender, opened: Opened) -> Failure | None:
        failure = of_answer(opened.upstream.status, opened.upstream.headers, opened.body, time())
        if failure is not None or not (self.pool.reads_answers or _is_suspect(opened)):
            return failure
        try:
            return of_observation(sender.peek(opened))
        except UpstreamFailure as error:
            return of_error(error)

    def _note(self, tried: Tried, seconds: float) -> None:
        """Record the result in the pool. An answer that goes to the client counts as under way until ``end``."""
        if tried.failure is None:
            self.pool.first_byte(tried.target, seconds, stream=self._stream)
            return
        if tried.failure.blames_target:
            self.pool.lost_time(tried.target, seconds, stream=self._stream)
        self._failed(tried, tried.failure)

    def _failed(self, tried: Tried, failure: Failure) -> None:
        tried.attempt.failure, tried.attempt.ended_ns = failure.word, time_ns()
        self.pool.failed(tried.target, failure)
        self.pool.release(tried.target)


def made_by(observation: Observation | None) -> Iterator[str]:
    """The ids in an answer that a following request may name."""
    if observation is not None:
        yield from (observation.response_id,) if observation.response_id else ()
        yield from observation.sealed


def _is_suspect(opened: Opened) -> bool:
    """Whether an answer of status 200 may hold an error. Cheap, since every answer is asked."""
    if opened.first is not None:
        return b'"error"' in opened.first
    return not opened.body.startswith(b"{") or b'"error"' in opened.body[:64]


async def _let_go(tried: Tried) -> None:
    """End a stream that nobody will read; a whole answer was closed when it was read."""
    if tried.opened is not None and tried.opened.first is not None:
        await tried.opened.upstream.close()


def _opened(tried: Tried) -> Opened:
    if tried.opened is not None:
        return tried.opened
    raise tried.error or UpstreamBroken("An attempt ended without an answer.")
