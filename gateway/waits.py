"""How long a vendor wants to be left alone, where it says so in its error and not in a header: clients and routes look for ``retry-after``.

Google's ``RetryInfo``: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
"""

import re
from math import ceil
from typing import Final

from typing_extensions import override

from gateway.types import Upstream

__all__ = ("may_wait", "with_wait")

_STATUSES: Final = frozenset({429, 503})
_DELAY: Final = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d+)?)s"')


def may_wait(upstream: Upstream) -> bool:
    """Whether an answer asks to be left alone, and has no header that says for how long."""
    return upstream.status in _STATUSES and not any(name.startswith(b"retry-after") for name, _ in upstream.headers)


async def with_wait(upstream: Upstream) -> Upstream:
    """The same answer, with a ``retry-after`` header where its body names a wait. Raises ``UpstreamFailure``."""
    try:
        body = await upstream.read()
    except BaseException:
        await upstream.close()
        raise
    return _Read(upstream, body)


class _Read(Upstream):
    """An answer whose body is here."""

    def __init__(self, answer: Upstream, body: bytes) -> None:
        found = _DELAY.search(body)
        wait = [] if found is None else [(b"retry-after", b"%d" % ceil(float(found[1])))]
        self.status = answer.status
        self.headers = [*answer.headers, *wait]
        self._answer = answer
        self._body = body

    @override
    async def read(self) -> bytes:
        return self._body

    @override
    async def next_chunk(self) -> bytes | None:
        body, self._body = self._body, b""
        return body or None

    @override
    async def close(self) -> None:
        await self._answer.close()
