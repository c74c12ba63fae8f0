"""Writing a blob that is a file of this machine: the pieces go to the disk as they came, copied by nobody on the way.

The object store's own way copies each piece into a buffer of its own first, which is half of what an upload costs. Everything else of a
directory (reading, listing, deleting) is the object store's. What is being written has a name that it keeps out of its listings.
"""

import asyncio
import os
from collections.abc import AsyncIterable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

__all__ = ("write_file",)

AT_ONCE: Final = 1024 * 1024
"""Bytes that are handed to the operating system together. Fewer cost visits to another thread; more have left the processor's cache by then."""

BUFFERS: Final = 512
"""Pieces of one call; the operating system takes 1,024."""

ATTEMPTS: Final = 5
_numbers: Final = count(os.getpid() * 1_000_000)


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
