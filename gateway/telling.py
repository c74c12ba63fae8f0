"""The headers that tell a client what became of its request."""

from time import perf_counter_ns

from gateway.progress import Progress
from gateway.types import Headers, Upstream
from gateway.wire.headers import header_value

__all__ = ("headers_of", "own_headers")


def headers_of(progress: Progress, upstream: Upstream) -> Headers:
    """The vendor's headers with ours over them: of two rate limits, the client meets ours."""
    own = own_headers(progress)
    if progress.call is None or not progress.call.headers:
        return [*upstream.headers, *own]
    ours = dict(progress.call.headers)
    return [*[header for header in upstream.headers if header[0] not in ours], *own]


def own_headers(progress: Progress) -> Headers:
    """Our own headers: the trace, who answered, what was dropped, what was tried, and what policies add."""
    overhead = (perf_counter_ns() - progress.inbound.started - progress.asking.upstream_ns) / 1e6
    own = [(b"x-tidegate-trace-id", progress.recording.trace_id.encode()), (b"x-tidegate-overhead-ms", b"%.3f" % overhead)]
    if progress.target.provider:
        own.append((b"x-tidegate-target", header_value(progress.target.name)))
    if progress.dropped:
        own.append((b"x-tidegate-dropped", header_value(", ".join(progress.dropped))))
    if progress.pursuit is not None:
        own += progress.pursuit.headers()
    if progress.call is not None:
        own += progress.call.headers
    return own
