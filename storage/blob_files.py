"""The bytes of blobs that are files of this machine: pieces go to the disk and come from it copied by nobody on the way.

The object store's own way copies each piece once or twice more, which is most of what a file costs. Everything else of a directory
(finding, listing, deleting) is the object store's. What is being written has a name that it keeps out of its listings.
"""

import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from typing_extensions import override

from storage.threads import in_thread

__all__ = ("FileSource", "open_file", "read_file", "remove_unfinished", "write_file")

AT_ONCE: Final = 1024 * 1024
"""Bytes that are handed to the operating system together. Fewer cost visits to another thread; more have left the processor's cache by then."""

BUFFERS: Final = 512
"""Pieces of one call; the operating system takes 1,024."""

ATTEMPTS: Final = 5
OF_A_PROCESS: Final = 1_000_000
UNFINISHED: Final = re.compile(r".+#(\d+)")
FORGOTTEN_SECONDS: Final = 24 * 3600.0
"""For so long nothing was written to a file that somebody still writes."""

RESERVED: Final = 64 * 1024 * 1024
"""Bytes of a new file for which the disk is asked before they come. A client may say that it sends more, and never do so."""

_numbers: Final = count(os.getpid() * OF_A_PROCESS)


class FileSource(ABC, AsyncIterable[bytes]):
    """Bytes that know a shorter way into a file than through our hands. They go one way, once: asked for in pieces, or poured."""

    def __init__(self, size: int) -> None:
        self.size = size
        """How many bytes they are."""

    @abstractmethod
    @override
    def __aiter__(self) -> AsyncIterator[bytes]: ...

    @abstractmethod
    async def pour(self, descriptor: int) -> None:
        """Write all of them; the descriptor is let go when this returns or raises. Raises ``OSError`` of the file, and what pieces would."""


async def write_file(path: Path, pieces: AsyncIterable[bytes]) -> None:
    """Put a file in the place of ``path``, whole or not at all; folders are made. Raises ``OSError``, and what ``pieces`` raises."""
    descriptor, unfinished = await in_thread(_begin, path, pieces.size if isinstance(pieces, FileSource) else 0)
    try:
        if isinstance(pieces, FileSource):
            await pieces.pour(descriptor)
        else:
            await _write_pieces(descriptor, pieces)
        await in_thread(unfinished.replace, path)
    except BaseException:  # a cancelled upload, too, leaves nothing
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


async def _write_pieces(descriptor: int, pieces: AsyncIterable[bytes]) -> None:
    batch: list[bytes] = []
    size = 0
    async for piece in pieces:
        batch.append(piece)
        size += len(piece)
        if size >= AT_ONCE or len(batch) == BUFFERS:
            await in_thread(_write, descriptor, batch)
            batch, size = [], 0
    await in_thread(_write, descriptor, batch)


def open_file(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """A file to read, and what is known of it. Raises ``OSError``; what is still being written is not there."""
    if UNFINISHED.fullmatch(path.name):
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


def remove_unfinished(directory: Path, before: float) -> int:
    """Remove what killed processes were writing below a directory, and say how many files it was.

    ``before``: seconds since the epoch at which this process began. A file that is younger, or that a living process may still write, stays.
    """
    removed = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            found = UNFINISHED.fullmatch(name)
            if found is not None and _is_left(Path(folder, name), int(found[1]) // OF_A_PROCESS, before):
                Path(folder, name).unlink(missing_ok=True)
                removed += 1
    return removed


def _is_left(file: Path, process: int, before: float) -> bool:
    """Whether a file belongs to a process that has ended.

    In a container every process may have the same number, so our own says nothing.
    """
    try:
        changed = file.stat().st_mtime
    except FileNotFoundError:
        return False
    gone = process == os.getpid() or (process > 0 and not Path(f"/proc/{process}").exists() and Path("/proc/self").exists())
    return changed < (before if gone else min(before, time.time() - FORGOTTEN_SECONDS))


def _begin(path: Path, size: int) -> tuple[int, Path]:
    descriptor, unfinished = _created(path)
    if size:
        # Bytes that have their place on the disk are written at less cost, and ext4 does not wait for all of them when the file takes
        # the place of another: ten megabytes took it 12 ms. A file system that cannot do this, or a disk that is full, is told by the writes.
        with suppress(OSError):
            os.posix_fallocate(descriptor, 0, min(size, RESERVED))
    return descriptor, unfinished


def _created(path: Path) -> tuple[int, Path]:
    unfinished = path.with_name(f"{path.name}#{next(_numbers)}")
    for _ in range(ATTEMPTS):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # whoever deletes the last file of a folder removes the folder, perhaps just now
            return os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), unfinished
    raise OSError(f"the folder {path.parent} is removed as often as it is made")


def _write(descriptor: int, batch: list[bytes]) -> None:
    left = [memoryview(piece) for piece in batch if piece]
    while left:
        written = os.writev(descriptor, left)
        while left and written >= len(left[0]):
            written -= len(left.pop(0))
        if written:
            left[0] = left[0][written:]
