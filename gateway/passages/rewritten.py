"""An answer that is never streamed, in other words: read to its end, then told."""

from collections.abc import Callable

from typing_extensions import override

from gateway.dialects.openai_chat.errors import read_error, write_error
from gateway.dialects.types import Failure
from gateway.types import Headers, Upstream

__all__ = ("RewrittenUpstream",)


class RewrittenUpstream(Upstream):
    """Implements ``gateway.types.Upstream``: ``tell`` makes the client's body of the target's, ``refuse`` that of an error."""

    def __init__(self, answer: Upstream, tell: Callable[[bytes], bytes], refuse: Callable[[Failure], bytes] = write_error) -> None:
        self.status: int = answer.status
        self.headers: Headers = answer.headers
        self._answer, self._tell, self._refuse = answer, tell, refuse

    @override
    async def read(self) -> bytes:
        body = await self._answer.read()
        return self._tell(body) if self.status < 400 else self._refuse(read_error(self.status, self.headers, body))

    @override
    async def next_chunk(self) -> bytes | None:
        return await self.read()

    @override
    async def close(self) -> None:
        await self._answer.close()
