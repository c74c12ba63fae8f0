"""Blobs: bytes under a path, in a directory, in S3, Google Cloud Storage or Azure, or in memory for tests."""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal
from urllib.parse import urlsplit

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, ObjectStore, S3Store, from_url
from typing_extensions import Buffer

from config.schema import StorageSettings
from storage.blob_files import open_file, read_file, write_file
from storage.blob_multipart import S3Multipart
from storage.blob_paths import blob_path, blob_prefix
from storage.errors import BlobNotFound, BlobPathRefused, BlobsUnavailable, SettingsError
from storage.threads import in_thread
from storage.unfinished import remove_unfinished

if TYPE_CHECKING:
    from obstore import ObjectMeta  # these names are the type stubs' alone

__all__ = ("BlobInfo", "Blobs", "Folder", "OpenBlob", "OpenFile")

logger = logging.getLogger(__name__)

CHUNK: Final = 1024 * 1024
CLOUDS: Final = frozenset({"s3", "s3a", "gs", "az", "abfs", "abfss"})

CLASH: Final = re.compile(r"\(os error (?:17|20|21|39)\)|\[Errno (?:17|20|21|39)\]")
"""A directory cannot hold both ``a`` and ``a/b``, as buckets can: EEXIST, ENOTDIR, EISDIR, ENOTEMPTY."""


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

AT_ONCE: Final = 500
"""Blobs that one request deletes."""

PATIENCE: Final = timedelta(seconds=20)

WRITES_AT_ONCE: Final = 2
"""Pieces of one upload that are on their way to the store together; with their 5 MB each, what an upload takes of memory."""


class BlobInfo(msgspec.Struct, frozen=True):
    """One blob: its path under the root, its size in bytes, when it was written (UTC), and what tells its versions apart, if anything does."""

    path: str
    size: int
    modified: datetime
    etag: str | None = None


class Folder(msgspec.Struct, frozen=True):
    """What lies directly in a folder: blobs, and the paths of the folders beneath. Both are empty where there is no such folder."""

    blobs: list[BlobInfo]
    folders: list[str]


class OpenBlob(msgspec.Struct, frozen=True):
    """A blob that is being read: what is known of it, and its bytes, in pieces of about a mebibyte."""

    info: BlobInfo
    pieces: AsyncIterator[bytes]


class OpenFile(msgspec.Struct, frozen=True):
    """A blob that is a file of this machine: what is known of it, and the file, without a buffer. Both are of one version of it."""

    info: BlobInfo
    file: BinaryIO


class Blobs:
    """A tree of blobs under one root. Each call raises ``BlobPathRefused`` for a path that could leave it, before a store is asked.

    A blob appears whole or not at all. Raises ``BlobsUnavailable`` when the store is away or refuses us.
    """

    def __init__(self, store: ObjectStore, where: str, directory: Path | None = None) -> None:
        self._store = store
        self._where = where
        self.directory = directory
        """Where the blobs are files of this machine."""

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
        return cls(LocalStore(directory, automatic_cleanup=True), str(directory), directory)

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
            # A store of one's own may have no TLS. A store that is away is given up before the client gives up.
            return cls(
                from_url(url, client_options={"allow_http": True}, retry_config={"max_retries": 3, "retry_timeout": PATIENCE}), where
            )
        except (BaseError, ValueError) as error:
            raise SettingsError(f"storage.blobs, {where!r}, cannot be used: {_first_line(error)}") from error

    @classmethod
    def in_memory(cls) -> "Blobs":
        """Blobs in memory, for tests: gone with the object."""
        return cls(MemoryStore(), "memory")

    async def put(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write a blob, in place of what was there. A stream that raises writes nothing, and its exception is raised here."""
        path = blob_path(path)
        try:
            with self._translated(path):
                if self.directory is not None and not isinstance(data, bytes):
                    await write_file(self.directory / path, data)
                else:
                    await self._store.put_async(path, data if isinstance(data, bytes) else aiter(data), max_concurrency=WRITES_AT_ONCE)
        except BlobNotFound as error:  # what can be missing when one writes is the store itself
            raise BlobsUnavailable(f"the blob store {self._where} does not exist") from error

    async def get(self, path: str) -> bytes:
        """The whole of a blob. Raises ``BlobNotFound``."""
        path = blob_path(path)
        with self._translated(path):
            answer = await self._store.get_async(path)
            return bytes(await answer.bytes_async())

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """A blob in pieces of about a mebibyte. Raises ``BlobNotFound`` at the first."""
        async for piece in (await self.open_blob(path)).pieces:
            yield piece

    async def open_blob(self, path: str, start: int = 0, stop: int | None = None) -> OpenBlob:
        """A blob, or its bytes from ``start`` to before ``stop``. Raises ``BlobNotFound``."""
        path = blob_path(path)
        if self.directory is not None:
            info = await self.info(path)
            return OpenBlob(info, self._translating(path, read_file(self.directory / path, start, info.size if stop is None else stop)))
        with self._translated(path):
            if stop is None and not start:
                answer = await self._store.get_async(path)
            else:
                answer = await self._store.get_async(path, options={"range": {"offset": start} if stop is None else (start, stop)})
        return OpenBlob(_info(answer.meta), self._translating(path, answer.stream(min_chunk_size=CHUNK)))

    async def open_file(self, path: str) -> OpenFile | None:
        """The file that a blob is; ``None`` where blobs are no files of this machine. The caller closes it. Raises ``BlobNotFound``."""
        path = blob_path(path)
        if self.directory is None:
            return None
        with self._translated(path):
            file, found = await in_thread(open_file, self.directory / path)
        return OpenFile(_info_of_file(path, found), file)

    async def _translating(self, path: str, pieces: AsyncIterable[Buffer]) -> AsyncIterator[bytes]:
        with self._translated(path):
            async for piece in pieces:
                yield piece if isinstance(piece, bytes) else bytes(piece)

    async def info(self, path: str) -> BlobInfo:
        """What is known of a blob without reading it. Raises ``BlobNotFound``."""
        path = blob_path(path)
        with self._translated(path):
            return _info(await self._store.head_async(path))

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
                    yield _info(meta)

    async def folder(self, prefix: str = "") -> Folder:
        """What lies directly in a folder."""
        prefix = blob_prefix(prefix)
        with self._translated(prefix):
            found = await self._store.list_with_delimiter_async(prefix or None)
        return Folder([_info(meta) for meta in found["objects"]], list(found["common_prefixes"]))

    async def delete(self, path: str) -> None:
        """Remove a blob. One that is not there is no error: the outcome is the same."""
        path = blob_path(path)
        try:
            with self._translated(path):
                await self._store.delete_async(path)
        except BlobNotFound:
            return

    async def delete_folder(self, prefix: str) -> None:
        """Remove all blobs under a folder, however deep."""
        found = [info.path async for info in self.list(prefix)]
        for start in range(0, len(found), AT_ONCE):
            try:
                with self._translated(prefix):
                    await self._store.delete_async(found[start : start + AT_ONCE])
            except BlobNotFound:  # somebody else removes them as well; the others of this batch are removed one by one
                for path in found[start : start + AT_ONCE]:
                    await self.delete(path)

    async def remove_unfinished(self, before: float) -> None:
        """Remove what a killed process left half-written before that time, in seconds since the epoch. A cloud's store forgets it by itself."""
        if self.directory is None:
            return
        removed = await asyncio.to_thread(remove_unfinished, self.directory, before)
        if removed:
            logger.info("%d uploads that were cut off were removed from %s", removed, self._where)

    @property
    def signs(self) -> bool:
        """Whether the store can sign URLs."""
        return isinstance(self._store, S3Store | GCSStore | AzureStore)

    async def signed(self, method: Literal["GET", "PUT"], path: str, seconds: int) -> str:
        """A URL that reads or writes one blob, for whoever holds it, for so long. Only where ``signs`` is true."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            raise TypeError(f"the blob store {self._where} signs no URLs")
        path = blob_path(path)
        with self._translated(path):
            return await obstore.sign_async(self._store, method, path, timedelta(seconds=seconds))

    @property
    def put_headers(self) -> dict[str, str]:
        """What a PUT to a signed URL must bring: Azure has several kinds of blobs, and asks which one is meant."""
        return {"x-ms-blob-type": "BlockBlob"} if isinstance(self._store, AzureStore) else {}

    @property
    def takes_parts(self) -> bool:
        """Whether the store takes uploads in parts."""
        return isinstance(self._store, S3Store)

    async def in_parts(self, path: str) -> S3Multipart:
        """An upload of one blob in parts that somebody else sends. Only where ``takes_parts`` is true."""
        if not isinstance(self._store, S3Store):
            raise TypeError(f"the blob store {self._where} takes no parts")
        return S3Multipart(str(self._store.config["bucket"]), await self.signed("PUT", path, 60))

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


def _info(meta: "ObjectMeta") -> BlobInfo:
    return BlobInfo(meta["path"], meta["size"], meta["last_modified"], meta.get("e_tag"))


def _info_of_file(path: str, found: os.stat_result) -> BlobInfo:
    """As the object store tells it of its own files: with times in whole microseconds, and its entity tag."""
    micros = found.st_mtime_ns // 1000
    return BlobInfo(path, found.st_size, EPOCH + timedelta(microseconds=micros), f'"{found.st_ino:x}-{micros:x}-{found.st_size:x}"')


def _first_line(error: Exception) -> str:
    """What the store said, without the debug print that follows it."""
    return str(error).partition("\n")[0]
