"""A stream on its way to the client: bytes as they arrive, and one end, whatever ends it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final, Protocol

from gateway.errors import Failed, GatewayError, Stopping, UpstreamBroken
from gateway.types import Observation, Passage, Upstream

__all__ = ("STOPPED", "Ending", "failed", "passed")

STOPPED: Final = "the server is stopping"
"""The message of a cancellation that is no client's wish."""

logger = logging.getLogger(__name__)


class Ending(Protocol):
    """Whoever is told of a stream's end: one of ``finished`` and ``left`` is called, once; then ``leave``, once."""

    def finished(self, status: int, observation: Observation | None, error: GatewayError | None = None) -> None:
        """The answer is whole, or broke off with ``error``; the bytes that end it are not out yet."""
        ...

    def left(self, observation: Observation | None, *, stopped: bool = False) -> None:
        """The client went away, or the server is ``stopped``."""
        ...

    async def leave(self) -> None:
        """Nothing more will be read of the stream."""
        ...


def failed(error: Exception) -> Failed:
    """The error for a defect of our own, which is logged here with its traceback."""
    logger.error("a request failed", exc_info=error)
    return Failed()


async def passed(way: Passage, upstream: Upstream, first: bytes, name: str, ending: Ending) -> AsyncIterator[bytes]:
    """The chunks of an answer of the target ``name``, as they arrive.

    A broken stream ends in an error event of the client's dialect. Where the dialect has none, ``GatewayError`` is raised, so that the
    connection breaks off.
    """
    reader = way.read_stream()
    chunk: bytes | None = first
    finished = False
    try:
        while chunk is not None:
            forwarded = reader.feed(chunk)
            if reader.ended and not finished:
                finished = True
                ending.finished(upstream.status, reader.observation())
            if forwarded:
                yield forwarded
            chunk = await upstream.next_chunk()
        rest = reader.end()
        _check(finished or reader.complete, name)
        if not finished:
            finished = True
            ending.finished(upstream.status, reader.observation())
        if rest:
            yield rest
    except GatewayError as error:
        if not finished:
            finished = True
            ending.finished(upstream.status, reader.observation(), error)
            yield reader.end() + _told(way, error)
    except Exception as error:
        if finished:
            raise
        finished = True
        mistake = failed(error)
        ending.finished(mistake.status, None, mistake)  # what a reader says that failed is not to be relied on
        yield _told(way, mistake)
    except asyncio.CancelledError as error:
        if finished or STOPPED not in error.args:
            raise
        finished = True  # the client is there, and is told; the cancellation is heeded by that
        ending.left(reader.observation(), stopped=True)
        yield reader.end() + _told(way, Stopping())
    finally:
        if not finished:
            ending.left(reader.observation())
        await upstream.close()
        await ending.leave()


def _check(whole: bool, name: str) -> None:
    if not whole:
        raise UpstreamBroken(f"{name} ended its stream before the answer was whole.")


def _told(way: Passage, error: GatewayError) -> bytes:
    """The event that tells the client of ``error``.

    Raises ``error`` where its dialect has no such event, so that the connection breaks off.
    """
    told = way.fail(error)
    if not told:
        raise error
    return told
