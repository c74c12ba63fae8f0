"""The bytes of blobs that are files of this machine: pieces go to the disk and come from it copied by nobody on the way.

The object store's own way copies each piece once or twice more, which is most of what a file costs. Everything else of a directory
(finding, listing, deleting) is the object store's. What is being written has a name that it keeps out of its listings.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

__all__ = ("read_file", "remove_unfinished", "write_file")

AT_ONCE: Final = 1024 * 1024
"""Bytes that are handed to the operating system together. Fewer cost visits to another thread; more have left the processor's cache by then."""

BUFFERS: Final = 512
"""Pieces of one call; the operating system takes 1,024."""

ATTEMPTS: Final = 5
OF_A_PROCESS: Final = 1_000_000
UNFINISHED: Final = re.compile(r".+#(\d+)")
FORGOTTEN_SECONDS: Final = 24 * 3600.0
"""For so long nothing was written to a file that somebody still writes."""

_numbers: Final = count(os.getpid() * OF_A_PROCESS)


async def write_file(path: Path, pieces: AsyncIterable[bytes]) -> None:
    """Put a file in the place of ``path``, whole or not at all; folders are made. Raises ``OSError``, and what ``pieces`` raises."""
    descriptor, unfinished = await asyncio.to_thread(_begin, path)
    try:
        batch: list[bytes] = []
        size = 0
        async for piece in pieces:
            batch.append(piece)
            size += len(piece)
            if size >= AT_ONCE or len(batch) == BUFFERS:
                await asyncio.to_thread(_write, descriptor, batch)
                batch, size = [], 0
        await asyncio.to_thread(_finish, descriptor, batch, unfinished, path)
    except BaseException:  # a cancelled upload, too, leaves nothing
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


async def read_file(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` to before ``stop``, as many of them as there are. Raises ``OSError``."""
    descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while start < stop and (piece := await asyncio.to_thread(os.pread, descriptor, min(AT_ONCE, stop - start), start)):
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
    """In a container every life has the same number, so that our own says nothing."""
    try:
        changed = file.stat().st_mtime
    except FileNotFoundError:
        return False
    gone = process == os.getpid() or (process > 0 and not Path(f"/proc/{process}").exists() and Path("/proc/self").exists())
    return changed < (before if gone else min(before, time.time() - FORGOTTEN_SECONDS))


def _begin(path: Path) -> tuple[int, Path]:
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


def _finish(descriptor: int, batch: list[bytes], unfinished: Path, path: Path) -> None:
    _write(descriptor, batch)
    unfinished.replace(path)
