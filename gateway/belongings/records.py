"""Which key made what: a small blob for each thing, so that every process of a server knows it, and the newest in memory."""

from collections import OrderedDict
from hashlib import sha256
from typing import Final, Protocol

from gateway.errors import BelongingsUnavailable
from storage.blobs import Blobs
from storage.errors import BlobNotFound, BlobsUnavailable

__all__ = ("Makers", "Records")

IN_MEMORY: Final = 10_000
_FOLDER: Final = "gateway/belongings"


class Makers(Protocol):
    """Who made what is kept at a provider. Each call raises ``BelongingsUnavailable`` where that cannot be known."""

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
        path = _path(provider, identity)
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
