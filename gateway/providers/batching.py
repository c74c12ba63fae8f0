"""Many requests for one: models that take one text at a time, asked for several."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from typing_extensions import override

from gateway.errors import UpstreamFailure
from gateway.types import Headers, Upstream

__all__ = ("is_batch", "send_each")

AT_ONCE: Final = 8
"""Requests of one batch that are under way together."""

_BODIES: Final = msgspec.json.Decoder(list[msgspec.Raw])


def is_batch(body: bytes) -> bool:
    """Whether a body is a list of bodies, each of which is sent alone."""
    return body.startswith(b"[")


async def send_each(body: bytes, post: Callable[[bytes], Awaitable[Upstream]]) -> Upstream:
    """The answers as one list, in order; the first that is an error in their stead. Raises ``UpstreamFailure``."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(part: bytes) -> _Whole:
        async with limit:
            return await _Whole.read_from(await post(part))

    asking: list[asyncio.Task[_Whole]] = []
    failed: UpstreamFailure | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            asking += [tasks.create_task(ask(bytes(part))) for part in _BODIES.decode(body)]
    except* UpstreamFailure as failures:
        failed = _first(failures)
    if failed is not None:
        raise failed
    return _joined([task.result() for task in asking])


class _Whole(Upstream):
    """An answer that was read and closed."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @classmethod
    async def read_from(cls, answer: Upstream) -> "_Whole":
        try:
            return cls(answer.status, answer.headers, await answer.read())
        finally:
            await answer.close()

    @override
    async def read(self) -> bytes:
        return self.body

    @override
    async def next_chunk(self) -> bytes | None:
        body, self.body = self.body, b""
        return body or None

    @override
    async def close(self) -> None:
        return


def _joined(answers: Sequence[_Whole]) -> _Whole:
    refused = next((answer for answer in answers if answer.status >= 400), None)
    if refused is not None:
        return refused
    headers = answers[0].headers if answers else []
    return _Whole(200, headers, b"[" + b",".join(answer.body for answer in answers) + b"]")


def _first(failures: BaseExceptionGroup[UpstreamFailure]) -> UpstreamFailure:
    found = failures.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
