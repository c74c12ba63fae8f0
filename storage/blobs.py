"""Blobs: bytes under a path, in a directory, in S3, Google Cloud Storage or Azure, or in memory for tests."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from config.schema import StorageSettings
from storage.blob_paths import blob_path, blob_prefix
from storage.errors import BlobNotFound, BlobPathRefused, BlobsUnavailable, SettingsError

__all__ = ("BlobInfo", "Blobs")

CHUNK: Final = 1024 * 1024
CLOUDS: Final = frozenset({"s3", "s3a", "gs", "az", "abfs", "abfss"})

CLASH: Final = re.compile(r"\(os error (?:17|20|21|39)\)")
"""A directory cannot hold both ``a`` and ``a/b``, as buckets can: EEXIST, ENOTDIR, EISDIR, ENOTEMPTY."""


class BlobInfo(msgspec.Struct, frozen=True):
    """One blob: its path under the root, its size in bytes, when it was written (UTC)."""

    path: str
    size: int
    modified: datetime


class Blobs:
    """A tree of blobs under one root. Each call raises ``BlobPathRefused`` for a path that could leave it, before a store is asked.

    A blob appears whole or not at all. Raises ``BlobsUnavailable`` when the store is away or refuses us.
    """

    def __init__(self, store: ObjectStore, where: str) -> None:
        self._store = store
        self._where = where

    @classmethod
    def open(cls, settings: StorageSettings) -> "Blobs":
        """See ``storage.open_blobs``."""
        if settings.blobs is None:
            return cls.in_directory(Path(settings.path).absolute() / "blobs")
        return cls.at_url(settings.blobs)

    @classmethod
    def in_directory(cls, directory: Path) -> "Blobs":
        """A directory of this machine, made if need be."""
        directory.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(directory), str(directory))

    @classmethod
    def at_url(cls, url: str) -> "Blobs":
        """A bucket, by URL; keys come from the environment as each cloud's own tools read them. Raises ``SettingsError``."""
        where = urlsplit(url)._replace(query="", fragment="").geturl()
        if urlsplit(url).scheme == "file":
            return cls.in_directory(Path(urlsplit(url).path))
        if urlsplit(url).scheme not in CLOUDS or not urlsplit(url).netloc:
            raise SettingsError(
                f"storage.blobs is {where!r}; write s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///path"
            )
        try:
            return cls(from_url(url), where)
        except (BaseError, ValueError) as error:
            raise SettingsError(f"storage.blobs, {where!r}, cannot be used: {_first_line(error)}") from error

    @classmethod
    def in_memory(cls) -> "Blobs":
        """For tests: gone with the object."""
        return cls(MemoryStore(), "memory")

    async def put(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write a blob, in place of what was there. A stream that raises writes nothing, and its exception is raised here."""
        path = blob_path(path)
        with self._translated(path):
            await self._store.put_async(path, data if isinstance(data, bytes) else aiter(data))

    async def get(self, path: str) -> bytes:
        """The whole of a blob. Raises ``BlobNotFound``."""
        path = blob_path(path)
        with self._translated(path):
            answer = await self._store.get_async(path)
            return bytes(await answer.bytes_async())

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """A blob in pieces of about a mebibyte. Raises ``BlobNotFound`` at the first."""
        path = blob_path(path)
        with self._translated(path):
            answer = await self._store.get_async(path)
            async for chunk in answer.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

    async def info(self, path: str) -> BlobInfo:
        """What is known of a blob without reading it. Raises ``BlobNotFound``."""
        path = blob_path(path)
        with self._translated(path):
            meta = await self._store.head_async(path)
        return BlobInfo(meta["path"], meta["size"], meta["last_modified"])

    async def exists(self, path: str) -> bool:
        """Whether ``get`` would find it."""
        try:
            await self.info(path)
        except BlobNotFound:
            return False
        return True

    async def list(self, prefix: str = "") -> AsyncIterator[BlobInfo]:
        """All blobs under a folder, however deep, in no promised order; nothing when there is no such folder."""
        prefix = blob_prefix(prefix)
        with self._translated(prefix):
            async for batch in self._store.list(prefix or None):
                for meta in batch:
                    yield BlobInfo(meta["path"], meta["size"], meta["last_modified"])

    async def delete(self, path: str) -> None:
        """Remove a blob. One that is not there is no error: the outcome is the same."""
        path = blob_path(path)
        try:
            with self._translated(path):
                await self._store.delete_async(path)
        except BlobNotFound:
            return

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        """The one seam where the store's exceptions become ours."""
        try:
            yield
        except FileNotFoundError as error:
            raise BlobNotFound(f"there is no blob {path!r}") from error
        except (BaseError, OSError) as error:
            if CLASH.search(str(error)):
                raise BlobPathRefused(f"the path {path!r} goes through a blob, or names a folder") from error
            raise BlobsUnavailable(f"the blob store {self._where} is not available: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """What the store said, without the debug print that follows it."""
    return str(error).partition("\n")[0]
