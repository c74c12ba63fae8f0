"""One request on its way through the gateway: render, route, admit, send, fall back, record."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping
from contextlib import suppress
from time import perf_counter_ns
from typing import Any, Final, TypeVar

import msgspec
from msgspec import structs

from gateway.asking import Asking, peek
from gateway.beginning import begun
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, Stopping, UpstreamBroken
from gateway.guardrails.errors import GuardrailBlocked, Withheld
from gateway.heads import PromptedHead, head_of
from gateway.passing import STOPPED, failed, passed
from gateway.policies import Answered, Call, Outcome, Policy
from gateway.prompted import with_prompt
from gateway.prompts import PromptReference, PromptSource, RenderedPrompt, parse_reference, with_rendered
from gateway.pursuit import Pursuit
from gateway.record import Recording
from gateway.render import error_body, refused
from gateway.resilience.facts import facts_of
from gateway.resilience.journey import Journey
from gateway.resilience.pool import Pool
from gateway.snapshot import Snapshot
from gateway.types import (
    Headers,
    Inbound,
    Observation,
    Opened,
    Operation,
    Passage,
    Plan,
    Provider,
    Reply,
    Target,
    Upstream,
    Usage,
)
from gateway.wire.headers import header_value
from gateway.wire.openai import RequestHead

__all__ = ("Exchange",)

T = TypeVar("T")
_NO_EDITS: Final[Mapping[str, bytes | None]] = {}


class Exchange:
    """A request on its way: what was decided so far, and the span that will tell it. ``run`` is called once."""

    def __init__(
        self,
        snapshot: Snapshot,
        recording: Recording,
        inbound: Inbound,
        head: RequestHead,
        edits: Mapping[str, bytes | None] = _NO_EDITS,
    ) -> None:
        self._snapshot = snapshot
        self._recording = recording
        self._inbound = inbound
        self._head = head
        self._edits = edits
        self._asking = Asking(recording.traceparent, snapshot.media)
        self._target = Target("", "")
        self._route = ""
        self._dropped: tuple[str, ...] = ()
        self._pursuit: Pursuit | None = None
        self._call: Call | None = None
        self._admitting: list[Policy] = []

    async def run(self, prompts: PromptSource) -> Reply:
        """Everything up to the reply; the rest of a stream is in the reply."""
        try:
            if (pause := self._snapshot.pause()) > 0:
                await asyncio.sleep(pause)
            plan = await self._plan(prompts)
            self._route = plan.route
            self._recording.route(plan.route)
            self._recording.content = self._snapshot.content.get(plan.route, "full")
            if self._snapshot.policies and (reply := await self._admitted(plan)) is not None:
                return reply
            reply = await self._first_answer(plan)
        except GatewayError as error:
            return self._refused(error)
        except asyncio.CancelledError as error:
            if STOPPED not in error.args:
                self.left(None)
                raise
            return self._stopped()
        except Exception as error:  # noqa: BLE001 - whatever it is, the request ends once: told, counted and answered
            return self._refused(failed(error))
        if self._recording.content != "full" or not self._snapshot.may_keep:
            reply = structs.replace(reply, may_be_kept=False)
        if self._call is not None:
            for tap in self._call.taps:
                reply = tap(self._call, reply)
        return reply

    async def _admitted(self, plan: Plan) -> Reply | None:
        """Ask each policy; the answer that one of them has. Whoever let the request pass is told of its end."""
        call = self._call = Call(
            inbound=self._inbound,
            head=self._head,
            plan=plan,
            providers=self._snapshot.providers,
            edits=self._edits,
            traceparent=self._recording.traceparent,
        )
        try:
            for policy in self._snapshot.policies:
                await policy.admit(call)
                self._admitting.append(policy)
        finally:
            if call.rewritten is not None:
                self._rewrite(call.rewritten)
        return None if call.answer is None else self._answered(call.answer)

    def _answered(self, answer: Answered) -> Reply:
        """Reply with what was there already."""
        self._target = answer.target
        provider = self._snapshot.providers[answer.target.provider]
        self._recording.target(answer.target, provider.system, provider.address)
        usage = self._end(answer.status, answer.observation)
        return Reply(
            status=answer.status,
            headers=[*answer.headers, *self._own_headers()],
            trace_id=self._recording.trace_id,
            body=answer.body,
            stream=None if answer.stream is None else self._replayed(answer.stream),
            target=self._target.name,
            usage=usage,
        )

    async def _replayed(self, stream: bytes) -> AsyncIterator[bytes]:
        try:
            yield stream
        finally:
            await self._snapshot.leave()

    def _rewrite(self, body: bytes) -> None:
        """From here on the request is another: what is sent and what is recorded."""
        self._inbound = structs.replace(self._inbound, body=body)
        self._head = head_of(self._inbound)
        self._edits = _NO_EDITS
        self._recording.rewritten(self._inbound, self._head)

    async def _plan(self, prompts: PromptSource) -> Plan:
        if self._inbound.provider:
            return self._snapshot.routes.plan_account(self._inbound.provider, self._inbound.model)
        reference = parse_reference(self._head.model)
        if reference is None:
            plan = self._snapshot.routes.plan(self._head.model)
        else:
            asked = self._head.asked_model if isinstance(self._head, PromptedHead) else None
            prompt = await self._render(reference, prompts)
            plan = self._snapshot.routes.plan_prompt(prompt.name, asked or prompt.model)
        pool = self._snapshot.pools.get(plan.route)
        return plan if pool is None else await self._pursue(plan, pool, prompts)

    async def _pursue(self, plan: Plan, pool: Pool, prompts: PromptSource) -> Plan:
        """A route with rules: what they say of this request, all of which is there, since it may be sent more than once."""
        if self._inbound.upload is not None and not await self._inbound.upload.hold():
            raise asyncio.CancelledError  # the client left
        facts = facts_of(self._inbound, self._head, pool.rules)
        if pool.rules.prompts and (reference := parse_reference(pool.prompt(facts))) is not None:
            await self._render(reference, prompts)
        journey = Journey(pool, facts)
        self._pursuit = Pursuit(journey, pool, stream=facts.stream)
        return structs.replace(plan, targets=journey.targets)

    async def _render(self, reference: PromptReference, prompts: PromptSource) -> RenderedPrompt:
        prompt = await prompts.render(reference.name, reference.selector, self._head.prompt_variables or {})
        self._rendered(prompt)
        return prompt

    def _rendered(self, prompt: RenderedPrompt) -> None:
        self._recording.prompt(prompt)
        if self._inbound.dialect is not DialectName.OPENAI_CHAT:
            self._rewrite(with_prompt(prompt, self._inbound))
            return
        messages = with_rendered(prompt, bytes(self._head.messages))
        self._edits = {"messages": messages, "prompt_variables": None}
        self._head.messages = msgspec.Raw(messages)

    async def _first_answer(self, plan: Plan) -> Reply:
        """A plain request is sent once; one on a route with rules until they are content. Nothing is tried again once bytes went out."""
        if self._pursuit is None:
            return self._answer(await self._reviewed(await self.open(plan.targets[0])))
        if self._pursuit.pool.rules.shadows:
            self._snapshot.shadows.start(self._pursuit.pool, self._shadow)
        self._recording.attempts = self._pursuit.attempts
        return await self._pursued(self._pursuit)

    async def _pursued(self, pursuit: Pursuit) -> Reply:
        """The first answer that the policies let go out, or the last one there is."""
        opened = await self._timed(pursuit.run(self))
        while True:
            self._aim(opened.target, opened.provider)  # of several that were asked, maybe at the same time, this one answers
            try:
                reviewed = await self._reviewed(opened)
                return self._answer(await begun(reviewed) if reviewed is not opened and pursuit.pool.reads_answers else reviewed)
            except GuardrailBlocked as error:
                following = await self._timed(pursuit.instead(self, error.usage))
                if following is None:
                    raise
            opened = following

    async def _timed(self, answer: Awaitable[T]) -> T:
        """What is waited for is the upstream's time, however many were asked meanwhile."""
        before, began = self._asking.upstream_ns, perf_counter_ns()
        try:
            return await answer
        finally:
            self._asking.upstream_ns = before + perf_counter_ns() - began

    async def _reviewed(self, opened: Opened) -> Opened:
        """The answer, as far as the policies let it through."""
        if self._call is None or not self._call.reviews:
            return opened
        try:
            for review in self._call.reviews:
                opened = await review(self._call, opened)
        except BaseException:
            await opened.upstream.close()
            raise
        return opened

    async def _shadow(self, target: Target) -> None:
        """The same request to another model, for nobody: recorded in a trace of its own that names this one."""
        self._snapshot.enter()
        copy = Exchange(self._snapshot, self._recording.shadow(), self._inbound, self._head, self._edits)
        copy._route = self._route
        try:
            reply = await copy.run_alone(target)
        except BaseException:
            await self._snapshot.leave()
            raise
        if reply.stream is None:
            await self._snapshot.leave()
            return
        with suppress(GatewayError):  # its span says so
            async for _ in reply.stream:
                pass

    async def run_alone(self, target: Target) -> Reply:
        """As ``run``, when ``target`` is decided already; no policy is asked."""
        try:
            return self._answer(await self.open(target))
        except GatewayError as error:
            return self._refused(error)
        except asyncio.CancelledError as error:
            if STOPPED not in error.args:
                self.left(None)
                raise
            return self._stopped()
        except Exception as error:  # noqa: BLE001 - as in ``run``
            return self._refused(failed(error))

    def _stopped(self) -> Reply:
        self.left(None, stopped=True)
        return refused(Stopping(), self._recording.trace_id, self._own_headers(), self._inbound.dialect)

    def _refused(self, error: GatewayError) -> Reply:
        used = error.observation if isinstance(error, Withheld) else None
        self._end(error.status, used, error=error.code, detail=error.message)
        return refused(error, self._recording.trace_id, self._own_headers(), self._inbound.dialect)

    def open(self, target: Target) -> Coroutine[Any, Any, Opened]:
        """See ``gateway.pursuit.Sender``."""
        provider = self._snapshot.providers[target.provider]
        self._aim(target, provider)
        unsupported = self._snapshot.on_unsupported.get(self._route, "drop")
        return self._asking.ask(target, provider, self._inbound, self._head, self._edits, unsupported)

    def peek(self, opened: Opened) -> Observation:
        """See ``gateway.pursuit.Sender``."""
        return peek(opened)

    def _aim(self, target: Target, provider: Provider) -> None:
        self._target = target
        self._recording.target(target, provider.system, provider.address)
        if self._call is not None:
            self._call.target = target

    def _answer(self, opened: Opened) -> Reply:
        if opened.passage.dropped:
            self._left_out(opened.passage.dropped)
        if opened.first is not None:
            return self._streamed(opened.passage, opened.upstream, opened.first)
        if opened.upstream.status >= 400:
            return self._vendor_error(opened.upstream, opened.body)
        return self._whole(opened.passage, opened.upstream, opened.body)

    def _left_out(self, dropped: tuple[str, ...]) -> None:
        self._dropped = dropped
        self._recording.note({"tidegate.dropped": dropped})

    def _whole(self, way: Passage, upstream: Upstream, body: bytes) -> Reply:
        observation = way.read_answer(body)
        usage = self._end(upstream.status, observation)
        headers = self._headers(upstream)
        return Reply(
            status=upstream.status, headers=headers, trace_id=self._recording.trace_id, body=body, target=self._target.name, usage=usage
        )

    def _vendor_error(self, upstream: Upstream, body: bytes) -> Reply:
        """The vendor's own error passes as it is, if it is JSON; a page of HTML from something in between becomes an error of the dialect."""
        self._end(upstream.status, error=str(upstream.status), detail=f"{self._target.name} answered {upstream.status}")
        headers = self._headers(upstream)
        try:
            msgspec.json.decode(body)
        except msgspec.MsgspecError:
            message = f"{self._target.name} answered {upstream.status} with something that is no JSON."
            body = error_body(UpstreamBroken(message), self._inbound.dialect)
            headers = [(b"content-type", b"application/json"), *((name, value) for name, value in headers if name != b"content-type")]
        return Reply(status=upstream.status, headers=headers, trace_id=self._recording.trace_id, body=body, target=self._target.name)

    def _streamed(self, way: Passage, upstream: Upstream, first: bytes) -> Reply:
        self._recording.first_byte()
        stream = passed(way, upstream, first, self._target.name, self)
        headers = [*self._headers(upstream), (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
        return Reply(status=upstream.status, headers=headers, trace_id=self._recording.trace_id, stream=stream, target=self._target.name)

    def finished(self, status: int, observation: Observation | None, error: GatewayError | None = None) -> None:
        """See ``gateway.passing.Ending``."""
        code, detail = (error.code, error.message) if error else (None, "")
        self._end(status, observation, error=code, detail=detail)

    def left(self, observation: Observation | None, *, stopped: bool = False) -> None:
        """The client went away, or the server stops before the answer was whole."""
        self._recording.left(asking=observation is None and bool(self._target.provider), client=not stopped)
        if stopped:
            self._end(Stopping.status, observation, error=Stopping.code, detail="The server was stopped before the end of the answer.")
        else:
            self._end(499, observation, error="client_disconnected", detail="The client went away before the end of the answer.")

    async def leave(self) -> None:
        """See ``gateway.passing.Ending``."""
        await self._snapshot.leave()

    def _end(self, status: int, observation: Observation | None = None, *, error: str | None = None, detail: str = "") -> Usage | None:
        """The one end of every request: the span is written, and who let the request pass learns what became of it."""
        if self._pursuit is not None:
            self._pursuit.end(error, observation)
        if error is None and observation is not None and observation.response_id and _is_stored(self._inbound):
            self._snapshot.made.note(observation.response_id, self._target)
        call = self._call
        if call is None:
            return self._recording.finish(self._inbound.body, observation, error=error, detail=detail)
        self._recording.note(call.attributes)
        if call.verdicts or call.watching:
            self._recording.verdicts = [*call.verdicts, *(watched() for watched in call.watching)]
        usage = self._recording.finish(self._inbound.body, observation, error=error, detail=detail)
        outcome = Outcome(status=status, usage=usage, observation=observation, error=error, thrown_away=self._recording.thrown_away)
        for policy in reversed(self._admitting):
            policy.settle(call, outcome)
        return usage

    def _headers(self, upstream: Upstream) -> Headers:
        """The vendor's, and ours, which win: a limit of ours is the one that a client meets."""
        own = self._own_headers()
        if self._call is None or not self._call.headers:
            return [*upstream.headers, *own]
        names = {name for name, _ in own}
        return [*[header for header in upstream.headers if header[0] not in names], *own]

    def _own_headers(self) -> Headers:
        overhead = (perf_counter_ns() - self._inbound.started - self._asking.upstream_ns) / 1e6
        own = [(b"x-tidegate-trace-id", self._recording.trace_id.encode()), (b"x-tidegate-overhead-ms", b"%.3f" % overhead)]
        if self._target.provider:
            own.append((b"x-tidegate-target", header_value(self._target.name)))
        if self._dropped:
            own.append((b"x-tidegate-dropped", header_value(", ".join(self._dropped))))
        if self._pursuit is not None:
            own += self._pursuit.headers()
        if self._call is not None:
            own += self._call.headers
        return own


def _is_stored(inbound: Inbound) -> bool:
    """Whether a chat may be asked for again by its identifier: what asks for that cannot be written without this word."""
    return inbound.operation is Operation.CHAT and b'"store"' in inbound.body
