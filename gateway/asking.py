"""Asks one target once: writes the request in the target's dialect, and waits for the beginning of its answer."""

from collections.abc import Mapping
from time import perf_counter_ns

from msgspec import structs

from gateway.errors import UpstreamBroken
from gateway.media import MediaSource, inlined
from gateway.passages import passage
from gateway.passages.choosing import OnUnsupported
from gateway.types import Headers, Inbound, Observation, Opened, Operation, Outbound, Passage, Provider, Target, Upstream
from gateway.waits import may_wait, with_wait
from gateway.wire.headers import content_type, is_events
from gateway.wire.openai import RequestHead
from gateway.wire.patch import patch

__all__ = ("Asking", "peek")

Edits = Mapping[str, bytes | None]


class Asking:
    """Asks the targets of one request. ``upstream_ns`` is how long they were waited for in all, in nanoseconds."""

    def __init__(self, traceparent: str, media: MediaSource) -> None:
        self.upstream_ns = 0
        self._traceparent = traceparent
        self._media = media
        self._fetched: tuple[Inbound, Inbound] | None = None

    async def ask(
        self, target: Target, provider: Provider, inbound: Inbound, head: RequestHead, edits: Edits, unsupported: OnUnsupported
    ) -> Opened:
        """Send the request and wait for the whole answer, or for the first bytes of a stream: a failure before them is still an ordinary answer.

        Raises ``UpstreamFailure``, and ``InvalidRequest`` for what cannot be said to this target.
        """
        if not provider.fetches(target.model):
            inbound, edits = await self._with_media(inbound, edits), {}
        way = passage(provider, target.model, inbound, head, edits, unsupported)
        request = _outbound(way, target, provider, inbound, head, self._traceparent)
        began = perf_counter_ns()
        answer = await provider.send(request)
        upstream = way.answered(await with_wait(answer) if may_wait(answer) else answer)
        try:
            if upstream.status < 400 and _flows(inbound, head, upstream.headers):
                first = await _first(target, inbound, upstream)
                if first is not None:
                    return Opened(target=target, provider=provider, passage=way, upstream=upstream, first=first)
            body = await upstream.read()
            await upstream.close()
            return Opened(target=target, provider=provider, passage=way, upstream=upstream, body=body)
        except BaseException:
            await upstream.close()
            raise
        finally:
            self.upstream_ns += perf_counter_ns() - began

    async def _with_media(self, inbound: Inbound, edits: Edits) -> Inbound:
        """The request with media inlined, for a model that takes them as data alone. What was fetched is used by every attempt."""
        if self._fetched is None or self._fetched[0] is not inbound:
            edited = structs.replace(inbound, body=patch(inbound.body, edits) if edits else inbound.body)
            self._fetched = (inbound, await inlined(edited, self._media) if inbound.operation is Operation.CHAT else edited)
        return self._fetched[1]


async def _first(target: Target, inbound: Inbound, upstream: Upstream) -> bytes | None:
    """The first bytes of an answer; ``None`` when it has no body, as after a deletion.

    Raises ``UpstreamBroken`` for a generation without one.
    """
    chunk = await upstream.next_chunk()
    if chunk is None and inbound.resource is None:
        raise UpstreamBroken(f"{target.name} ended its stream before it began.")
    return chunk


def peek(opened: Opened) -> Observation:
    """What the answer says so far. Raises ``UpstreamBroken``."""
    if opened.first is None:
        return opened.passage.read_answer(opened.body)
    reader = opened.passage.read_stream()
    reader.feed(opened.first)
    return reader.observation()


def _outbound(way: Passage, target: Target, provider: Provider, inbound: Inbound, head: RequestHead, traceparent: str) -> Outbound:
    operation = inbound.operation
    if operation is Operation.COMPLETIONS and operation not in provider.operations:
        operation = Operation.CHAT  # the passage has made one of it
    return Outbound(
        operation=operation,
        body=way.body,
        headers=inbound.headers,
        stream=bool(head.stream),
        traceparent=traceparent,
        dialect=way.dialect,
        model=target.model,
        resource=inbound.resource,
        upload=None if inbound.upload is None else inbound.upload.sending(target.model),
    )


def _flows(inbound: Inbound, head: RequestHead, headers: Headers) -> bool:
    """Whether an answer is forwarded as it arrives.

    Of a generation that is a stream that was asked for; of a resource, whatever is not JSON, or everything where the resource says so.
    """
    if inbound.resource is None:
        return bool(head.stream) and is_events(headers)
    return inbound.resource.flows or not content_type(headers).startswith(b"application/json")
