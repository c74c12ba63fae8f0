"""Which key made what: a small blob for each thing, so that every process of a server knows it, and the newest in memory."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from hashlib import sha256
from time import monotonic
from typing import Final, Protocol

from gateway.errors import BelongingsUnavailable
from storage.blobs import Blobs
from storage.errors import BlobNotFound, BlobsUnavailable

__all__ = ("Makers", "Records")

IN_MEMORY: Final = 10_000
LOOK_SECONDS: Final = 5.0
"""Between two looks for what others have noted, while there is nothing at all."""

_FOLDER: Final = "gateway/belongings"


class Makers(Protocol):
    """Who made what is kept at a provider. Each call raises ``BelongingsUnavailable`` where that cannot be known."""

    def any(self) -> bool:
        """Whether anything was made by any key, as far as is known: to look through each request for it costs those who made nothing."""
        ...

    async def of(self, provider: str, identity: str) -> str | None:
        """The id of the key; ``None`` where no key is known to have made it."""
        ...

    async def note(self, provider: str, identity: str, key: str) -> None:
        """``key`` has made it, unless another one had before."""
        ...

    async def forget(self, provider: str, identity: str) -> None:
        """Forget who made a thing that is gone."""
        ...


class Records:
    """Implements ``Makers`` in the blob store."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._newest: OrderedDict[str, str] = OrderedDict()
        self._any: bool | None = None
        self._look_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    def any(self) -> bool:
        """See ``Makers.any``: of the first thing ever another process may hear some seconds later."""
        if not self._any and monotonic() >= self._look_at:
            self._look_at = monotonic() + LOOK_SECONDS
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return self._any is not False

    async def _look(self) -> None:
        with suppress(BlobsUnavailable):
            found = await anext(aiter(self._blobs.list(_FOLDER)), None) is not None
            self._any = self._any or found

    async def of(self, provider: str, identity: str) -> str | None:
        """See ``Makers.of``. What is not known is asked of the store each time: another process may have heard of it since."""
        path = _path(provider, identity)
        if path not in self._newest:
            try:
                self._remember(path, (await self._blobs.get(path)).decode())
            except BlobNotFound:
                return None
            except BlobsUnavailable as error:
                raise BelongingsUnavailable from error
        return self._newest[path]

    async def note(self, provider: str, identity: str, key: str) -> None:
        """See ``Makers.note``."""
        if await self.of(provider, identity) is not None:
            return
        path, self._any = _path(provider, identity), True
        try:
            await self._blobs.put(path, key.encode())
        except BlobsUnavailable as error:
            raise BelongingsUnavailable from error
        self._remember(path, key)

    async def forget(self, provider: str, identity: str) -> None:
        """See ``Makers.forget``."""
        path = _path(provider, identity)
        self._newest.pop(path, None)
        try:
            await self._blobs.delete(path)
        except BlobNotFound:
            return
        except BlobsUnavailable as error:
            raise BelongingsUnavailable from error

    def _remember(self, path: str, key: str) -> None:
        self._newest[path] = key
        if len(self._newest) > IN_MEMORY:
            self._newest.popitem(last=False)


def _path(provider: str, identity: str) -> str:
    digest = sha256(f"{provider}/{identity}".encode()).hexdigest()
    return f"{_FOLDER}/{digest[:2]}/{digest}"
