"""The beginning of a stream, held until it says something: once bytes are out, no other model can answer."""

from msgspec import structs

from gateway.resilience.failures import is_begun
from gateway.types import Opened

__all__ = ("begun",)


async def begun(opened: Opened) -> Opened:
    """The same answer, with ``first`` extended until it says something, or to its end.

    Raises ``UpstreamFailure``; then the answer is closed.
    """
    if opened.first is None:
        return opened
    reader, chunks = opened.passage.read_stream(), [opened.first]
    reader.feed(opened.first)
    try:
        while not (reader.ended or is_begun(reader.observation())) and (chunk := await opened.upstream.next_chunk()) is not None:
            reader.feed(chunk)
            chunks.append(chunk)
    except BaseException:
        await opened.upstream.close()
        raise
    return structs.replace(opened, first=b"".join(chunks))
