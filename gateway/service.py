"""One request through the gateway: read, render, route, send, fall back, record.

Settings become an immutable snapshot; a request keeps the one it began with, and a reload swaps in the next. Connections of a snapshot are
closed when its last request has ended.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from random import random
from time import perf_counter_ns, time_ns
from typing import Final

import msgspec
from opentelemetry.trace import Tracer

from config.schema import Settings
from gateway.errors import GatewayError, InvalidRequest, UpstreamBroken, UpstreamFailure
from gateway.prompts import PromptSource, RenderedPrompt, parse_reference, with_rendered
from gateway.providers import build
from gateway.record import Recording
from gateway.render import error_body, error_event
from gateway.routing import RouteTable
from gateway.types import (
    Answer,
    Headers,
    Inbound,
    Observation,
    Operation,
    Origin,
    Outbound,
    Plan,
    Provider,
    Reply,
    StreamReader,
    Target,
    Upstream,
)
from gateway.wire.openai import RequestHead

__all__ = ("Gateway",)

_HEAD: Final = msgspec.json.Decoder(RequestHead)


class Snapshot:
    """What one configuration made: routes, and providers with their connections."""

    def __init__(self, settings: Settings) -> None:
        self.providers: dict[str, Provider] = {name: build(name, provider) for name, provider in settings.providers.items()}
        self.routes = RouteTable.from_settings(settings, {name: provider.models() for name, provider in self.providers.items()})
        self._users = 0
        self._retired = False

    def enter(self) -> None:
        """A request begins to use it."""
        self._users += 1

    async def leave(self) -> None:
        """A request has ended."""
        self._users -= 1
        await self._close_unused()

    async def retire(self) -> None:
        """No new request will use it."""
        self._retired = True
        await self._close_unused()

    async def _close_unused(self) -> None:
        if self._retired and self._users == 0:
            for provider in self.providers.values():
                await provider.close()


class Gateway:
    """The proxy, without HTTP: surfaces hand requests in and send replies out."""

    def __init__(self, snapshot: Snapshot, tracer: Tracer, prompts: PromptSource) -> None:
        self._snapshot = snapshot
        self._tracer = tracer
        self._prompts = prompts
        self._retiring: set[asyncio.Task[None]] = set()

    @classmethod
    def build(cls, settings: Settings, tracer: Tracer, prompts: PromptSource) -> "Gateway":
        """Raises ``Misconfigured``."""
        return cls(Snapshot(settings), tracer, prompts)

    def reconfigure(self, settings: Settings) -> None:
        """Serve new requests by new settings; those under way keep theirs. Raises ``Misconfigured``, and then nothing has changed."""
        before, self._snapshot = self._snapshot, Snapshot(settings)
        task = asyncio.get_running_loop().create_task(before.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def close(self) -> None:
        """Close all connections."""
        await self._snapshot.retire()

    def models(self) -> list[str]:
        """Every name that is known to be answered."""
        return self._snapshot.routes.names()

    async def complete(self, request: bytes, origin: Origin) -> Answer:
        """Answer a caller in this process, on the same path as any other. Raises nothing of the gateway's: errors are answers."""
        inbound = Inbound(
            operation=Operation.CHAT, body=request, headers=(), received_ns=time_ns(), started=perf_counter_ns(), origin=origin
        )
        reply = await self.handle(inbound)
        body = reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])
        return Answer(
            status=reply.status, headers=reply.headers, body=body, trace_id=reply.trace_id, target=reply.target, usage=reply.usage
        )

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer one request. A failure of ours is a reply too; only cancellation is raised, when the client went away."""
        try:
            head = _HEAD.decode(inbound.body)
        except msgspec.MsgspecError as error:
            return _refused(InvalidRequest(f"The body cannot be read as a request: {error}."))
        snapshot = self._snapshot
        snapshot.enter()
        exchange = Exchange(snapshot, Recording(self._tracer, inbound, head), inbound, head)
        try:
            reply = await exchange.run(self._prompts)
        except BaseException:
            await snapshot.leave()
            raise
        if reply.stream is None:
            await snapshot.leave()
        return reply


class Exchange:
    """A request on its way: what was decided so far, and the span that will tell it."""

    def __init__(self, snapshot: Snapshot, recording: Recording, inbound: Inbound, head: RequestHead) -> None:
        self._snapshot = snapshot
        self._recording = recording
        self._inbound = inbound
        self._head = head
        self._edits: dict[str, bytes | None] = {}
        self._upstream_ns = 0
        self._target = Target("", "")

    async def run(self, prompts: PromptSource) -> Reply:
        """Everything up to the reply; the rest of a stream is in the reply."""
        try:
            plan = await self._plan(prompts)
            self._recording.route(plan.route)
            return await self._first_answer(plan)
        except GatewayError as error:
            self._recording.fail(self._inbound.body, error)
            return _refused(error, self._recording.trace_id, self._own_headers())
        except asyncio.CancelledError:
            self._recording.left(self._inbound.body, None)
            raise

    async def _plan(self, prompts: PromptSource) -> Plan:
        reference = parse_reference(self._head.model)
        draw = random()  # noqa: S311 - shares of traffic are no secret
        if reference is None:
            return self._snapshot.routes.plan(self._head.model, draw)
        prompt = await prompts.render(reference.name, reference.selector, self._head.prompt_variables or {})
        self._rendered(prompt)
        return self._snapshot.routes.plan_prompt(prompt.name, prompt.model, draw)

    def _rendered(self, prompt: RenderedPrompt) -> None:
        messages = with_rendered(prompt, bytes(self._head.messages))
        self._edits = {"messages": messages, "prompt_variables": None}
        self._head.messages = msgspec.Raw(messages)
        self._recording.prompt(prompt)

    async def _first_answer(self, plan: Plan) -> Reply:
        """Try the targets in order. A fallback is never tried once bytes of an answer went out."""
        for target in plan.targets[:-1]:
            try:
                reply = await self._attempt(target, last=False)
            except UpstreamFailure:
                continue
            if reply is not None:
                return reply
        reply = await self._attempt(plan.targets[-1], last=True)
        if reply is None:
            raise UpstreamBroken("No target of the route gave an answer.")
        return reply

    async def _attempt(self, target: Target, *, last: bool) -> Reply | None:
        """Ask one target; ``None`` when its answer calls for the next."""
        provider = self._snapshot.providers[target.provider]
        self._target = target
        self._recording.target(target, provider.system, provider.address)
        request = Outbound(
            operation=self._inbound.operation,
            body=provider.prepare(self._head, self._inbound.body, target.model, self._edits),
            headers=self._inbound.headers,
            stream=bool(self._head.stream),
            traceparent=self._recording.traceparent,
        )
        began = perf_counter_ns()
        upstream = await provider.send(request)
        self._upstream_ns += perf_counter_ns() - began
        if not last and (upstream.status == 429 or upstream.status >= 500):
            await upstream.close()
            return None
        return await self._reply(provider, upstream)

    async def _reply(self, provider: Provider, upstream: Upstream) -> Reply:
        try:
            if upstream.status < 400 and self._head.stream and _is_stream(upstream.headers):
                return await self._streamed(provider, upstream)
            began = perf_counter_ns()
            body = await upstream.read()
            self._upstream_ns += perf_counter_ns() - began
        except BaseException:
            await upstream.close()
            raise
        await upstream.close()
        return self._whole(provider, upstream, body)

    def _whole(self, provider: Provider, upstream: Upstream, body: bytes) -> Reply:
        if upstream.status >= 400:
            return self._vendor_error(upstream, body)
        observation = provider.read_answer(self._inbound.operation, body)
        usage = self._recording.finish(self._inbound.body, observation)
        headers = [*upstream.headers, *self._own_headers()]
        return Reply(
            status=upstream.status, headers=headers, trace_id=self._recording.trace_id, body=body, target=self._target.name, usage=usage
        )

    def _vendor_error(self, upstream: Upstream, body: bytes) -> Reply:
        """The vendor's own error passes as it is, if it is JSON; a page of HTML from something in between becomes an error of the dialect."""
        self._recording.finish(self._inbound.body, error=str(upstream.status), detail=f"{self._target.name} answered {upstream.status}")
        headers = [*upstream.headers, *self._own_headers()]
        try:
            msgspec.json.decode(body)
        except msgspec.MsgspecError:
            message = f"{self._target.name} answered {upstream.status} with something that is no JSON."
            body = error_body(UpstreamBroken(message))
            headers = [(b"content-type", b"application/json"), *((name, value) for name, value in headers if name != b"content-type")]
        return Reply(status=upstream.status, headers=headers, trace_id=self._recording.trace_id, body=body, target=self._target.name)

    async def _streamed(self, provider: Provider, upstream: Upstream) -> Reply:
        """Wait for the first bytes, so that a failure before them is still an ordinary answer."""
        began = perf_counter_ns()
        first = await upstream.next_chunk()
        self._upstream_ns += perf_counter_ns() - began
        if first is None:
            raise UpstreamBroken(f"{self._target.name} ended its stream before it began.")
        self._recording.first_byte()
        stream = self._pass(provider.read_stream(self._head), upstream, first)
        headers = [*upstream.headers, (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"), *self._own_headers()]
        return Reply(status=upstream.status, headers=headers, trace_id=self._recording.trace_id, stream=stream, target=self._target.name)

    async def _pass(self, reader: StreamReader, upstream: Upstream, first: bytes) -> AsyncIterator[bytes]:
        """Bytes as they arrive. The span ends before the bytes that end the answer go out; a broken stream ends in an error event."""
        chunk: bytes | None = first
        finished = False
        try:
            while chunk is not None:
                forwarded = reader.feed(chunk)
                if reader.ended and not finished:
                    finished = self._finish(reader.observation())
                if forwarded:
                    yield forwarded
                chunk = await upstream.next_chunk()
            rest = reader.end()
            if not finished and not reader.complete:
                raise UpstreamBroken(f"{self._target.name} ended its stream before the answer was whole.")
            finished = finished or self._finish(reader.observation())
            if rest:
                yield rest
        except GatewayError as error:
            if not finished:
                finished = self._finish(reader.observation(), error)
                yield reader.end() + error_event(error)
        finally:
            if not finished:
                self._recording.left(self._inbound.body, reader.observation())
            await upstream.close()
            await self._snapshot.leave()

    def _finish(self, observation: Observation, error: GatewayError | None = None) -> bool:
        self._recording.finish(self._inbound.body, observation, error=error.code if error else None, detail=error.message if error else "")
        return True

    def _own_headers(self) -> Headers:
        overhead = (perf_counter_ns() - self._inbound.started - self._upstream_ns) / 1e6
        return [
            (b"x-tidegate-trace-id", self._recording.trace_id.encode()),
            (b"x-tidegate-overhead-ms", b"%.3f" % overhead),
            (b"x-tidegate-target", self._target.name.encode("latin-1", "replace")),
        ]


def _is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)


def _refused(error: GatewayError, trace_id: str = "", headers: Iterable[tuple[bytes, bytes]] = ()) -> Reply:
    return Reply(status=error.status, headers=[(b"content-type", b"application/json"), *headers], trace_id=trace_id, body=error_body(error))
