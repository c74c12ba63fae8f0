"""An answer that is kept, and where answers are kept."""

from time import time
from typing import Protocol

import msgspec

from gateway.types import Observation
from tracing.unreadable import UNREADABLE

__all__ = ("Clearings", "Entry", "Store", "decode", "encode")


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
    """An entry as a store keeps it."""
    return _ENCODER.encode(entry)


def decode(value: bytes | None) -> Entry | None:
    """An entry from a store; ``None`` also for one that another version wrote."""
    if value is None:
        return None
    try:
        return _DECODER.decode(value)
    except UNREADABLE:
        return None


class Clearings:
    """When values were forgotten last, by the prefix of their keys: an answer that was under way then is not kept either."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def note(self, prefix: str) -> None:
        """Note that values with this prefix are being forgotten now."""
        self._at[prefix] = time()

    def since(self, key: str, asked_at: float) -> bool:
        """Whether ``key`` was forgotten after that moment, in seconds of the epoch."""
        return any(at >= asked_at for prefix, at in self._at.items() if key.startswith(prefix))


class Store(Protocol):
    """Keeps values by key, within a limit.

    ``get`` and ``put`` never raise: what cannot be read is absent, what cannot be written is not kept.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, unless it is too old or was thrown out."""
        ...

    def put(self, key: str, value: bytes, seconds: int, asked_at: float) -> None:
        """Keep a value for some time, unless its key was cleared since it was ``asked_at``, in seconds of the epoch.

        Returns at once; what takes time goes on in the background.
        """
        ...

    async def clear(self, prefix: str) -> int:
        """Forget all values whose keys have this prefix, and return how many there were. Raises ``StoreUnavailable``."""
        ...

    async def close(self) -> None:
        """Finish what is being written."""
        ...
