"""Responses that are kept, as OpenAI keeps them: to be read again, and to be gone on from by ``previous_response_id``, with any model.

Each lies as one blob with the whole conversation up to it, so that going on needs one read. They are bounded: nothing larger than ``MOST_BYTES``, none
older than ``MOST_DAYS``, no more than ``MOST`` of them, and ``IN_MEMORY`` bytes of the latest in memory, too. A store that is away costs a response
its memory, never its answer.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from gateway.errors import ResponseNotFound
from gateway.keys.presented import presented_keys
from storage.blobs import Blobs
from storage.errors import BlobNotFound, BlobsUnavailable
from tracing.unreadable import UNREADABLE

__all__ = ("Kept", "KeptResponses", "ResponseShelf", "not_found", "owner_of")

logger = logging.getLogger(__name__)

MOST: Final = 20_000
MOST_DAYS: Final = 30
MOST_BYTES: Final = 4 * 1024 * 1024
IN_MEMORY: Final = 16 * 1024 * 1024
"""Bytes of the latest that need not be read again."""

PATIENCE_SECONDS: Final = 1.0
"""How long an answer waits to be written down before its last bytes go out."""

SWEEP_EVERY: Final = 1000
"""Responses between two looks at what is too old."""

_FOLDER: Final = "gateway/responses"
_IDENTITY: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One response. ``items`` is the conversation up to it and with it, the first ``asked`` of which were there before it; ``owner`` may read it.

    ``native``: its vendor keeps it, too, and goes on from it by its identifier; ``provider`` is whose account that is.
    """

    id: str
    owner: str
    items: msgspec.Raw
    asked: int
    response: msgspec.Raw
    native: bool = False
    provider: str = ""

    @property
    def size(self) -> int:
        """Bytes of what was said."""
        return len(memoryview(self.items)) + len(memoryview(self.response))

    def of(self, owner: str) -> "Kept":
        """This response, for its owner. Raises ``ResponseNotFound`` for anybody else."""
        if self.owner != owner:
            raise not_found(self.id)
        return self


def not_found(identity: str) -> ResponseNotFound:
    """The error for whoever may not know whether it exists."""
    return ResponseNotFound(f"There is no response {identity!r} here: it was not stored, is too old, or belongs to another key.")


def owner_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The owner of a response: a digest of the key that the request showed, ``""`` where none is needed."""
    key = next(presented_keys(headers), None)
    return "" if key is None else sha256(key).hexdigest()[:32]


class ResponseShelf(Protocol):
    """Where responses are kept."""

    async def keep(self, kept: Kept) -> None:
        """Keep a response. Never raises."""
        ...

    async def find(self, identity: str) -> Kept | None:
        """The response with this id, whoever owns it; ``None`` when it is not kept."""
        ...

    async def forget(self, identity: str) -> None:
        """Delete a response, which may be gone already."""
        ...


_KEPT: Final = msgspec.json.Decoder(Kept)


class KeptResponses:
    """Implements ``ResponseShelf`` in the blob store."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._latest: OrderedDict[str, Kept] = OrderedDict()
        self._held = 0
        self._writing: set[asyncio.Task[None]] = set()
        self._since_sweep = 0

    async def keep(self, kept: Kept) -> None:
        """See ``ResponseShelf.keep``."""
        if kept.size > MOST_BYTES:
            return
        self._hold(kept)
        task = asyncio.get_running_loop().create_task(self._write(kept))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)

    async def find(self, identity: str) -> Kept | None:
        """See ``ResponseShelf.find``."""
        return self._latest.get(identity) or await self._read(identity)

    async def forget(self, identity: str) -> None:
        """See ``ResponseShelf.forget``."""
        self._let_go(identity)
        try:
            await self._blobs.delete(_path(identity))
        except BlobNotFound:
            return
        except BlobsUnavailable as error:
            logger.warning("a kept response could not be deleted: %s", error)

    def _hold(self, kept: Kept) -> None:
        self._let_go(kept.id)
        self._latest[kept.id] = kept
        self._held += kept.size
        while self._held > IN_MEMORY:
            self._let_go(next(iter(self._latest)))

    def _let_go(self, identity: str) -> None:
        if (kept := self._latest.pop(identity, None)) is not None:
            self._held -= kept.size

    async def _read(self, identity: str) -> Kept | None:
        if not _IDENTITY.fullmatch(identity):
            return None
        try:
            return _KEPT.decode(await self._blobs.get(_path(identity)))
        except (BlobNotFound, *UNREADABLE):
            return None
        except BlobsUnavailable as error:
            logger.warning("kept responses cannot be read: %s", error)
            return None

    async def _write(self, kept: Kept) -> None:
        try:
            await self._blobs.put(_path(kept.id), msgspec.json.encode(kept))
            self._since_sweep += 1
            if self._since_sweep >= SWEEP_EVERY:
                self._since_sweep = 0
                await self._sweep()
        except BlobsUnavailable as error:
            logger.warning("a response is kept in memory alone: %s", error)

    async def _sweep(self) -> None:
        """Delete what is too old, and the oldest of what is too much."""
        found = sorted([blob async for blob in self._blobs.list(_FOLDER)], key=lambda blob: blob.modified, reverse=True)
        oldest = datetime.now(UTC) - timedelta(days=MOST_DAYS)
        for number, blob in enumerate(found):
            if number >= MOST or blob.modified < oldest:
                await self._blobs.delete(blob.path)


def _path(identity: str) -> str:
    return f"{_FOLDER}/{identity}.json"
