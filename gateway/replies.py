"""What a client gets: a whole answer, a stream, a vendor's error, an error of ours, or an answer from a cache."""

from collections.abc import AsyncIterator

import msgspec

from gateway.ending import End
from gateway.errors import GatewayError, Stopping, UpstreamBroken
from gateway.guardrails.errors import Withheld
from gateway.passing import passed
from gateway.policies import Answered
from gateway.progress import Progress
from gateway.render import error_body, refused
from gateway.telling import headers_of, own_headers
from gateway.types import Opened, Passage, Reply, Upstream
from tracing.unreadable import UNREADABLE

__all__ = ("kept_reply", "refusal", "reply_of", "stopped")


def reply_of(progress: Progress, end: End, opened: Opened) -> Reply:
    """The reply that forwards a target's answer. The request ends here, unless the answer is a stream."""
    if opened.passage.dropped:
        progress.dropped = opened.passage.dropped
        progress.recording.note({"tidegate.dropped": opened.passage.dropped})
    if opened.first is not None:
        return _streamed(progress, end, opened.passage, opened.upstream, opened.first)
    if opened.upstream.status >= 400:
        return _vendor_error(progress, end, opened.upstream, opened.body)
    return _whole(progress, end, opened.passage, opened.upstream, opened.body)


def kept_reply(progress: Progress, end: End, answer: Answered) -> Reply:
    """The reply that gives an answer a policy had already."""
    provider = progress.snapshot.providers[answer.target.provider]
    progress.target = answer.target
    progress.recording.target(answer.target, provider.system, provider.address)
    usage = end.reached(answer.status, answer.observation)
    return Reply(
        status=answer.status,
        headers=[*answer.headers, *own_headers(progress)],
        trace_id=progress.recording.trace_id,
        body=answer.body,
        stream=None if answer.stream is None else _replayed(end, answer.stream),
        target=answer.target.name,
        usage=usage,
    )


def refusal(progress: Progress, end: End, error: GatewayError) -> Reply:
    """An error of ours, in the client's dialect."""
    used = error.observation if isinstance(error, Withheld) else None
    end.reached(error.status, used, error=error.code, detail=error.message)
    return refused(error, progress.recording.trace_id, own_headers(progress), progress.inbound.dialect)


def stopped(progress: Progress, end: End) -> Reply:
    """The reply to a request that the server's stop has cut off before there was an answer."""
    end.left(None, stopped=True)
    return refused(Stopping(), progress.recording.trace_id, own_headers(progress), progress.inbound.dialect)


def _whole(progress: Progress, end: End, way: Passage, upstream: Upstream, body: bytes) -> Reply:
    usage = end.reached(upstream.status, way.read_answer(body))
    headers, name = headers_of(progress, upstream), progress.target.name
    return Reply(status=upstream.status, headers=headers, trace_id=progress.recording.trace_id, body=body, target=name, usage=usage)


def _vendor_error(progress: Progress, end: End, upstream: Upstream, body: bytes) -> Reply:
    """The vendor's own error passes as it is, if it is JSON; a page of HTML from something in between becomes an error of the dialect."""
    name = progress.target.name
    end.reached(upstream.status, error=str(upstream.status), detail=f"{name} answered {upstream.status}")
    headers = headers_of(progress, upstream)
    try:
        msgspec.json.decode(body)
    except UNREADABLE:
        message = f"{name} answered {upstream.status} with something that is no JSON."
        body = error_body(UpstreamBroken(message), progress.inbound.dialect)
        headers = [(b"content-type", b"application/json"), *((name, value) for name, value in headers if name != b"content-type")]
    return Reply(status=upstream.status, headers=headers, trace_id=progress.recording.trace_id, body=body, target=name)


def _streamed(progress: Progress, end: End, way: Passage, upstream: Upstream, first: bytes) -> Reply:
    progress.recording.first_byte()
    name = progress.target.name
    stream = passed(way, upstream, first, name, end)
    headers = [*headers_of(progress, upstream), (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
    return Reply(status=upstream.status, headers=headers, trace_id=progress.recording.trace_id, stream=stream, target=name)


async def _replayed(end: End, stream: bytes) -> AsyncIterator[bytes]:
    try:
        yield stream
    finally:
        await end.leave()
