"""The bytes of blobs that are files of this machine: pieces go to the disk and come from it copied by nobody on the way.

The object store's own way copies each piece once or twice more, which is most of what a file costs. Everything else of a directory
(finding, listing, deleting) is the object store's. What is being written has a name that it keeps out of its listings.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from typing_extensions import override

from storage.threads import in_thread
from storage.unfinished import UnfinishedFile, is_unfinished

__all__ = ("FileSource", "open_file", "read_file", "write_file")

AT_ONCE: Final = 1024 * 1024
"""Bytes that are handed to the operating system together. Fewer cost visits to another thread; more have left the processor's cache by then."""

PIECES: Final = 512
"""After which they are written, small as they may be."""


class FileSource(ABC, AsyncIterable[bytes]):
    """Bytes that know a shorter way into a file than through our hands. They go one way, once: asked for in pieces, or poured."""

    def __init__(self, size: int) -> None:
        self.size = size
        """How many bytes they are."""

    @abstractmethod
    @override
    def __aiter__(self) -> AsyncIterator[bytes]: ...

    @abstractmethod
    async def pour(self, file: UnfinishedFile) -> None:
        """Write all of them and finish the file, which is let go when this returns or raises. Raises ``OSError`` of the file, and what pieces would."""


async def write_file(path: Path, pieces: AsyncIterable[bytes]) -> None:
    """Put a file in the place of ``path``, whole or not at all; folders are made. Raises ``OSError``, and what ``pieces`` raises."""
    file = UnfinishedFile(path, pieces.size if isinstance(pieces, FileSource) else 0)
    try:
        if isinstance(pieces, FileSource):
            await pieces.pour(file)
        else:
            await _write_pieces(file, pieces)
    except (Exception, asyncio.CancelledError):
        await in_thread(file.abandon)  # a large one takes the system a while
        raise


async def _write_pieces(file: UnfinishedFile, pieces: AsyncIterable[bytes]) -> None:
    batch: list[bytes] = []
    size = 0
    async for piece in pieces:
        batch.append(piece)
        size += len(piece)
        if size >= AT_ONCE or len(batch) == PIECES:
            await in_thread(file.write, batch)
            batch, size = [], 0
    await in_thread(file.finish, batch)  # most files are no more than this, and one visit to a thread does


def open_file(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """A file to read, and what is known of it. Raises ``OSError``; what is still being written is not there."""
    if is_unfinished(path.name):
        raise FileNotFoundError(path)
    file = path.open("rb", buffering=0)
    return file, os.fstat(file.fileno())


async def read_file(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` to before ``stop``, as many of them as there are. Raises ``OSError``."""
    descriptor = await in_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while start < stop and (piece := await in_thread(os.pread, descriptor, min(AT_ONCE, stop - start), start)):
            yield piece
            start += len(piece)
    finally:
        os.close(descriptor)
