"""An answer that is kept, and where answers are kept."""

from typing import Protocol

import msgspec

from gateway.types import Observation

__all__ = ("Entry", "Store", "decode", "encode")


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A whole, successful answer as its client got it. ``stored_at`` is in seconds of the epoch, ``saved_usd`` what it had cost.

    ``target`` is ``(provider, model)``. ``streamed``: ``body`` is a stream of server-sent events; ``with_usage``: they tell the usage.
    """

    body: bytes
    content_type: bytes
    streamed: bool
    with_usage: bool
    target: tuple[str, str]
    observation: Observation
    stored_at: float
    saved_usd: float | None = None


_ENCODER = msgspec.msgpack.Encoder(enc_hook=list)  # messages that nobody has looked at yet
_DECODER = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """For a store."""
    return _ENCODER.encode(entry)


def decode(value: bytes | None) -> Entry | None:
    """What a store gave; ``None`` also for what another version wrote."""
    if value is None:
        return None
    try:
        return _DECODER.decode(value)
    except msgspec.MsgspecError:
        return None


class Store(Protocol):
    """Keeps values by key, within a limit. What cannot be read is not there, what cannot be kept is not kept: neither raises."""

    async def get(self, key: str) -> bytes | None:
        """The value, unless it is too old or was thrown out."""
        ...

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for some time. Returns at once; what takes time goes on in the background."""
        ...

    async def clear(self, prefix: str) -> int:
        """Forget all values whose keys begin so; how many there were. Raises ``StoreUnavailable``: the one method that does."""
        ...

    async def close(self) -> None:
        """Finish what goes on."""
        ...
